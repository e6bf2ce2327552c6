"""How individual scenes are composed: set by the user, undone and copied with their scene."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.composition.models import SceneLook, Transition
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.scenes.history import Part, recorded
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get

FIELDS = (
    "focus_x", "focus_y", "framing", "crop_keys", "crop_clip", "short_clip", "transition", "color_match",
    "clip_volume",
)  # fmt: skip


def scene_look(scene: Scene) -> SceneLook:
    """Return the scene's look, or an unsaved default one."""
    return SceneLook.objects.filter(scene=scene).first() or SceneLook(scene=scene)


def scene_look_update(*, by: User, project_id: UUID, sequence: int, **changes: Any) -> SceneLook:
    """Set how one scene is composed; fields not given stay unchanged. Can be undone."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        with recorded(project, _told(sequence, changes)):
            look, _ = SceneLook.objects.update_or_create(scene=scene, defaults=changes)
        return look


def _told(sequence: int, changes: Mapping[str, Any]) -> str:
    if changes.keys() == {"short_clip"} and changes["short_clip"]:
        return f"filled the gap of scene {sequence} by {changes['short_clip']}"
    return f"changed the look of scene {sequence}"


def _read(project: Project) -> JsonObject:
    rows = SceneLook.objects.filter(scene__project=project).values("scene_id", *FIELDS)
    return {
        str(row["scene_id"]): {name: row[name] for name in FIELDS}
        | {"crop_clip": row["crop_clip"] and str(row["crop_clip"])}
        for row in rows
    }


def _write(scene: Scene, value: Any) -> None:
    if value is None:
        SceneLook.objects.filter(scene=scene).delete()
    else:
        # A change recorded by an earlier release may name fields that are gone.
        known = {name: given for name, given in value.items() if name in FIELDS}
        SceneLook.objects.update_or_create(scene=scene, defaults=known)


def _goes_on(value: Any) -> Any:
    """Return the look of the second half of a scene: the same, with no transition where there is nothing to see."""
    return {**(value or {}), "transition": Transition.NONE}


LOOKS = Part("look", _read, _write, _goes_on)
