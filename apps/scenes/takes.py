"""Takes: the versions of a scene's clip that a person chooses from. One is kept, others are rejected with a reason."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.scenes.clips import clip_make_current
from apps.scenes.history import Part, recorded
from apps.scenes.models import Clip, Scene
from apps.scenes.selectors import clip_get, scene_get

# What people say most often; any other words will do.
REASONS = ("wrong face", "ignores the prompt", "artifacts", "boring")
REASON_LENGTH = 200


def take_keep(*, by: User, project_id: UUID, sequence: int, clip_id: UUID) -> Clip:
    """Make the take the scene's current clip; a rejection of it is taken back. Raises as `clip_make_current` does."""
    return clip_make_current(by=by, project_id=project_id, sequence=sequence, clip_id=clip_id, did="kept a take")


def take_reject(*, by: User, project_id: UUID, sequence: int, clip_id: UUID, reason: str = "") -> Clip:
    """Mark a take as rejected. It stays in the history, and the one in use stays in use until another is kept.

    Raises NotFound for a clip of another scene."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        clip = clip_get(scene=scene, clip_id=clip_id)
        with recorded(project, f"rejected a take of scene {sequence}"):
            clip.rejected, clip.reject_reason = True, " ".join(reason.split())[:REASON_LENGTH]
            clip.save(update_fields=["rejected", "reject_reason"])
    return clip


def take_restore(*, by: User, project_id: UUID, sequence: int, clip_id: UUID) -> Clip:
    """Take a rejection back; what is in use stays in use. Raises NotFound for a clip of another scene."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        clip = clip_get(scene=scene, clip_id=clip_id)
        with recorded(project, f"took back the rejection of a take of scene {sequence}"):
            clip.rejected, clip.reject_reason = False, ""
            clip.save(update_fields=["rejected", "reject_reason"])
    return clip


def _read(project: Project) -> JsonObject:
    rows = Clip.objects.filter(scene__project=project, scene__deleted_at=None, rejected=True)
    found: dict[str, dict[str, str]] = {}
    for scene_id, clip_id, reason in rows.values_list("scene", "pk", "reject_reason"):
        found.setdefault(str(scene_id), {})[str(clip_id)] = reason
    return found


def _write(scene: Scene, value: Any) -> None:
    wanted: dict[str, str] = value or {}
    scene.clips.filter(rejected=True).exclude(pk__in=list(wanted)).update(rejected=False, reject_reason="")
    for clip_id, reason in wanted.items():
        scene.clips.filter(pk=clip_id).update(rejected=True, reject_reason=reason)


def _goes_on(_value: Any) -> None:
    """Return nothing: a scene that was split off has other clips."""


REJECTED = Part("rejected", _read, _write, _goes_on)
