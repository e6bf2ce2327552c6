"""What a frame is staged from: who and what is in it, how large and where the ground is."""

from dataclasses import dataclass, replace

import numpy as np

from engines.draft.figure import Character, cast, complete
from engines.draft.look import Palette
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.props import DRIFTING, VEHICLES
from engines.draft.reading import Brief
from engines.draft.rig import GROUND_Y
from engines.draft.sight import Amount, Member
from engines.draft.vocabulary import Thing, things

WIDE_SHOTS = frozenset(("extreme_wide", "wide", "full"))
# The head's height and the ground's, in frame heights.
HEADS = {
    "extreme_wide": 0.05, "wide": 0.074, "full": 0.104, "medium": 0.27, "close": 0.5,
    "extreme_close": 0.95, "detail": 0.0,
}  # fmt: skip
GROUNDS = {"extreme_wide": 0.34, "wide": 0.4, "full": 0.45}
# The same in an upright frame, whose lowest fifth apps cover with their own words and buttons.
_UPRIGHT_GROUNDS = {"extreme_wide": 0.26, "wide": 0.3, "full": 0.34}
# Actions that are seen only if more than head and shoulders are, and those of them that need room around.
_ROOMY = frozenset(("ride", "row", "skate", "drive", "swim", "fly", "lie"))
_ACTIVE = _ROOMY | frozenset((
    "walk", "run", "dance", "play", "fight", "climb", "hug", "kiss", "find", "kneel", "wave", "raise", "read",
    "work", "push", "type", "sit", "follow", "jump", "fall",
))  # fmt: skip
_MOST_FIGURES = 5
# Places at which a fire is that of the buildings.
_BURNING = frozenset(("castle", "western street", "farm", "barn", "country church"))
# How much nearer a take may be without cutting off heads and raised arms.
_NEAREST = {"full": 1.05, "medium": 1.2, "close": 1.12, "extreme_close": 1.08}


@dataclass(frozen=True)
class Scene:
    """What the staging works on: the brief, the palette, the frame's shape and the numbers that fix the scene."""

    brief: Brief
    palette: Palette
    aspect: float
    seed: int
    side: int  # where the lead stands: -1 left, 1 right
    nearer: float = 1.0  # how much larger people are than usual

    @property
    def narrow(self) -> float:
        """How much of a 16:9 frame's width there is."""
        return min(1.0, max(0.42, self.aspect / (16 / 9)))

    @property
    def upright(self) -> bool:
        """Whether the frame is clearly taller than wide: 4:5 and 9:16."""
        return self.aspect < 0.9

    def inside(self, x: float, wide: float) -> float:
        """Return where something `wide` is not cut off by the frame's sides, as near to x as can be."""
        most = max(0.0, self.aspect / 2 - 0.02 - wide / 2)
        return min(most, max(-most, x))

    @property
    def whole(self) -> bool:
        """Whether people are drawn whole: from afar, or nearer when they do something with their arms and legs."""
        shot, action = self.brief.shot, self.brief.action
        if self.brief.place == "car place":
            return shot in WIDE_SHOTS
        if shot == "medium" and not people_of(self.brief):
            return len(known_things(self.brief, "ground", "air")) > 1
        return shot in WIDE_SHOTS or (shot == "medium" and action in _ACTIVE)

    @property
    def ground(self) -> float:
        grounds = _UPRIGHT_GROUNDS if self.upright else GROUNDS
        if self.brief.shot in WIDE_SHOTS:
            return grounds[self.brief.shot]
        return GROUND_Y * self.head - (0.14 if self.brief.action == "raise" else 0.3)

    @property
    def head(self) -> float:
        if self.whole and self.brief.shot == "medium":
            several = sum(member.count for member in self.brief.sight.cast if member.person.extra != "crowd") > 1
            near = 0.105 if self.brief.action in _ROOMY else 0.13 if several else 0.15
            near = min(near, 0.12) if self.brief.action == "raise" else near  # arms and what they hold up are seen
            return min(near * self._nearer, 0.17 * self.aspect)  # both arms stay in an upright frame
        # From afar, people are larger in an upright frame, whose height would be empty else.
        tall = {"extreme_wide": 1.22, "wide": 1.22, "full": 0.86}.get(self.brief.shot, 1.0) if self.upright else 1.0
        return HEADS[self.brief.shot] * tall * self._nearer

    @property
    def _nearer(self) -> float:
        return min(self.nearer, _NEAREST.get(self.brief.shot, self.nearer))

    @property
    def burning(self) -> bool:
        """Whether a building of the place burns, and no camp fire on the ground."""
        things_seen = self.brief.sight.things
        fire = any(amount.name == "fire" for amount in things_seen)
        return fire and (self.brief.place in _BURNING or any(amount.burning for amount in things_seen))

    @property
    def metre(self) -> float:
        """A metre in frame heights at the lead's distance."""
        return self.head * 4

    def rng(self, *parts: object) -> np.random.Generator:
        return np.random.default_rng(stable_number(self.seed, *parts))


def known_things(brief: Brief, *where: str) -> list[tuple[Thing, int]]:
    """Return the brief's things that belong in these places, with how many."""
    vocabulary = things()
    found = [
        (_as_said(vocabulary[amount.name], amount), amount.count)
        for amount in brief.sight.things
        if amount.name in vocabulary
    ]
    return [(thing, count) for thing, count in found if not where or thing.at in where]


def _as_said(thing: Thing, amount: Amount) -> Thing:
    if amount.size == 1 and not amount.color:
        return thing
    return replace(thing, tall=thing.tall * amount.size, color=amount.color or thing.color)


def people_of(brief: Brief) -> tuple[Member, ...]:
    """Return who is in the picture: the cast, or where nobody and no animal is named, a lone figure."""
    if brief.empty:
        return ()
    if brief.sight.cast:
        return brief.sight.cast
    alone = any(thing.alive or thing.name in VEHICLES for thing, _ in known_things(brief))
    return () if alone else (Member(Person()),)


def characters(scene: Scene, reference: Person | None) -> list[Character]:
    """Return the figures to draw, the lead first, the same in every scene of a film."""
    found: list[Character] = []
    members = people_of(scene.brief)
    alone = all(member.person.extra == "crowd" for member in members)
    for member in members:
        if member.person.extra == "crowd" and not alone:
            continue  # it is in the background
        person = merged(member.person, reference) if not found else member.person
        if scene.brief.place == "pool" and not person.garment and person.sex == "f":
            person = replace(person, garment="shorts")  # what is worn at a pool
        for number in range(min(member.count, 3 if alone else _MOST_FIGURES - len(found))):
            found.append(cast(varied(person, number), scene.palette))
    return found


# Whoever wears these is dressed as the others are.
_UNIFORMS = frozenset(("police", "army", "space", "toque", "knight", "witch", "crown"))
# What others than the first of a ship's pirates wear on their heads.
_CREW = ("tricorn", "beanie")
# What the second of two in the same hat wears, so that they can be told apart.
_RIVALS = {"cowboy": "#2c2a33", "knight": "#5a2f35", "fedora": "#3a3f4a"}


def varied(person: Person, number: int) -> Person:
    """Return the number-th of several people of a kind: a pair differs, and nobody in a group is like another."""
    if number == 0 and person.subject and person.garment and person.hair:
        return person  # complete: chosen again by the clothes, the skin would change with them
    identity = stable_number(person.role, person.garment_color, person.garment, person.hair_color, person.hair, number)
    if person.extra == "pair":
        return complete(replace(person, sex=("f", "m")[number % 2]), identity)
    if number == 0 or person.kind:
        return complete(person, identity)
    uniform = person.hat in _UNIFORMS
    plain = replace(person, garment_color=person.garment_color if uniform else "", hair_color="", hat_color="")
    if person.role == "pirate":
        plain = replace(
            plain, beard=number % 2 == 0, extra="", hair="" if number % 2 else "long", hat=_CREW[number % 2]
        )
    if number == 1 and person.hat in _RIVALS:
        plain = replace(plain, garment_color=_RIVALS[person.hat], hat_color="#26242a")
    return complete(plain, identity)


def merged(named: Person, reference: Person | None) -> Person:
    """Merge the two; the prompt takes precedence over the reference."""
    if reference is None:
        return named
    values = {name: getattr(named, name) or getattr(reference, name) for name in Person.__dataclass_fields__}
    return Person(**values)


def drifts(scene: Scene, thing: Thing) -> bool:
    """Whether there are so many of a light thing that they fill the air."""
    counts = {amount.name: amount.count for amount in scene.brief.sight.things}
    return thing.name in DRIFTING and counts.get(thing.name, 1) > 1
