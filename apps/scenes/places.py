"""Where scenes are: at the places that are in them, else where their words say."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.projects.models import Subject, SubjectKind
from apps.scenes.models import Scene
from engines.draft.reading import read_sight


def at_same_place(one: Scene, other: Scene, subjects: Mapping[UUID, Sequence[Subject]]) -> bool:
    """Return whether both scenes are known to be at one place; `subjects` are those of each. Where both show places of
    the cast, these say it."""
    shown = [_places_shown(scene, subjects) for scene in (one, other)]
    if all(shown):
        return bool(shown[0] & shown[1])
    said = place_said(one)
    return bool(said) and said == place_said(other)


def place_said(scene: Scene) -> str:
    """Return where the scene is by its writer's note, else by its words; "" if they don't say it."""
    return str(scene.facts.get("place") or "").casefold() or read_sight(scene.prompt).place


def _places_shown(scene: Scene, subjects: Mapping[UUID, Sequence[Subject]]) -> set[UUID]:
    return {one.pk for one in subjects[scene.pk] if one.kind == SubjectKind.PLACE}
