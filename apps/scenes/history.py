"""Undo and redo of changes to a project's scenes.

Each change records the values that differ, per scene, before and after. The caller holds the project's lock, so a
project's changes form a clean stack.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.scenes.models import Change, Scene

# More than anyone undoes; the clips themselves stay in each scene's history.
KEPT_CHANGES = 100

FIELDS = ("sequence", "prompt", "negative_prompt", "lipsync", "section", "facts", "providers", "chosen_models")
ROWS = ("image_id", "current_clip_id")

State = dict[str, dict[str, Any] | None]


@dataclass(frozen=True)
class Part:
    """Data that a higher-level app keeps for a scene and that is undone with it. `read` returns plain JSON by scene id
    for a project's scenes; `write` restores one scene to such a value, None meaning none."""

    name: str
    read: Callable[[Project], JsonObject]
    write: Callable[[Scene, Any], None]


PARTS: list[Part] = []


@contextmanager
def recorded(project: Project, label: str) -> Iterator[None]:
    """Record what the block does to the project's scenes as one change, if it does anything."""
    before = _state(project)
    yield
    after = _state(project)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not changed:
        return
    project.changes.filter(undone=True).delete()
    Change.objects.create(
        project=project,
        label=label[:120],
        before={key: before.get(key) for key in changed},
        after={key: after.get(key) for key in changed},
    )
    kept = project.changes.values_list("pk", flat=True)[:KEPT_CHANGES]
    project.changes.exclude(pk__in=list(kept)).delete()


def change_undo(*, by: User, project_id: UUID) -> Change:
    """Undo the newest change. Raises ConflictError if there is none."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        change = project.changes.filter(undone=False).first()
        if change is None:
            raise ConflictError("There's nothing to undo.", code="nothing_to_undo")
        _apply(project, change.before)
        change.undone = True
        change.save(update_fields=["undone"])
        return change


def change_redo(*, by: User, project_id: UUID) -> Change:
    """Redo the most recently undone change. Raises ConflictError if there is none."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        change = project.changes.filter(undone=True).order_by("id").first()
        if change is None:
            raise ConflictError("There's nothing to redo.", code="nothing_to_redo")
        _apply(project, change.after)
        change.undone = False
        change.save(update_fields=["undone"])
        return change


def parts_copy(source: Scene, copy: Scene) -> None:
    """Copy the data that higher-level apps keep for a scene."""
    for part in PARTS:
        if (value := part.read(source.project).get(str(source.pk))) is not None:
            part.write(copy, value)


def _state(project: Project) -> State:
    kept = {part.name: part.read(project) for part in PARTS}
    return {
        str(scene.pk): {
            **{name: values.get(str(scene.pk)) for name, values in kept.items()},
            **{name: getattr(scene, name) for name in FIELDS},
            **{name: str(value) if (value := getattr(scene, name)) else None for name in ROWS},
            "duration": None if scene.duration is None else str(scene.duration),
        }
        for scene in Scene.objects.filter(project=project, deleted_at=None)
    }


def _apply(project: Project, state: Mapping[str, Any]) -> None:
    scenes = {str(scene.pk): scene for scene in Scene.objects.filter(project=project, pk__in=list(state))}
    for key, values in state.items():
        # A scene whose media was permanently removed can't be restored; the others can.
        if scene := scenes.get(key):
            _restore(scene, values)


def _restore(scene: Scene, values: Mapping[str, Any] | None) -> None:
    if values is None:
        scene.sequence, scene.deleted_at = None, timezone.now()
    else:
        for name in (*FIELDS, *ROWS):
            # A change recorded by an older release lacks the fields that are new since.
            if name in values:
                setattr(scene, name, values[name])
        scene.duration = None if values["duration"] is None else Decimal(values["duration"])
        scene.deleted_at = None
    scene.version += 1
    scene.save()
    for part in PARTS:
        if values is not None and part.name in values:
            part.write(scene, values[part.name])
