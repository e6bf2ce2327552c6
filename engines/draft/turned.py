"""The storyboard character turned half to the side, to the right, for the character sheet.

Skull, hair, ear and beard have outlines of their own. What is on the face is that of `figure.py`, moved as on a
cylinder that turns: to the right, and closer together there. Measures are those of `figure.py`.
"""

import math
from collections.abc import Callable, Sequence

from engines.draft import hair
from engines.draft.canvas import Canvas, Point, mix, rounded
from engines.draft.figure import Character, FigurePainter, Mouth
from engines.draft.look import Palette
from engines.draft.moods import Expression

_TURN = math.radians(20)
# Of the cylinder, in head heights.
_RADIUS = 0.44
# The chest turns less: it gets this much narrower, and its middle moves this far to the right.
_CHEST_SHARE, _CHEST_MIDDLE = 0.92, 0.13
# From the top along forehead, cheek and chin, the jaw up to the ear, and around the back of the skull.
_HEAD: Sequence[Point] = (
    (0.08, -0.52), (0.25, -0.47), (0.35, -0.33), (0.375, -0.18), (0.345, -0.07), (0.365, 0.05), (0.345, 0.19),
    (0.3, 0.33), (0.25, 0.47), (0.15, 0.525), (0.04, 0.5), (-0.1, 0.39), (-0.2, 0.27), (-0.27, 0.15), (-0.36, 0.1),
    (-0.42, -0.06), (-0.43, -0.26), (-0.34, -0.43), (-0.16, -0.52),
)  # fmt: skip
_EAR_X, _EAR_Y = -0.255, 0.02
_BEARD = rounded([
    (-0.24, 0.04), (-0.21, 0.26), (-0.1, 0.42), (0.05, 0.54), (0.17, 0.56), (0.27, 0.5), (0.32, 0.36), (0.36, 0.16),
    (0.33, 0.2), (0.26, 0.24), (0.22, 0.19), (0.15, 0.2), (0.04, 0.19), (-0.04, 0.24), (-0.14, 0.16), (-0.18, 0.0),
])  # fmt: skip
_SHAVED = rounded([(-0.24, 0.1), (-0.18, 0.27), (-0.08, 0.38), (0.04, 0.47), (0.15, 0.49), (0.22, 0.45), (0.28, 0.32),
                   (0.33, 0.14), (0.24, 0.2), (0.02, 0.2), (-0.14, 0.18)])  # fmt: skip
# Over the skull: from the temple over the top down to the nape, around the ear, the sideburn and along the hairline.
_CUT = rounded([
    (0.37, -0.16), (0.41, -0.32), (0.32, -0.52), (0.1, -0.61), (-0.16, -0.6), (-0.38, -0.48), (-0.48, -0.26),
    (-0.47, -0.02), (-0.41, 0.14), (-0.31, 0.2), (-0.32, 0.04), (-0.3, -0.1), (-0.21, -0.13), (-0.2, 0.06),
    (-0.15, 0.06), (-0.15, -0.14), (-0.08, -0.27), (0.06, -0.24), (0.22, -0.24), (0.33, -0.29), (0.35, -0.2),
])  # fmt: skip
# Combed back over the ear, to a bun or to bunches.
_COMBED = rounded([
    (0.37, -0.16), (0.41, -0.32), (0.32, -0.52), (0.1, -0.61), (-0.16, -0.6), (-0.38, -0.48), (-0.48, -0.26),
    (-0.46, -0.02), (-0.38, 0.12), (-0.27, 0.16), (-0.2, 0.02), (-0.16, 0.1), (-0.14, -0.12), (-0.08, -0.27),
    (0.06, -0.24), (0.22, -0.24), (0.33, -0.29), (0.35, -0.2),
])  # fmt: skip
_NEAR_STRAND = rounded([
    (-0.1, -0.3), (-0.34, -0.3), (-0.5, 0.0), (-0.56, 0.5), (-0.52, 0.94), (-0.36, 1.02), (-0.22, 0.8), (-0.2, 0.4),
    (-0.17, 0.08), (-0.14, -0.12),
])  # fmt: skip
_FAR_STRAND = rounded([(0.3, -0.3), (0.42, -0.1), (0.44, 0.4), (0.4, 0.86), (0.3, 0.92), (0.2, 0.5), (0.22, 0.0)])
_MASS = rounded([(-0.4, -0.3), (-0.52, 0.3), (-0.54, 0.92), (-0.1, 1.0), (0.3, 0.9), (0.3, 0.0), (0.2, -0.4)])
_CREST = rounded([
    (0.2, -0.36), (0.29, -0.62), (0.2, -0.92), (0.08, -0.84), (-0.04, -0.98), (-0.14, -0.84), (-0.28, -0.88),
    (-0.34, -0.68), (-0.46, -0.54), (-0.42, -0.3), (-0.2, -0.5), (0.06, -0.5),
])  # fmt: skip


class TurnedPainter(FigurePainter):
    """Paints head and shoulders in three-quarter view."""

    def __init__(self, canvas: Canvas, character: Character, palette: Palette, x: float, y: float, head: float) -> None:
        super().__init__(canvas, character, palette, x, y, head)
        self.side = 0.5
        self._turned: Callable[[float, float], float] = _on_head

    def bust(self) -> None:
        self._turned = _on_chest
        super().bust()

    def face(self, look: float = 0.0, shown: Expression = Expression(smile=0.3)) -> Mouth:  # noqa: B008 - frozen
        self._turned = _on_head
        return super().face(look, shown)

    def at(self, x: float, y: float) -> Point:
        return super().at(self._turned(x, y), y)

    def ellipse(
        self, x: float, y: float, across: float, down: float, color: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        narrower = (self._turned(x + 0.02, y) - self._turned(x - 0.02, y)) / 0.04
        super().ellipse(x, y, across * max(0.35, narrower), down, color, opacity, angle)

    def _as_drawn(self, draw: Callable[[], None]) -> None:
        """Draw what has an outline of its own for this view."""
        before, self._turned = self._turned, _as_it_is
        draw()
        self._turned = before

    def ears(self, color: str) -> None:
        """Leave the ear to the head, which it lies on."""

    def head_shape(self) -> None:
        self._as_drawn(self._skull_and_ear)
        self._age_and_shave()
        self.cheek(-1)

    def _skull_and_ear(self) -> None:
        character, skin = self.character, self.character.skin
        if character.kind == "robot":
            self.polygon([(-0.42, -0.46), (-0.2, -0.5), (-0.2, 0.52), (-0.42, 0.44)], mix(skin, "#000000", 0.2))
            self.polygon([(-0.2, -0.5), (0.42, -0.5), (0.42, 0.46), (0.32, 0.52), (-0.2, 0.52)], skin)
            return
        self.polygon(head_outline(character), skin)
        shade = [(0.3, -0.4), (0.37, -0.2), (0.36, 0.1), (0.3, 0.34), (0.2, 0.5), (0.24, 0.24), (0.29, 0.02)]
        self.polygon(rounded(shade), mix(skin, "#2a1020", 0.5), 0.14)
        ear = mix(skin, "#3a1a14", 0.2)
        self.ellipse(_EAR_X, _EAR_Y, 0.07, 0.11, ear)
        self.stroke([(_EAR_X + 0.02, -0.05), (_EAR_X - 0.02, -0.02), (_EAR_X - 0.01, 0.06)], 0.016,
                    mix(skin, "#3a1a14", 0.45), 0.6)  # fmt: skip

    def _age_and_shave(self) -> None:
        person = self.character.person
        shaved = person.sex == "m" and self.character.size >= 0.8 and person.age != "young"
        if shaved and not self.character.beard and not self.character.kind:
            self._as_drawn(lambda: self.polygon(_SHAVED, self.character.hair_color, 0.13))
        self.age_lines((-1,))

    def nose(self, dark: str) -> None:
        points = [(0.215, -0.03), (0.275, 0.125), (0.2, 0.155)]
        if self.character.size < 0.8:
            points = [(0.235, 0.09), (0.255, 0.14), (0.2, 0.155)]
        self._as_drawn(lambda: self.stroke(points, 0.018, dark, 0.7))

    def whiskers(self) -> None:
        self._as_drawn(lambda: self.polygon(_BEARD, self.character.hair_color, 0.92))

    def glasses(self) -> None:
        frame = self.character.frame
        self._as_drawn(lambda: self.stroke([(-0.1, -0.045), (_EAR_X, -0.03)], 0.02, frame))
        super().glasses()

    def hat(self) -> None:
        self._as_drawn(super().hat)

    def hair_behind(self) -> None:
        self._as_drawn(self._behind)

    def hair_in_front(self) -> None:
        self._as_drawn(self._in_front)

    def _behind(self) -> None:
        style, color = self.character.hair, mix(self.character.hair_color, "#000000", 0.25)
        if style == "long":
            self.polygon(_MASS, color)
            self.polygon(_FAR_STRAND, color)
        elif style == "curly":
            for number in range(11):
                turn = 2.3 + 4.3 * number / 10
                y = -0.08 + 0.44 * math.sin(turn)
                if hair.shown(self, y):
                    self.ellipse(-0.05 + 0.42 * math.cos(turn), y, 0.2, 0.2, color)
        elif style == "bun" and hair.shown(self, -0.52):
            self.ellipse(-0.34, -0.52, 0.2, 0.18, color)
        elif style == "pigtails":
            self.ellipse(0.42, 0.28, 0.1, 0.34, color, angle=-10)

    def _in_front(self) -> None:
        style, color = self.character.hair, self.character.hair_color
        if style == "none":
            return
        if style == "mohawk":
            self.polygon(_CREST, color)
            return
        if style == "long":
            self.polygon(_NEAR_STRAND, color)
        self.polygon(_CUT if style in {"short", "curly"} else _COMBED, color)
        if style == "curly":
            for x, y in ((0.34, -0.34), (0.22, -0.46), (0.05, -0.5), (-0.14, -0.5), (-0.3, -0.36), (-0.37, -0.16),
                         (-0.38, 0.06)):  # fmt: skip
                if hair.shown(self, y):
                    self.ellipse(x, y, 0.13, 0.12, color)
        if style == "pigtails":
            self.ellipse(-0.42, 0.3, 0.13, 0.36, mix(color, "#000000", 0.15), angle=10)
            self.ellipse(-0.38, -0.04, 0.07, 0.07, hair.RIBBON)
        sheen = mix(color, self.palette.rim, 0.3)
        self.stroke([(-0.14, -0.49), (-0.02, -0.52), (0.12, -0.515), (0.22, -0.47)], 0.025, sheen, 0.5)


def head_outline(character: Character) -> list[Point]:
    """Return the bare head: its jaw is round in a child, broad in a man, pointed in a woman."""
    person = character.person
    narrow = {"m": -0.03, "f": 0.1}.get(person.sex, 0.03)
    if character.size < 0.8:
        narrow = -0.05
    wide = 1.07 if person.build == "round" else 1.0
    if wide > 1:
        narrow -= 0.08
    low = 0.96 if character.size < 0.8 else 1.0
    outline = []
    for x, y in _HEAD:
        down = max(0.0, y / 0.52)
        outline.append((0.1 + (x - 0.1) * (1 - narrow * down**2) * (wide if y > 0 else 1.0), y * low if y > 0 else y))
    return rounded(outline)


def _as_it_is(x: float, _: float) -> float:
    return x


def _on_head(x: float, _: float) -> float:
    """Return where a place on the front of the head is after the turn."""
    beyond = max(0.0, abs(x) - _RADIUS)
    turned = math.asin(max(-1.0, min(1.0, x / _RADIUS))) + _TURN
    return _RADIUS * math.sin(min(turned, math.pi / 2)) + math.copysign(beyond, x)


def _on_chest(x: float, y: float) -> float:
    """Return where a place on the chest is after the turn; the neck stays."""
    low = min(1.0, max(0.0, (y - 0.58) / 0.4))
    neck = 0.05 * min(1.0, max(0.0, (0.56 - y) / 0.2))
    return x * (1 - (1 - _CHEST_SHARE) * low) + _CHEST_MIDDLE * low * max(0.0, 1 - abs(x) / 1.1) - neck
