"""Which scenes the one-button path lip-syncs, and what that costs before their clips exist."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError, StudioError
from apps.flavors.registry import flavor_provider
from apps.generation.lipsync import LipsyncOptions, lipsync_request
from apps.jobs.kinds import Kind
from apps.jobs.services import NewJob, job_create_failed
from apps.jobs.states import State
from apps.projects.models import Project
from apps.providers.capabilities import Capability
from apps.providers.registry import PROVIDERS, is_built_in
from apps.scenes.lipsync import scene_lipsync_work
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.making import scene_work_start
from apps.scenes.models import Origin, Scene
from apps.scenes.picks import project_pick
from apps.scenes.scene_frames import SceneFrames
from apps.songs.sung import sung_map
from apps.work.choice import provider_choose
from apps.work.frozen import InputSource
from apps.work.parameters import LipsyncParameters
from apps.work.work import Work, work_prepare

_GIVEN_UP = {State.FAILED, State.CANCELLED}

log = structlog.get_logger(__name__)


def project_performs(project: Project) -> bool:
    """Return whether performance scenes are lip-synced automatically: there is a song, and the project names a provider
    or uses only drafts. A paid clip never gets a draft mouth."""
    if project.song_id is None:
        return False
    if project.providers.get(Capability.LIPSYNC):
        return True
    return all(is_built_in(_provider(project, capability)) for capability in (Capability.VIDEO, Capability.LIPSYNC))


def _provider(project: Project, capability: Capability) -> str:
    return project.providers.get(capability) or flavor_provider(project.flavor, capability)


def lipsync_is_paid(project: Project) -> bool:
    """Return whether the project's lip-syncs cost money."""
    provider = PROVIDERS.get(_provider(project, Capability.LIPSYNC))
    return provider is not None and not provider.local


def lipsync_is_missing(scene: Scene) -> bool:
    """Return whether a performance scene's generated clip was never lip-synced, in a project that lip-syncs them. If
    the user reverted to the generated clip, that stands; a failed one waits until Generate is pressed again."""
    clip = scene.current_clip
    if not scene.lipsync or clip is None or clip.origin != Origin.GENERATED:
        return False
    job = scene.job
    # Any work that needs a person's decision holds the scene.
    if job is not None and (
        job.state == State.NEEDS_ATTENTION or (job.kind == Kind.LIPSYNC and job.state in _GIVEN_UP)
    ):
        return False
    return not any(other.origin == Origin.LIPSYNCED and other.parent_id == clip.pk for other in scene.clips.all())


def performance_start(*, by: User, scene: Scene) -> bool:
    """Start the lip-sync of the scene's clip; the caller holds the project's lock. The worker checks a paid one before
    sending it.

    Returns False if it can't be started: the scene keeps its plain clip and says why.
    """
    try:
        with transaction.atomic():
            work = scene_lipsync_work(by=by, scene=scene, spec=LipsyncSpec())
            parameters = work.parameters.model_copy(update={"look_first": work.quote.amount > 0})
            scene_work_start(by=by, scene=scene, work=replace(work, parameters=parameters))
    except StudioError as error:
        log.warning("performance_given_up", scene_id=str(scene.pk), reason=error.message)
        new = NewJob(kind=Kind.LIPSYNC, project_id=scene.project_id, scene_id=scene.pk)
        scene.job = job_create_failed(by=by, new=new, message=f"The clip was not lip-synced. {error.message}")
        scene.save(update_fields=["job", "updated_at"])
        return False
    return True


def performances_planned(*, by: User, project: Project, spans: Sequence[SceneFrames]) -> list[Work]:
    """Return the lip-syncs of clips that don't exist yet, for a quote. Those the provider would reject are left out,
    since those scenes keep a plain clip. Raises InputError for an unknown provider."""
    if not spans:
        return []
    choice = provider_choose(
        Capability.LIPSYNC, flavor=project.flavor, picks=(project_pick(project, Capability.LIPSYNC),)
    )
    works = []
    for span in spans:
        window = InputSource(start_seconds=span.start_seconds, end_seconds=span.end_seconds)
        try:
            options = LipsyncOptions()
            frozen = lipsync_request(choice=choice, video=window, audio=window, options=options)
            parameters = LipsyncParameters(frozen=frozen)
            works.append(work_prepare(by=by, kind=Kind.LIPSYNC, parameters=parameters, choice=choice))
        except InputError as error:
            log.info("performance_not_planned", project_id=str(project.pk), reason=error.message)
    return works


def sung_spans(project: Project, spans: Sequence[SceneFrames]) -> list[SceneFrames]:
    """Return the scenes that a writer may mark as performances: those over singing. Before the song is
    analyzed, those are all of them; while it is uncertain whether somebody sings, none."""
    found = sung_map(project.song) if project.song else None
    if found is None:
        return list(spans)
    start = float(project.song_start)
    return [span for span in spans if found.performed(start + span.start_seconds, start + span.end_seconds)]
