"""The life of a scene's clips: which one is current."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.jobs.states import State
from apps.projects.selectors import project_lock
from apps.scenes.history import recorded
from apps.scenes.models import Clip, Scene
from apps.scenes.selectors import clip_get, clip_suspicions, original_clip, scene_get, scene_job

log = structlog.get_logger(__name__)


def clip_make_current(*, by: User, project_id: UUID, sequence: int, clip_id: UUID | None = None) -> Clip:
    """Make a clip from the scene's history current; None is the original, the scene's first clip.

    This accepts a clip that failed its checks or looked wrong. Raises NotFound for a clip of another scene,
    ConflictError if a job is working on the scene or it has no clip.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        refuse_busy(scene)
        clip = original_clip(scene) if clip_id is None else clip_get(scene=scene, clip_id=clip_id)
        if clip is None:
            raise ConflictError("This scene has no clip yet. Generate one first.", code="no_clip")
        with recorded(project, f"bring back a clip of scene {sequence}"):
            scene.current_clip = clip
            # The choice clears a failed attempt from the card, but not one that may have been paid for.
            if scene.job is None or scene.job.state != State.NEEDS_ATTENTION:
                scene.job = None
            scene.version += 1
            scene.save(update_fields=["current_clip", "job", "version", "updated_at"])
        if not clip.usable or clip_suspicions(clip):
            clip.usable, clip.checks = True, {**clip.checks, "accepted": True}
            clip.save(update_fields=["usable", "checks"])
    log.info("scene_clip_current", scene_id=str(scene.pk), clip_id=str(clip.pk), origin=clip.origin)
    return clip


def refuse_busy(scene: Scene) -> None:
    """Raise ConflictError while a job works on the scene."""
    job = scene_job(scene)
    if job is not None and job.is_live:
        raise ConflictError(
            f"Scene {scene.sequence} is busy. Wait for its job to finish, or cancel it first.",
            code="already_running",
        )


def scene_expect(scene: Scene, scene_id: UUID | None) -> None:
    """Raise ConflictError if the scene with this number is no longer the one the caller means."""
    if scene_id not in {None, scene.pk}:
        raise ConflictError(
            "The scenes were reordered in the meantime. Review the new order, then try again.",
            code="stale",
        )
