"""The only writer of projects."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.assets.services import asset_delete
from apps.core.errors import ConflictError, InputError
from apps.core.text import one_line
from apps.jobs import dispatch, money
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import job_cancel
from apps.jobs.states import ACTIVE, LIVE
from apps.projects.cast.files import picture_check, picture_files, picture_files_delete
from apps.projects.cast.lead import lead_follow
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.projects.titles import title_of
from apps.songs.models import Song
from apps.songs.selectors import song_get
from apps.songs.services import SONG_CHANGED_TASK
from apps.work.choice import choices_matched, models_checked, providers_checked
from engines.listening.scene_slots import MAXIMUM_SCENES, SHORTEST_SECONDS

# Work whose length, words or sound come from the song.
ON_THE_SONG = (Kind.SCENES, Kind.VIDEO, Kind.VIDEO_PART, Kind.LIPSYNC, Kind.COMPOSE, Kind.STITCH)

log = structlog.get_logger(__name__)


class ProjectFields(TypedDict, total=False):
    """What a user may set. `audio_id` is the song's asset id; an id of None removes the reference."""

    title: str
    idea: str
    character_description: str
    character_reference_id: UUID | None
    audio_id: UUID | None
    song_start: Decimal
    song_end: Decimal | None
    lengths_kept: bool
    flavor: str
    aspect_ratio: str
    resolution: str
    fps: str
    fit: str
    providers: Mapping[str, str]
    chosen_models: Mapping[str, str]
    number_of_scenes: int | None
    pace: str
    budget: Decimal | None
    confirm_above: Decimal | None
    seed: int
    needs_approval: bool


def project_create(*, by: User, **fields: Unpack[ProjectFields]) -> Project:
    """Create a project. A title alone is enough for one built from the user's own footage.

    Raises InputError for an empty idea or a bad value, NotFound for an unknown song or reference.
    """
    if not fields.get("title", "").strip():
        fields.setdefault("idea", "")
    with transaction.atomic():
        project = project_sketch(by=by, **fields)
        project.save()
        lead_follow(project, described=True, pictured="character_reference_id" in fields)
        if project.budget is not None:
            money.cap_set(scope=money.project_scope(project.pk), cap=project.budget)
    log.info("project_created", project_id=str(project.pk), flavor=project.flavor)
    return project_get(by=by, project_id=project.pk)


def project_sketch(*, by: User, **fields: Unpack[ProjectFields]) -> Project:
    """Return an unsaved project with these fields, to ask what it would be. Raises as `project_create` does."""
    project = Project(owner=by)
    _apply(project, fields)
    return project


def project_update(
    *, by: User, project_id: UUID, expected_version: int | None = None, **fields: Unpack[ProjectFields]
) -> Project:
    """Change a project. A new song or range replans the scenes' lengths soon after, unless `lengths_kept`.

    Raises ConflictError when `expected_version` is no longer the stored one, and for a new song or range while work
    that was planned on the present one is under way, and when approval is switched off while the project is making.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        if expected_version not in {None, project.version}:
            raise ConflictError(
                "This project was changed in the meantime. Reload it, then repeat your change.", code="stale"
            )
        if project.generating and project.needs_approval and not fields.get("needs_approval", True):
            # What the path is making was priced for approved scenes only.
            raise ConflictError(
                "Clips of approved scenes are being made. Stop that or wait until it is done, then switch approval "
                "off.",
                code="already_running",
            )
        before, kept_before = _song_used(project), project.lengths_kept
        _apply(project, fields)
        if before != _song_used(project):
            _refuse_while_working(project)
            project.lengths_kept = fields.get("lengths_kept", False)
        project.version += 1
        project.save()
        lead_follow(project, described="character_description" in fields, pictured="character_reference_id" in fields)
        if "budget" in fields:
            money.cap_set(scope=money.project_scope(project.pk), cap=project.budget)
        if not project.lengths_kept and (kept_before or before != _song_used(project)):
            dispatch.task_dispatch(SONG_CHANGED_TASK, queue="io", project_id=str(project.pk))
    return project_get(by=by, project_id=project_id)


def _song_used(project: Project) -> tuple[object, ...]:
    return (project.song_id, project.song_start, project.song_end)


def _refuse_while_working(project: Project) -> None:
    """Raise ConflictError while something is being made that was planned on the song."""
    at_work = Job.objects.filter(project_id=project.pk, state__in=sorted(LIVE), kind__in=ON_THE_SONG)
    if project.generating or at_work.exists():
        raise ConflictError(
            "This project is being worked on with its present song. Stop that or wait until it is done, then change "
            "the song.",
            code="already_running",
        )


def project_delete(*, by: User, project_id: UUID) -> None:
    """Cancel running jobs, then delete the project with its scenes, clips and files."""
    project = project_get(by=by, project_id=project_id)
    Project.objects.filter(pk=project.pk).update(generating=False)
    for job_id in Job.objects.filter(project_id=project.pk, state__in=sorted(ACTIVE)).values_list("pk", flat=True):
        _cancel_if_live(by, job_id)
    with transaction.atomic():
        pictures = picture_files(project.subjects.all())
        project_lock(by=by, project_id=project_id).delete()
        made = Asset.objects.filter(owner=by, key__startswith=f"mv/projects/{project_id}/", part_of=None)
        # A subject of another project may show one of its images.
        for asset in made.filter(subject_pictures=None):
            asset_delete(by=by, asset=asset)
        picture_files_delete(by=by, files=pictures)
    log.info("project_deleted", project_id=str(project_id))


def _cancel_if_live(by: User, job_id: UUID) -> None:
    try:
        job_cancel(by=by, job_id=job_id)
    except ConflictError:
        # The job ended between the query and the cancel.
        log.info("job_ended_before_cancel", job_id=str(job_id))


def _apply(project: Project, fields: ProjectFields) -> None:
    """Set validated values on the row without saving it."""
    if "idea" in fields and not fields["idea"].strip():
        raise InputError("Describe the video in a sentence or two.", errors={"idea": ["may not be empty"]})
    wanted = fields.get("number_of_scenes")
    if wanted is not None and not 1 <= wanted <= MAXIMUM_SCENES:
        raise InputError(
            f"A video has 1 to {MAXIMUM_SCENES} scenes.", errors={"number_of_scenes": [f"1 to {MAXIMUM_SCENES}"]}
        )
    if "providers" in fields:
        project.providers = providers_checked(fields["providers"])
    if "chosen_models" in fields:
        project.chosen_models = models_checked(fields["chosen_models"], flavor=fields.get("flavor", project.flavor))
    project.providers, project.chosen_models = choices_matched(
        project.providers,
        project.chosen_models,
        flavor=fields.get("flavor", project.flavor),
        given=fields.keys() & {"providers", "chosen_models"},
    )
    if "audio_id" in fields:
        project.song = _song(project, fields["audio_id"])
        # The range was chosen for the old song.
        project.song_start, project.song_end = Decimal(0), None
    if "character_reference_id" in fields:
        project.character_reference = _image(project, fields["character_reference_id"])
    indirect = {"providers", "chosen_models", "audio_id", "character_reference_id"}
    for name, value in fields.items():
        if name not in indirect:
            setattr(project, name, value)
    project.title = one_line(project.title) or one_line(title_of(project.idea))
    _check_range(project)


def _song(project: Project, audio_id: UUID | None) -> Song | None:
    return None if audio_id is None else song_get(by=project.owner, audio_id=audio_id)


def _image(project: Project, asset_id: UUID | None) -> Asset | None:
    if asset_id is None:
        return None
    asset = asset_get(by=project.owner, asset_id=asset_id, kind=AssetKind.IMAGE)
    if asset.pk != project.character_reference_id:
        picture_check(asset, name="character_reference_id")
    return asset


def _check_range(project: Project) -> None:
    end = project.song_end
    if project.song is None:
        project.song_start, project.song_end = Decimal(0), None
        return
    if project.song_start < 0 or (end is not None and end <= project.song_start):
        detail = "The part of the song you use must end after it starts."
        raise InputError(detail, errors={"song_end": [detail]})
    if project.song.asset.duration_seconds is None:
        return
    length = Decimal(str(project.song.asset.duration_seconds))
    too_long = f"The song lasts only {length:.1f} seconds."
    if project.song_start >= length:
        raise InputError(too_long, errors={"song_start": [too_long]})
    if end is not None and end - length >= 1:
        raise InputError(too_long, errors={"song_end": [too_long]})
    if end is not None and end >= length:
        # The user typed a rounded length; clamp it to the end of the song.
        project.song_end = end = None
    if (length if end is None else end) - project.song_start < Decimal(str(SHORTEST_SECONDS)):
        too_short = f"Use at least {SHORTEST_SECONDS:g} seconds of the song."
        raise InputError(too_short, errors={"song_end": [too_short]})
