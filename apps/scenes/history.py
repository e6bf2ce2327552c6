"""Undo and redo of what people do to a project's scenes.

Each change records the values of the scenes that it touches, before and after. Undo puts back only what the change
itself changed, so that what was generated since stays. The caller holds the project's lock, so a project's changes
form a clean stack.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.core.json import JsonObject
from apps.jobs.models import Job
from apps.jobs.states import LIVE
from apps.projects.cast.services import (
    pictures_bring_back,
    pictures_let_go,
    pictures_put_away,
    subjects_bring_back,
    subjects_let_go,
    subjects_put_away,
)
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.scenes.models import Change, Origin, Scene

# More than anyone undoes; the clips themselves stay in each scene's history.
KEPT_CHANGES = 100
# After an hour without a change, people have forgotten what the last one was.
SITTING = timedelta(hours=1)
# The one change that is generated work itself.
REPLACED_SCENES = "replaced the scenes by newly written ones"

FIELDS = (
    *("sequence", "prompt", "negative_prompt", "lipsync", "entry", "section"),
    *("facts", "providers", "chosen_models"),
)
ROWS = ("image_id", "current_clip_id")
APPROVAL = ("approval", "approval_of")
NUMBERS = ("duration", "clip_in", "clip_out")

Values = Mapping[str, Any]
State = dict[str, dict[str, Any] | None]


@dataclass(frozen=True)
class Part:
    """Data that a higher-level app keeps for a scene and that is undone with it. `read` returns plain JSON by scene id
    for a project's scenes; `write` restores one scene to such a value, None meaning none. `goes_on` turns a value into
    that of a scene that was split off, which has to go on as if there were no cut."""

    name: str
    read: Callable[[Project], JsonObject]
    write: Callable[[Scene, Any], None]
    goes_on: Callable[[Any], Any]


PARTS: list[Part] = []


@dataclass(frozen=True)
class ChangeStack:
    """What undo and redo would do next. `question`: what to ask a person before this undo; "" for an ordinary one."""

    undo: Change | None
    redo: Change | None
    question: str = ""


@contextmanager
def recorded(
    project: Project, label: str, *, removes: Collection[str] = (), removes_pictures: Collection[str] = ()
) -> Iterator[None]:
    """Record what the block does to the project's scenes as one change, if it does anything. `label` is what the person
    did, as it goes on after "Undo: "; `removes` and `removes_pictures` are subjects and their pictures that it puts
    away."""
    before = _state(project)
    yield
    after = _state(project)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not (changed or removes or removes_pictures):
        return
    project.changes.filter(undone=True).delete()
    Change.objects.create(
        project=project,
        label=label[:120],
        before={key: before.get(key) for key in changed},
        after={key: after.get(key) for key in changed},
        removed_subjects=list(removes),
        removed_pictures=list(removes_pictures),
    )
    kept = project.changes.values_list("pk", flat=True)[:KEPT_CHANGES]
    project.changes.exclude(pk__in=list(kept)).delete()
    removed_let_go(project)


def changes_forget(project: Project) -> None:
    """Forget what was done to scenes, where none of it could be undone any more. The caller holds the project's
    lock."""
    project.changes.filter(removed_subjects=[], removed_pictures=[]).delete()
    project.changes.update(before={}, after={})
    removed_let_go(project)


def removed_let_go(project: Project) -> None:
    """Delete for good the subjects and pictures whose removal can't be undone any more. Call it after changes were
    deleted."""
    removals = list(project.changes.values_list("removed_subjects", "removed_pictures"))
    subjects_let_go(project, kept={str(one) for subjects, _ in removals for one in subjects})
    pictures_let_go(project, kept={str(one) for _, pictures in removals for one in pictures})


def change_stack(*, by: User, project_id: UUID) -> ChangeStack:
    """Return what undo and redo would do next."""
    return _stack(project_get(by=by, project_id=project_id))


def change_undo(*, by: User, project_id: UUID, change_id: int | None = None, confirmed: bool = False) -> Change:
    """Undo the newest change.

    Raises ConflictError if there is none, if it isn't `change_id`, if it would take away work that is under way, or,
    unless `confirmed`, if it was made in an earlier sitting or takes away work that was generated since.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        stack = _stack(project)
        change = stack.undo
        if change is None:
            raise ConflictError("There's nothing to undo.", code="nothing_to_undo")
        _expect(change, change_id)
        if Job.objects.filter(scene_id__in=_taken_away(change), state__in=LIVE).exists():
            raise ConflictError(
                "Something is being generated for a scene that this would take away. Wait for it, or cancel it first.",
                code="already_running",
            )
        if stack.question and not confirmed:
            raise ConflictError(stack.question, code="confirm_undo", errors={"label": change.label})
        if change.removed_subjects:
            subjects_bring_back(project, change.removed_subjects)
        if change.removed_pictures:
            pictures_bring_back(project, change.removed_pictures)
        _apply(project, change.before, change.after)
        change.undone = True
        change.save(update_fields=["undone"])
        return change


def change_redo(*, by: User, project_id: UUID, change_id: int | None = None) -> Change:
    """Redo the most recently undone change. Raises ConflictError if there is none, or if it isn't `change_id`."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        change = _stack(project).redo
        if change is None:
            raise ConflictError("There's nothing to redo.", code="nothing_to_redo")
        _expect(change, change_id)
        _apply(project, change.after, change.before)
        if change.removed_subjects:
            subjects_put_away(project, change.removed_subjects)
        if change.removed_pictures:
            pictures_put_away(project, change.removed_pictures)
        change.undone = False
        change.save(update_fields=["undone"])
        return change


def parts_copy(source: Scene, copy: Scene, *, goes_on: bool = False) -> None:
    """Copy the data that higher-level apps keep for a scene. `goes_on`: the copy was split off it."""
    for part in PARTS:
        value = part.read(source.project).get(str(source.pk))
        if goes_on:
            value = part.goes_on(value)
        if value is not None:
            part.write(copy, value)


def _stack(project: Project) -> ChangeStack:
    undo = project.changes.filter(undone=False).first()
    redo = project.changes.filter(undone=True).order_by("id").first()
    return ChangeStack(undo, redo, _question(project, undo) if undo is not None else "")


def _expect(change: Change, change_id: int | None) -> None:
    if change_id not in {None, change.pk}:
        raise ConflictError(
            f"Something else was changed in the meantime: {change.label}. Look at it, then try again.", code="stale"
        )


def _question(project: Project, change: Change) -> str:
    """Return why this undo needs a person's word."""
    if change.label == REPLACED_SCENES:
        return "This puts away the newly written scenes and brings back the earlier ones. Undo it?"
    made = Q(clips__created_at__gt=change.created_at, clips__origin__in=[Origin.GENERATED, Origin.LIPSYNCED])
    if Scene.objects.filter(made, pk__in=_taken_away(change)).exists():
        return f"“{change.label}” was followed by a new clip for that scene, which this would put away. Undo it?"
    if change.created_at < _sitting_began(project):
        return f"“{change.label}” is from an earlier sitting, {_ago(timezone.now() - change.created_at)} ago. Undo it?"
    return ""


def _taken_away(change: Change) -> list[str]:
    return [key for key, values in change.before.items() if values is None]


def _sitting_began(project: Project) -> datetime:
    """Return the time after which changes have followed each other with no hour between them."""
    moments = [timezone.now(), *project.changes.values_list("created_at", flat=True)]
    return next((later for later, earlier in pairwise(moments) if later - earlier > SITTING), moments[-1])


def _ago(passed: timedelta) -> str:
    count, unit = (passed.days, "day") if passed.days else (int(passed.total_seconds() // 3600), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _state(project: Project) -> State:
    kept = {part.name: part.read(project) for part in PARTS}
    return {
        str(scene.pk): {
            **{name: values.get(str(scene.pk)) for name, values in kept.items()},
            **{name: getattr(scene, name) for name in (*FIELDS, *APPROVAL)},
            **{name: str(value) if (value := getattr(scene, name)) else None for name in ROWS},
            **{name: None if (value := getattr(scene, name)) is None else str(value) for name in NUMBERS},
        }
        for scene in Scene.objects.filter(project=project, deleted_at=None)
    }


def _apply(project: Project, wanted: Mapping[str, Values | None], left: Mapping[str, Values | None]) -> None:
    """Bring the scenes from the state `left` to the state `wanted`."""
    scenes = {str(scene.pk): scene for scene in Scene.objects.filter(project=project, pk__in=list(wanted))}
    for key, values in wanted.items():
        # A scene whose media was permanently removed can't be restored; the others can.
        if scene := scenes.get(key):
            _restore(scene, values, left.get(key))


def _restore(scene: Scene, wanted: Values | None, left: Values | None) -> None:
    if wanted is None:
        scene.sequence, scene.deleted_at = None, timezone.now()
        changed: Values = {}
    else:
        # A change recorded by an older release lacks the fields that are new since.
        changed = {name: value for name, value in wanted.items() if left is None or value != left.get(name, value)}
        for name, value in changed.items():
            if name in FIELDS or name == "duration":
                setattr(scene, name, _stored(name, value))
        if left is not None:
            _restore_media(scene, changed, left)
            _restore_approval(scene, changed, left)
        scene.deleted_at = None
    scene.version += 1
    scene.save()
    for part in PARTS:
        if part.name in changed:
            part.write(scene, changed[part.name])


def _restore_media(scene: Scene, changed: Values, left: Values) -> None:
    """Put back image, clip and its part, unless others have come since: generated work is never taken away."""
    same_clip = str(scene.current_clip_id or "") == (left["current_clip_id"] or "")
    if "image_id" in changed and str(scene.image_id or "") == (left["image_id"] or ""):
        scene.image_id = changed["image_id"]
    if not same_clip:
        return
    for name in ("current_clip_id", "clip_in", "clip_out"):
        if name in changed:
            setattr(scene, name, _stored(name, changed[name]))


def _restore_approval(scene: Scene, changed: Values, left: Values) -> None:
    """Put back what was decided about the scene, unless somebody has decided since."""
    if all(getattr(scene, name) == left.get(name) for name in APPROVAL):
        for name in changed.keys() & set(APPROVAL):
            setattr(scene, name, changed[name])


def _stored(name: str, value: Any) -> Any:
    return Decimal(value) if name in NUMBERS and value is not None else value
