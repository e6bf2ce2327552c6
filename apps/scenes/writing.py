"""Writing a project's scenes: the job, and saving its result."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, ProviderError
from apps.jobs.execution import Done, JobRun
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.providers.base import ProviderResult, WrittenScene
from apps.providers.capabilities import Capability
from apps.providers.request_types import SongBrief
from apps.scenes.arrangement import seconds
from apps.scenes.casting import writer_subjects
from apps.scenes.making import project_spending
from apps.scenes.models import Scene
from apps.scenes.picks import project_pick
from apps.scenes.results import ScenesReplacedResult, WrittenScenesResult
from apps.scenes.scene_frames import project_pace, project_slots, song_range
from apps.scenes.services import scenes_replace
from apps.work.choice import Picked, provider_choose
from apps.work.frozen import FrozenRequest, ScenesValues
from apps.work.late_song import late_song
from apps.work.parameters import ScenesParameters, SongWait
from apps.work.song_brief import song_brief
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start


def scenes_key(project_id: UUID) -> str:
    return f"project:{project_id}:scenes"


def project_scenes_work(
    *, by: User, project: Project, number_of_scenes: int | None = None, flavor: str = "", asked: Picked | None = None
) -> Work:
    """Return the work of writing the scenes. Raises InputError without an idea, ConflictError while the song's length
    is unknown."""
    if not project.idea.strip():
        raise InputError("Describe the video in a sentence or two first.", errors={"idea": ["may not be empty"]})
    if project.song is not None and song_range(project) is None:
        raise ConflictError("The song is still being analyzed. Try again in a moment.", code="song_not_ready")
    choice = provider_choose(
        Capability.SCENES,
        flavor=flavor or project.flavor,
        picks=(asked or Picked(), project_pick(project, Capability.SCENES)),
    )
    count = number_of_scenes or project.number_of_scenes
    slots = project_slots(project, count)
    used = song_range(project)
    wait: SongWait | None = None
    brief: SongBrief | None = None
    if project.song is not None and used:
        brief = song_brief(project.song, *used)
        wait = late_song(project.song, *used, number_of_scenes=count, pace=project_pace(project))
    values = ScenesValues(
        idea=project.idea,
        character_description=project.character_description,
        subjects=writer_subjects(project),
        number_of_scenes=len(slots),
        slots=tuple(slots),
        song=brief,
        seed=project.seed,
        settings=dict(choice.config.values),
    )
    parameters = ScenesParameters(frozen=FrozenRequest.of(values), waits_for_song=wait)
    return work_prepare(by=by, kind=Kind.SCENES, parameters=parameters, choice=choice)


def scenes_generate(
    *,
    by: User,
    project_id: UUID,
    number_of_scenes: int | None = None,
    flavor: str = "",
    asked: Picked | None = None,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Write the scenes; the result replaces the present ones, which undo restores.

    Raises ConflictError if scenes are already being written.
    """
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        project = project_get(by=by, project_id=project_id)
        work = project_scenes_work(
            by=by, project=project, number_of_scenes=number_of_scenes, flavor=flavor, asked=asked
        )
        spending_check(work.quote.amount, project_spending(project, spending))
        return work_start(
            by=by, work=work, project_id=project.pk, dedupe_key=scenes_key(project.pk), idempotency=idempotency
        )


def project_scenes_receive(run: JobRun, result: ProviderResult) -> Done:
    """Replace the project's scenes with the written ones, with exactly the planned lengths."""
    written = result.scenes
    asked = run.read(ScenesParameters).frozen.values
    durations = planned_durations(asked.slots if isinstance(asked, ScenesValues) else ())
    if len(written) != len(durations):
        raise ProviderError(
            f"The writer returned {len(written)} scenes instead of {len(durations)}.",
            raw=[asdict(scene) for scene in written],
        )

    def save() -> ScenesReplacedResult | None:
        project = Project.objects.select_for_update().filter(pk__in=[run.job.project_id]).first()
        if project is None or run.late:
            return None
        scenes = [scene_written(project, scene) for scene in written]
        named = {
            scene.pk: said.subjects for scene, said in zip(scenes, written, strict=True) if said.subjects is not None
        }
        scenes_replace(project=project, scenes=scenes, durations=durations, named=named)
        return ScenesReplacedResult(scene_ids=[scene.pk for scene in scenes])

    return Done(result=WrittenScenesResult(scenes=list(written), facts=dict(result.facts)), save=save)


def planned_durations(slots: Sequence[tuple[float, float]]) -> list[Decimal]:
    """Return exact lengths. Each boundary is rounded once, so the sum is the last boundary."""
    return [seconds(end) - seconds(start) for start, end in slots]


def scene_written(project: Project, written: WrittenScene) -> Scene:
    """Return the unsaved row of a scene that a provider wrote. It has no place or duration yet."""
    facts = {"shot": written.shot, "camera": written.camera, "light": written.light, "place": written.place}
    return Scene(
        project=project,
        prompt=written.description,
        negative_prompt=written.negative_description,
        lipsync=written.lipsync,
        section=written.section[: Scene._meta.get_field("section").max_length],
        facts={name: said for name, said in {**facts, "picture": written.picture}.items() if said},
    )
