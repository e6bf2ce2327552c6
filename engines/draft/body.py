"""The storyboard character in wide shots: a whole figure on a skeleton, in its clothes."""

import math

from engines.draft.canvas import Point, mix
from engines.draft.clothes import BARE_SHOULDERS
from engines.draft.figure import FigurePainter
from engines.draft.moods import Expression
from engines.draft.rig import Skeleton

# How far down garments reach, as a share from hips (0) to feet (1); trousers show below. Others end at the hips.
_HEMS = {
    "dress": 0.45,
    "gown": 0.92,
    "coat": 0.3,
    "raincoat": 0.42,
    "robe": 0.8,
    "trenchcoat": 0.5,
    "parka": 0.2,
    "tutu": 0.14,
    "apron": 0.35,
    "uniform": 0.04,
    "cape": 0.06,
}
_BARE_LEGS = frozenset({"dress", "shorts", "tutu"})
_BARE_ARMS = frozenset({"shorts", "tutu", "tail"}) | BARE_SHOULDERS
_ONE_PIECE = frozenset({"armor", "jumpsuit", "spacesuit", "supersuit", "suit", "uniform", "robe", "overalls"})
# A head this high, in pixels, gets a whole face.
_FACE_PIXELS = 44
# Whoever is smaller has a child's proportions.
_CHILD = 0.8
_RING = [(math.cos(turn / 10 * math.pi), math.sin(turn / 10 * math.pi)) for turn in range(21)]
_CAPES = {"cape": "", "supersuit": "#c0342f"}


class BodyPainter(FigurePainter):
    """Paints one whole figure. (x, y) is the middle of its head as it stands upright."""

    shown = Expression()
    sings = False

    def draw(self, bones: Skeleton) -> None:
        """Draw the figure on its bones."""
        character = self.character
        if character.kind == "ghost":
            self._ghost(bones)
            return
        shade = mix(character.garment_color, "#000000", 0.35)
        if character.garment in _CAPES:
            self._cape(bones, _CAPES[character.garment] or character.garment_color)
        if character.person.extra == "wings":
            self._wings(bones)
        if character.person.extra == "wheelchair":
            self._chair(bones)
        sleeve = character.skin if character.garment in _BARE_ARMS else mix(character.garment_color, "#000000", 0.18)
        if character.garment == "overalls":
            sleeve = mix("#b5543f", character.garment_color, 0.15)
        self._hair_at(bones)
        self._arm(bones.left_arm, mix(sleeve, "#000000", 0.22))
        if character.kind in {"mermaid", "ghost"}:
            self._tail(bones)
        else:
            self._legs(bones, shade)
        self._torso(bones, shade)
        self._head(bones)
        self._arm(bones.right_arm, sleeve)
        if character.person.extra == "wheelchair":
            self._wheels(bones)
        if character.person.extra == "stick":
            hand = bones.right_arm[2]
            foot = max(bones.left_leg[2][1], bones.right_leg[2][1])
            self.stroke([(hand[0] - 0.1, hand[1] - 0.05), hand, (hand[0] + 0.12, foot + 0.1)], 0.12, "#6a4a30")

    def _chair(self, bones: Skeleton) -> None:
        """Draw the seat and back of a wheelchair behind whoever sits in it."""
        (x, y), out = bones.hips, 1 if bones.right_leg[1][0] > bones.hips[0] else -1
        self.stroke([(x - out * 0.62, y - 1.5), (x - out * 0.5, y + 0.3), (x + out * 1.5, y + 0.3)], 0.2, "#2b2f38")
        self.stroke([(x - out * 0.62, y - 1.5), (x - out * 1.0, y - 1.55)], 0.12, "#2b2f38")

    def _wheels(self, bones: Skeleton) -> None:
        (x, y), out = bones.hips, 1 if bones.right_leg[1][0] > bones.hips[0] else -1
        foot = max(bones.left_leg[2][1], bones.right_leg[2][1]) + 0.1
        reach = (foot - y) * 0.62
        for middle, size, thick in ((x - out * 0.1, reach, 0.13), (x + out * 1.55, 0.3, 0.12)):
            turn = [(middle + size * c, foot - size + size * s) for c, s in _RING]
            self.stroke(turn, thick, "#1c1f26")
        for c, s in _RING[::4]:
            self.stroke(
                [(x - out * 0.1, foot - reach), (x - out * 0.1 + reach * c, foot - reach + reach * s)], 0.03, "#7d838a"
            )
        self.stroke(
            [(x + out * 1.3, y + 0.3), (x + out * 1.75, foot - 0.25), (x + out * 2.2, foot - 0.2)], 0.09, "#7d838a"
        )

    def _ghost(self, bones: Skeleton) -> None:
        """Draw a floating sheet with eyes, which what is behind shines through."""
        head, end = bones.head, _between(bones.left_leg[2], bones.right_leg[2], 0.5)
        for arm in (bones.left_arm, bones.right_arm):
            self.stroke(list(arm), 0.5, "#e8f0f8", 0.4)
        low = end[1] - 0.5
        sheet = [
            (head[0] - 0.62, head[1] + 0.1),
            (head[0] - 0.5, head[1] - 0.42),
            (head[0], head[1] - 0.66),
            (head[0] + 0.5, head[1] - 0.42),
            (head[0] + 0.62, head[1] + 0.1),
            (bones.hips[0] + 0.85, bones.hips[1]),
        ]
        sheet += [(end[0] + 1.2 - 0.4 * number, low + (0.0 if number % 2 else 0.45)) for number in range(7)]
        self.polygon([*sheet, (bones.hips[0] - 0.85, bones.hips[1])], "#e8f0f8", 0.62)
        for side in (-1, 1):
            self.ellipse(head[0] + side * 0.2, head[1] - 0.05, 0.1, 0.16, "#1a2030", 0.9)
        self.ellipse(head[0], head[1] + 0.3, 0.09, 0.13, "#1a2030", 0.8)
        self.canvas.glow(*self.at(*bones.hips), 3.6 * self.head, "#bcd8ff", 0.35)

    def _arm(self, arm: tuple[Point, Point, Point], color: str) -> None:
        broad = 1.25 if self.character.person.build == "broad" or self.character.garment == "spacesuit" else 1.0
        self.stroke(list(arm[:2]), 0.32 * broad, color)
        self.stroke(list(arm[1:]), 0.26 * broad, color)
        glove = self.character.person.gloves
        self.ellipse(*arm[2], *((0.26, 0.26) if glove else (0.14, 0.16)), glove or self.character.skin)

    def _legs(self, bones: Skeleton, shade: str) -> None:
        character = self.character
        bare = character.garment in _BARE_LEGS
        color = character.skin if bare else shade if character.garment in _ONE_PIECE else character.trousers
        wide = 1.3 if character.garment == "spacesuit" else 1.0
        for leg, dark in ((bones.left_leg, 0.25), (bones.right_leg, 0.0)):
            tone = mix(color, "#000000", dark)
            self.stroke(list(leg[:2]), 0.46 * wide, tone)
            self.stroke(list(leg[1:]), 0.36 * wide, tone)
            if character.garment == "shorts":
                self.stroke(
                    [leg[0], _between(leg[0], leg[1], 0.6)], 0.52, mix(character.garment_color, "#000000", dark)
                )
            toe = 0.3 if bones.head[0] >= bones.hips[0] - 0.01 else -0.3
            shoe = mix(character.person.shoes or mix(character.trousers, "#000000", 0.5), "#000000", dark)
            self.stroke([leg[2], (leg[2][0] + toe, leg[2][1] + 0.02)], 0.24, shoe)

    def _torso(self, bones: Skeleton, shade: str) -> None:
        character = self.character
        bare = character.garment == "tail" or (character.garment == "shorts" and character.person.sex != "f")
        under = mix("#b5543f", character.garment_color, 0.15) if character.garment == "overalls" else ""
        color = character.skin if bare else under or character.garment_color
        broad = {"broad": 1.25, "round": 1.4, "slim": 0.86}.get(character.person.build, 1.0)
        broad *= 1.25 if character.garment == "spacesuit" else 1.0
        if character.size >= _CHILD:
            broad *= {"m": 1.05, "f": 0.9}.get(character.person.sex, 1.0)
        hem = _HEMS.get(character.garment, 0.03)
        across = _across(bones.neck, bones.hips)
        # Facing left, the right shoulder is on the left.
        shoulders = sorted(
            (bones.left_arm[0], bones.right_arm[0]), key=lambda at: at[0] * across[0] + at[1] * across[1]
        )
        self.polygon(
            [
                _aside(bones.neck, across, -0.24),
                _aside(bones.neck, across, 0.24),
                _aside(shoulders[1], across, 0.14 * broad),
                _aside(bones.hips, across, 0.5 * broad),
                _aside(bones.hips, across, -0.5 * broad),
                _aside(shoulders[0], across, -0.14 * broad),
            ],
            color,
        )
        if character.person.build == "round":
            belly = _between(bones.neck, bones.hips, 0.72)
            self.ellipse(belly[0], belly[1], 0.82, 0.82, color)
        if hem > 0.1:
            flare = 0.55 + hem * (1.5 if character.garment in {"dress", "tutu"} else 0.7)
            left, right = _between(bones.hips, bones.left_leg[2], hem), _between(bones.hips, bones.right_leg[2], hem)
            left, right = sorted((left, right))
            if character.garment == "tutu":
                flare, left, right = 1.3, (bones.hips[0], left[1]), (bones.hips[0], right[1])
            self.polygon([_aside(bones.hips, across, -0.5 * broad), _aside(bones.hips, across, 0.5 * broad),
                          (right[0] + flare * 0.6, right[1]), (left[0] - flare * 0.6, left[1])], color)  # fmt: skip
        self.polygon(
            [
                _aside(bones.neck, across, -0.18),
                _aside(bones.neck, across, 0.18),
                _between(bones.neck, bones.hips, 0.2),
            ],
            mix(character.skin, "#000000", 0.15),
        )
        self._details(bones, across, shade)
        if character.person.scarf:
            low = _between(bones.neck, bones.hips, 0.6)
            self.stroke([bones.neck, (low[0] + 0.12, low[1])], 0.24, mix(character.person.scarf, "#000000", 0.2))
            self.stroke(
                [_aside(bones.neck, across, -0.2), _aside(bones.neck, across, 0.2)], 0.34, character.person.scarf
            )

    def _details(self, bones: Skeleton, across: Point, shade: str) -> None:
        garment = self.character.garment
        middle = [_between(bones.neck, bones.hips, share) for share in (0.25, 0.6, 1.0)]
        if garment in {"suit", "uniform", "coat", "trenchcoat", "raincoat", "jacket", "robe"}:
            self.stroke(middle, 0.05, shade)
        if garment in {"hoodie", "parka"}:
            self.stroke([_aside(bones.neck, across, -0.3), middle[0], _aside(bones.neck, across, 0.3)], 0.2,
                        mix(self.character.garment_color, "#ffffff", 0.25))  # fmt: skip
        if garment in {"suit", "uniform"}:
            self.polygon([_aside(bones.neck, across, -0.14), _aside(bones.neck, across, 0.14), middle[0]], "#f0ede6")
        if garment in {"trenchcoat", "robe", "uniform", "armor", "supersuit", "coat"}:
            self.stroke(
                [_aside(middle[2], across, -0.52), _aside(middle[2], across, 0.52)], 0.14, mix(shade, "#000000", 0.2)
            )
        if garment == "armor":
            for share in (0.35, 0.6, 0.82):
                spot = _between(bones.neck, bones.hips, share)
                self.stroke([_aside(spot, across, -0.5), _aside(spot, across, 0.5)], 0.05, mix(shade, "#ffffff", 0.45))
        if garment == "supersuit":
            spot = middle[0]
            self.polygon([_aside(spot, across, -0.3), _aside(spot, across, 0.3), middle[1]], "#e0b53f")
        if garment in {"apron", "overalls"}:
            bib = mix("#efece4" if garment == "apron" else self.character.garment_color, "#000000", 0.05)
            top, low = (
                _between(bones.neck, bones.hips, 0.35),
                _between(bones.hips, bones.right_leg[1], 0.7 if garment == "apron" else 0.05),
            )
            self.polygon(
                [
                    _aside(top, across, -0.3),
                    _aside(top, across, 0.3),
                    _aside(low, across, 0.42),
                    _aside(low, across, -0.42),
                ],
                bib,
            )
        if garment == "spacesuit":
            spot = middle[1]
            self.polygon([_aside(spot, across, -0.28), _aside(spot, across, 0.28), _aside(middle[2], across, 0.28),
                          _aside(middle[2], across, -0.28)], "#8d98a5")  # fmt: skip

    def _hair_at(self, bones: Skeleton) -> None:
        """Draw the hair behind the head before the body, over which it would read as a beard."""
        home = (self.x, self.y)
        size = self._to_head(bones)
        self.hair_behind()
        self.tilt, self.head = 0.0, size
        self.x, self.y = home

    def _to_head(self, bones: Skeleton) -> float:
        """Move to the head, which is larger for its body in a child; return the size to go back to."""
        size = self.head
        self.x, self.y = self.at(*bones.head)
        self.tilt = bones.tilt
        if self.character.size < _CHILD:
            self.head = size * 1.3
            self.y -= 0.14 * size
        return size

    def _head(self, bones: Skeleton) -> None:
        character = self.character
        home = (self.x, self.y)
        self.stroke([bones.neck, _between(bones.neck, bones.head, 0.6)], 0.24, mix(character.skin, "#000000", 0.15))
        size = self._to_head(bones)
        if self.head * self.canvas.unit > _FACE_PIXELS and character.kind != "robot":
            self.face(look=0.3, shown=self.shown)
            if self.sings:
                self.ellipse(0.0, 0.29, 0.075, 0.1, "#5a1a20")
            self.tilt, self.head = 0.0, size
            self.x, self.y = home
            return
        if character.kind == "robot":
            self.polygon([(-0.42, -0.5), (0.42, -0.5), (0.42, 0.46), (-0.42, 0.46)], character.skin)
        else:
            self.ellipse(0, 0, 0.36, 0.48, character.skin)
        self.ellipse(0.14, 0.08, 0.2, 0.36, mix(character.skin, "#2a1020", 0.5), 0.2)
        for side in (-1, 1):
            if self.shown.eyes:
                self.ellipse(side * 0.15, -0.02, 0.045, 0.05 * max(0.6, self.shown.eyes), "#1b1517", 0.85)
            else:
                self.stroke([(side * 0.15 - 0.07, -0.01), (side * 0.15 + 0.07, -0.01)], 0.035, "#1b1517", 0.85)
        if self.sings or self.shown.gape:
            self.ellipse(0.0, 0.27, 0.09, 0.12 if self.sings else 0.09, "#5a1a20")
        else:
            lift = 0.028 * self.shown.smile
            self.stroke(
                [(-0.12, 0.24 - lift), (-0.04, 0.25), (0.04, 0.25), (0.12, 0.24 - lift)], 0.05, character.lips, 0.9
            )
        self._whiskers()
        self.hair_in_front()
        self.hat()
        if character.glasses:
            for side in (-1, 1):
                self.ellipse(side * 0.17, -0.03, 0.13, 0.09, character.frame, 0.85)
        self.tilt, self.head = 0.0, size
        self.x, self.y = home

    def _whiskers(self) -> None:
        character = self.character
        if character.person.mustache:
            self.polygon([(-0.2, 0.24), (0.0, 0.12), (0.2, 0.24), (0.0, 0.22)], character.hair_color)
        if character.beard:
            self.polygon(
                [(-0.34, 0.08), (-0.24, 0.5), (0.0, 0.66), (0.24, 0.5), (0.34, 0.08), (0.16, 0.18), (-0.16, 0.18)],
                character.hair_color,
            )

    def _tail(self, bones: Skeleton) -> None:
        """Draw a fish's tail, or what a ghost has for legs, along the legs' way."""
        end = _between(bones.left_leg[2], bones.right_leg[2], 0.5)
        knee = _between(bones.left_leg[1], bones.right_leg[1], 0.5)
        across = _across(bones.hips, end)
        color = self.character.garment_color
        self.polygon(
            [
                _aside(bones.hips, across, -0.5),
                _aside(knee, across, -0.4),
                _aside(end, across, -0.1),
                _aside(end, across, 0.1),
                _aside(knee, across, 0.4),
                _aside(bones.hips, across, 0.5),
            ],
            color,
        )
        if self.character.kind == "mermaid":
            tip = (end[0] + (end[0] - knee[0]) * 0.35, end[1] + (end[1] - knee[1]) * 0.35)
            self.polygon(
                [end, _aside(tip, across, -0.8), _between(end, tip, 0.6), _aside(tip, across, 0.8)],
                mix(color, "#ffffff", 0.2),
            )

    def _cape(self, bones: Skeleton, color: str) -> None:
        back = -0.9 if bones.head[0] >= bones.hips[0] else 0.9
        end = _between(bones.left_leg[1], bones.left_leg[2], 0.4)
        self.polygon(
            [
                bones.left_arm[0],
                bones.right_arm[0],
                (end[0] + back * 0.2 + 0.5, end[1]),
                (end[0] + back * 1.3 - 0.3, end[1] + 0.1),
            ],
            mix(color, "#000000", 0.15),
        )

    def _wings(self, bones: Skeleton) -> None:
        for side in (-1, 1):
            root = bones.neck
            self.polygon(
                [
                    (root[0], root[1] + 0.5),
                    (root[0] + side * 1.6, root[1] - 0.8),
                    (root[0] + side * 2.0, root[1] + 0.6),
                    (root[0] + side * 1.3, root[1] + 1.9),
                    (root[0], root[1] + 1.6),
                ],
                "#f4f1ea",
                0.9,
            )


def _between(first: Point, second: Point, share: float) -> Point:
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def _across(first: Point, second: Point) -> Point:
    """Return the unit vector across the line between two points, to the right of going down."""
    x, y = second[0] - first[0], second[1] - first[1]
    length = max(1e-6, (x * x + y * y) ** 0.5)
    return y / length, -x / length


def _aside(point: Point, across: Point, by: float) -> Point:
    return point[0] + across[0] * by, point[1] + across[1] * by
