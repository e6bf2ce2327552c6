"""The life of a scene's clips: which one is current."""

from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.jobs.states import State
from apps.projects.selectors import project_lock
from apps.scenes.clip_use import clip_point, clip_use_set
from apps.scenes.history import recorded
from apps.scenes.models import Clip, Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.selectors import clip_get, clip_suspicions, original_clip, scene_get, scene_job

log = structlog.get_logger(__name__)


def clip_make_current(
    *, by: User, project_id: UUID, sequence: int, clip_id: UUID | None = None, did: str = "brought back a clip"
) -> Clip:
    """Make a clip from the scene's history current; None is the original, the scene's first clip. `did` names it for
    undo.

    This accepts a clip that failed its checks, looked wrong or was rejected. Raises NotFound for a clip of another
    scene, ConflictError if a job is working on the scene or it has no clip.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        refuse_busy(scene)
        clip = original_clip(scene) if clip_id is None else clip_get(scene=scene, clip_id=clip_id)
        if clip is None:
            raise ConflictError("This scene has no clip yet. Generate one first.", code="no_clip")
        with recorded(project, f"{did} of scene {sequence}"):
            clip_point(scene, clip)
            if clip.rejected:
                clip.rejected, clip.reject_reason = False, ""
                clip.save(update_fields=["rejected", "reject_reason"])
            # The choice clears a failed attempt from the card, but not one that may have been paid for.
            if scene.job is None or scene.job.state != State.NEEDS_ATTENTION:
                scene.job = None
            scene.version += 1
            scene.save(update_fields=["current_clip", "clip_in", "clip_out", "job", "version", "updated_at"])
        if not clip.usable or clip_suspicions(clip):
            clip.usable, clip.checks = True, {**clip.checks, "accepted": True}
            clip.save(update_fields=["usable", "checks"])
    log.info("scene_clip_current", scene_id=str(scene.pk), clip_id=str(clip.pk), origin=clip.origin)
    return clip


def clip_part_choose(
    *, by: User, project_id: UUID, sequence: int, clip_in: Decimal, clip_out: Decimal, clip_id: UUID | None = None
) -> Scene:
    """Show another part of the scene's clip, or of another of its clips (`clip_id`). Nothing is rendered.

    Raises NotFound for a clip of another scene, InputError for a part outside it, ConflictError while a job is working
    on the scene."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        refuse_busy(scene)
        with recorded(project, f"trimmed scene {sequence}"):
            if clip_id not in {None, scene.current_clip_id}:
                clip_point(scene, clip_get(scene=scene, clip_id=clip_id))
            clip_use_set(scene, clip_in, clip_out, length=shown_duration(project, scene))
            scene.version += 1
            scene.save(update_fields=["current_clip", "clip_in", "clip_out", "version", "updated_at"])
        return scene


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
