"""How a scene follows the one before it.

A scene that continues starts from the last frame that the film shows of its forerunner: the last one of the planned
part, not of the whole clip. A bridge starts from the same frame and ends on the scene's own image. A scene that matches
is drawn with its forerunner's picture as a reference.

Scenes that continue one another are a chain. Likeness drifts along it, so every few scenes (`anchor_every` of the
flavor) one starts from its own image again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.core.errors import InputError
from apps.flavors.registry import shown_settings
from apps.projects.models import Project
from apps.providers.capabilities import Capability
from apps.scenes.models import Entry, Scene
from apps.scenes.selectors import scenes_of

# The entries that start from the forerunner's last frame.
STARTING = {Entry.CONTINUE, Entry.BRIDGE}


@dataclass(frozen=True)
class Following:
    """How a scene follows. `before` is its forerunner. `anchored`: it is so far along its chain that it starts from its
    own image again."""

    entry: Entry = Entry.CUT
    before: Scene | None = None
    anchored: bool = False

    @property
    def starts_from(self) -> Scene | None:
        """Return the scene with whose last frame the clip starts."""
        return self.before if self.entry in STARTING and not self.anchored else None

    @property
    def matches(self) -> Scene | None:
        """Return the scene with whose picture the image is drawn."""
        return self.before if self.entry == Entry.MATCH else None


CUT = Following()


def scene_entry(scene: Scene) -> Entry:
    """Return the entry that counts: there is nothing before the first scene."""
    return Entry.CUT if scene.sequence in {None, 1} else Entry(scene.entry)


def entry_check(entry: str, *, sequence: int | None) -> None:
    """Raise InputError for an unknown entry, or one that the first scene can't have."""
    if entry not in Entry.values:
        raise InputError(
            f"The entry {entry!r} is unknown. Choose one of: {', '.join(Entry.values)}.",
            errors={"entry": [f"one of {', '.join(Entry.values)}"]},
        )
    if sequence == 1 and entry != Entry.CUT:
        raise InputError(
            "Nothing comes before the first scene, so it can only be a cut.", errors={"entry": ["cut, for scene 1"]}
        )


def scenes_following(project: Project, scenes: Sequence[Scene]) -> dict[UUID, Following]:
    """Return how each scene follows; `scenes` are the project's in order, from the first on."""
    if all(scene_entry(scene) == Entry.CUT for scene in scenes):
        return {scene.pk: CUT for scene in scenes}
    every = int(shown_settings(project.flavor, Capability.VIDEO).values["anchor_every"])
    found: dict[UUID, Following] = {}
    before, along = None, 0
    for scene in scenes:
        entry = scene_entry(scene)
        along = along + 1 if entry in STARTING else 0
        anchored = bool(every and along and along % every == 0)
        found[scene.pk] = Following(entry, before, anchored) if entry != Entry.CUT else CUT
        before = scene
    return found


def scenes_following_load(project: Project, scenes: Sequence[Scene]) -> None:
    """Note on all of the project's scenes how they follow, for requests that are made for one after another."""
    for scene, following in zip(scenes, scenes_following(project, scenes).values(), strict=True):
        scene.known_following = following


def scene_following(scene: Scene) -> Following:
    """Return how the scene follows. An unsaved one follows nothing."""
    if scene.known_following is not None:
        known: Following = scene.known_following
        return known
    if scene._state.adding or scene_entry(scene) == Entry.CUT:
        return CUT
    return scenes_following(scene.project, list(scenes_of(scene.project)))[scene.pk]
