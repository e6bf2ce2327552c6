"""Queries for scenes and clips. Those of another user's project count as not found."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.scenes.models import Clip, Scene
from apps.work.shots.parts import has_paid_parts


class SceneStatus(StrEnum):
    """A scene's status, derived from its latest job and its clip."""

    PENDING = "pending"
    GENERATING_IMAGE = "generating-image"
    GENERATING_VIDEO = "generating-video"
    GENERATING_LIPSYNC = "generating-lipsync"
    TRIMMING = "trimming"
    UPLOADING = "uploading"
    NEEDS_ATTENTION = "needs-attention"
    ERROR = "error"
    COMPLETED = "completed"


_WORKING = {
    Kind.IMAGE: SceneStatus.GENERATING_IMAGE,
    Kind.VIDEO: SceneStatus.GENERATING_VIDEO,
    Kind.LIPSYNC: SceneStatus.GENERATING_LIPSYNC,
    Kind.PRO_LIPSYNC: SceneStatus.GENERATING_LIPSYNC,
    Kind.TRIM: SceneStatus.TRIMMING,
    Kind.UPLOAD: SceneStatus.UPLOADING,
}


def scenes_of(project: Project) -> QuerySet[Scene]:
    """Return the live scenes in order, with what a card shows."""
    return (
        Scene.objects.filter(project=project, deleted_at=None)
        .select_related("job", "image", "project")
        .select_related("current_clip__asset", "current_clip__poster", "current_clip__parent")
        .order_by("sequence")
    )


def scene_get(*, by: User, project_id: UUID, sequence: int) -> Scene:
    scene = (
        Scene.objects.select_related("job", "image", "current_clip__asset", "project__song__asset")
        .filter(project__owner=by, project_id=project_id, sequence=sequence, deleted_at=None)
        .first()
    )
    if scene is None:
        raise NotFound("This scene doesn't exist in this project.")
    return scene


def scenes_get(*, by: User, project_id: UUID, sequences: Sequence[int]) -> list[Scene]:
    """Return the scenes with these numbers in order, sharing one project object. Raises NotFound if one is missing."""
    project = project_get(by=by, project_id=project_id)
    found = {scene.sequence: scene for scene in scenes_of(project).filter(sequence__in=sequences)}
    if missing := sorted(set(sequences) - found.keys()):
        raise NotFound(f"There is no scene {missing[0]} in this project.")
    for scene in found.values():
        scene.project = project
    return [found[sequence] for sequence in sequences]


def clips_of(scene: Scene) -> QuerySet[Clip]:
    """Return the scene's history, oldest first."""
    return scene.clips.select_related("asset", "job").order_by("created_at", "id")


def clip_get(*, scene: Scene, clip_id: UUID) -> Clip:
    clip = clips_of(scene).filter(pk=clip_id).first()
    if clip is None:
        raise NotFound("This scene doesn't have that clip.")
    return clip


def clip_notes(clip: Clip) -> list[str]:
    """Return sentences about a clip that don't prevent its use."""
    return list(clip.checks.get("notes", []))


def clip_suspicions(clip: Clip) -> list[str]:
    """Return what looks wrong with a clip in use, until a person accepts it."""
    return [] if clip.checks.get("accepted") else list(clip.checks.get("suspicions", []))


def original_clip(scene: Scene) -> Clip | None:
    """Return the scene's first clip, which is kept forever; one that failed its checks only if there is no other."""
    return clips_of(scene).order_by("-usable", "created_at", "id").first()


def scene_job(scene: Scene) -> Job | None:
    """Return the latest job while it is relevant: it is running, failed, or waiting for a person."""
    job = scene.job
    return job if job is not None and job.state not in {State.SUCCEEDED, State.CANCELLED} else None


def scene_status(scene: Scene) -> SceneStatus:
    job = scene_job(scene)
    if job is not None and job.is_live:
        return _WORKING.get(Kind(job.kind), SceneStatus.GENERATING_VIDEO)
    if job is not None:
        return SceneStatus.ERROR if job.state == State.FAILED else SceneStatus.NEEDS_ATTENTION
    if refused_clip_problems(scene):
        return SceneStatus.NEEDS_ATTENTION
    return SceneStatus.COMPLETED if scene.current_clip_id else SceneStatus.PENDING


def scene_error(scene: Scene) -> str:
    """Return what went wrong as a sentence; "" if nothing did."""
    job = scene_job(scene)
    if job is not None and not job.is_live:
        return job.error
    problems = refused_clip_problems(scene)
    return f"The new clip was kept but not used. {' '.join(problems)}" if problems else ""


def refused_clip_problems(scene: Scene) -> list[str]:
    """Return why the latest job's clip failed its checks, until a person decides about it."""
    job = scene.job
    if job is None or job.state != State.SUCCEEDED or job.result.get("usable", True):
        return []
    return list(job.result.get("checks", {}).get("problems", []))


def scene_awaits_choice(scene: Scene) -> bool:
    """Return whether a person has to decide first, since only they may pay for the same work again, or continue a
    shot of which parts are paid."""
    job = scene_job(scene)
    if job is not None:
        return job.state == State.NEEDS_ATTENTION or (not job.is_live and has_paid_parts(job))
    return bool(refused_clip_problems(scene)) and scene.job is not None and scene.job.quoted_cost > 0
