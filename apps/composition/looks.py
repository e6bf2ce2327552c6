"""How individual scenes are composed: set by the user, undone and copied with their scene."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.composition.models import SceneLook
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.scenes.history import Part, recorded
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get

FIELDS = ("focus_x", "focus_y", "clip_start", "short_clip", "transition", "clip_volume")


def scene_look(scene: Scene) -> SceneLook:
    """Return the scene's look, or an unsaved default one."""
    return SceneLook.objects.filter(scene=scene).first() or SceneLook(scene=scene)


def scene_look_update(*, by: User, project_id: UUID, sequence: int, **changes: Any) -> SceneLook:
    """Set how one scene is composed; fields not given stay unchanged. Can be undone."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        with recorded(project, f"look of scene {sequence}"):
            look, _ = SceneLook.objects.update_or_create(scene=scene, defaults=changes)
        return look


def _read(project: Project) -> JsonObject:
    rows = SceneLook.objects.filter(scene__project=project).values("scene_id", *FIELDS)
    return {
        str(row["scene_id"]): {name: row[name] for name in FIELDS} | {"clip_start": str(row["clip_start"])}
        for row in rows
    }


def _write(scene: Scene, value: Any) -> None:
    if value is None:
        SceneLook.objects.filter(scene=scene).delete()
    else:
        SceneLook.objects.update_or_create(scene=scene, defaults=value)


LOOKS = Part("look", _read, _write)
