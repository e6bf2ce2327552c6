"""The storyboard character in close shots: a head whose face can sing, and shoulders.

Everything is measured in head heights from the middle of the head, y down, and scaled by `head` (frame heights per
head height).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.draft import hair
from engines.draft.canvas import Canvas, Point, bgr, mix, rounded
from engines.draft.clothes import BARE_SHOULDERS, LAPELS, draw_chest, draw_scarf
from engines.draft.hats import draw_hat
from engines.draft.look import Palette
from engines.draft.moods import Expression
from engines.draft.people import Person

SKINS = ("", "#8d5a3c", "#e3b594", "#6a4430", "#c68c63")
HAIRS = ("#2a1d18", "#17151a", "#5a3825", "#8a5a33", "#3a2a3f", "#a3552f")
CLOTHES = ("#8a3f3a", "#2f5f7a", "#5f6f3f", "#6a4a7a", "#b5803a", "#30706a", "#a84f6a", "#4a5568")
TROUSERS = ("#2b3242", "#3a3436", "#4a4f45", "#463a50")


_PLAIN = Expression(smile=0.3)
_SIDES = (-1, 1)
_SHADED = ((0.06, -0.4), (0.3, -0.28), (0.37, 0.0), (0.31, 0.24), (0.14, 0.46), (0.06, 0.3))
_BEARD = rounded([
    (-0.36, 0.02), (-0.35, 0.2), (-0.28, 0.38), (-0.12, 0.52), (0.12, 0.52), (0.28, 0.38), (0.35, 0.2), (0.36, 0.02),
    (0.3, 0.14), (0.23, 0.24), (0.15, 0.19), (0.0, 0.2), (-0.15, 0.19), (-0.23, 0.24), (-0.3, 0.14),
])  # fmt: skip


@dataclass(frozen=True)
class Character:
    """A person as drawn, with every choice made."""

    person: Person
    skin: str
    hair_color: str
    hair: str
    garment_color: str
    garment: str
    trousers: str
    lips: str
    beard: bool
    hat: str
    hat_color: str
    glasses: bool
    frame: str  # of the glasses: a color
    kind: str
    size: float  # 1 for a grown-up


@dataclass(frozen=True)
class Mouth:
    """Where a drawn mouth is, in layer pixels; `head` is the head's height, `wide` how far it is open, in half
    widths."""

    x: float
    y: float
    head: float
    wide: float = 0.0


def complete(person: Person, identity: int) -> Person:
    """Fill in what the prompt left open, consistently for each `identity`."""
    rng = np.random.default_rng(identity)
    skin, hair_color = str(rng.choice(SKINS)), str(rng.choice(HAIRS))
    long, short = str(rng.choice(("long", "long", "bun", "curly"))), str(rng.choice(("short", "short", "curly")))
    sex = person.sex or str(rng.choice(("f", "m")))
    own = str(rng.choice(("coat", "jacket", "hoodie", "shirt") if sex == "m" else ("dress", "coat", "jacket", "dress")))
    own = "robe" if person.hat == "hijab" else own
    garment = person.garment or ("shirt" if person.age == "child" else own)
    return replace(
        person,
        skin=person.skin or skin,
        hair_color=person.hair_color or ("#c9c6c0" if person.age == "old" else hair_color),
        hair=person.hair or (long if sex == "f" else short),
        sex=sex,
        garment=garment,
        garment_color=person.garment_color or str(rng.choice(CLOTHES)),
    )


def cast(person: Person, palette: Palette) -> Character:
    """Return a completed person in the palette's light."""
    skin = mix(person.skin, palette.skin, 0.4) if person.skin else palette.skin
    number = sum(map(ord, person.garment + person.hair_color + person.role))
    lips = mix(skin, "#a8322e", {"f": 0.6, "m": 0.26}.get(person.sex, 0.4))
    return Character(
        person=person,
        skin=_KIND_SKINS.get(person.kind, skin),
        hair_color=mix(person.hair_color, palette.figure, 0.12),
        hair="none" if person.kind in _KIND_SKINS or person.hat == "hijab" else person.hair,
        garment_color=mix(person.garment_color, palette.figure, 0.16),
        garment=person.garment,
        trousers=mix(person.trousers or TROUSERS[number % len(TROUSERS)], palette.figure, 0.2),
        lips=lips,
        beard=person.beard,
        hat=person.hat or ("hood" if person.extra == "hood" else ""),
        hat_color=mix(person.hat_color or _HAT_COLORS.get(person.hat, person.garment_color), palette.figure, 0.15),
        glasses=person.glasses,
        frame=mix(person.glasses_color, palette.figure, 0.1) if person.glasses_color else "#1b1b1f",
        kind=person.kind,
        size={"child": 0.66, "young": 0.94, "old": 0.95}.get(person.age, 1.0) * (person.tall or 1.0),
    )


_KIND_SKINS = {
    "robot": "#a9b5be", "skeleton": "#e6e2d6", "ghost": "#e3eaf2", "alien": "#8fb58a", "scarecrow": "#d0ac6a",
}  # fmt: skip
_HAT_COLORS = {
    "crown": "#e0b53f",
    "straw": "#d9b868",
    "cowboy": "#8a5f3a",
    "fedora": "#4a4038",
    "toque": "#f2f0ea",
    "veil": "#f4f0ea",
    "space": "#e6e8ea",
    "knight": "#9aa5b0",
    "tricorn": "#23222a",
    "police": "#22386a",
    "army": "#55603f",
    "witch": "#2a2438",
    "hardhat": "#e0b53f",
    "flatcap": "#5a5048",
    "horns": "#7a1f22",
    "party": "#4f7fc0",
    "souwester": "#d8a83c",
}


class FigurePainter:
    """Paints one character on a transparent canvas."""

    def __init__(self, canvas: Canvas, character: Character, palette: Palette, x: float, y: float, head: float) -> None:
        self.canvas, self.character, self.palette = canvas, character, palette
        self.x, self.y, self.head = x, y, head
        self.tilt = 0.0
        self.side = 0.0  # how far the head is turned to the right: 0 from the front, 0.5 half, 1 in profile

    def at(self, x: float, y: float) -> Point:
        if self.tilt:
            cosine, sine = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
            x, y = x * cosine - y * sine, x * sine + y * cosine
        return self.x + x * self.head, self.y + y * self.head

    def polygon(self, points: list[Point], color: str, opacity: float = 1.0) -> None:
        self.canvas.polygon([self.at(*point) for point in points], color, opacity)

    def stroke(self, points: list[Point], thickness: float, color: str, opacity: float = 1.0) -> None:
        self.canvas.stroke([self.at(*point) for point in points], thickness * self.head, color, opacity)

    def ellipse(
        self, x: float, y: float, across: float, down: float, color: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        self.canvas.ellipse(*self.at(x, y), across * self.head, down * self.head, color, opacity, angle)

    @property
    def iris(self) -> str:
        """The color of the eyes."""
        return self.character.person.eyes or mix("#4a6470", self.palette.far, 0.4)

    # --- close shots ---

    def bust(self) -> None:
        """Draw neck, shoulders and chest in their clothes, down past the frame's edge."""
        character = self.character
        if character.kind == "ghost":
            self.polygon([(-0.6, 0.2), (-0.5, -0.45), (0.0, -0.68), (0.5, -0.45), (0.6, 0.2), (1.3, 5.0), (-1.3, 5.0)],
                         "#e8f0f8", 0.7)  # fmt: skip
            return
        color = character.garment_color
        bare = character.garment in BARE_SHOULDERS
        neck = mix(character.skin, "#000000", 0.22)
        child = character.size < 0.8
        wide = (0.78 if child else 1.0) * {"broad": 1.18, "round": 1.24, "slim": 0.9}.get(character.person.build, 1.0)
        thick = 1.0
        if not child:
            thick = {"m": 1.12, "f": 0.9}.get(character.person.sex, 1.0)
            wide *= {"m": 1.03, "f": 0.9}.get(character.person.sex, 1.0)
        self.hair_behind()
        self.polygon([(-0.23 * thick, 0.2), (0.23 * thick, 0.2), (0.27 * thick, 0.75), (-0.27 * thick, 0.75)], neck)
        self.polygon([(-0.23 * thick, 0.34), (0.23 * thick, 0.34), (0.2, 0.52), (-0.18, 0.56)],
                     mix(neck, "#000000", 0.25), 0.7)  # fmt: skip
        shoulders: list[Point] = [(-0.26, 0.6), (0.26, 0.6), (0.6, 0.72), (0.98, 0.9), (1.14, 1.3), (1.22, 5.0),
                                  (-1.22, 5.0), (-1.14, 1.3), (-0.98, 0.9), (-0.6, 0.72)]  # fmt: skip
        under = mix("#b5543f", color, 0.15) if character.garment == "overalls" else color
        self.polygon([(x * wide, y) for x, y in shoulders], character.skin if bare else under)
        self.polygon([(-0.26, 0.59), (0.26, 0.59), (0.0, 1.25 if character.garment in LAPELS else 0.92)], neck)
        draw_chest(self, wide)
        if character.person.scarf:
            draw_scarf(self, character.person.scarf)

    def face(self, look: float = 0.0, shown: Expression = _PLAIN) -> Mouth:
        """Draw a face and return where its closed mouth is; `look` (-1…1) turns the eyes."""
        character, skin = self.character, self.character.skin
        dark = mix(skin, "#3a1a14", 0.45)
        if character.kind in {"ghost", "scarecrow", "skeleton"}:
            return self._skull() if character.kind == "skeleton" else self._odd_face()
        self.ears(mix(skin, "#3a1a14", 0.2))
        self.head_shape()
        self._eyes(look, dark, shown)
        self.nose(dark)
        mouth = self._mouth(dark, shown.smile)
        if character.person.role == "vampire":
            for side in _SIDES:
                self.polygon([(side * 0.085, 0.28), (side * 0.045, 0.28), (side * 0.068, 0.335)], "#ffffff")
        if character.person.mustache:
            self.polygon([(-0.17, 0.27), (-0.12, 0.2), (0.0, 0.185), (0.12, 0.2), (0.17, 0.27), (0.04, 0.235),
                          (-0.04, 0.235)], character.hair_color)  # fmt: skip
        if character.beard:
            self.whiskers()
            mouth = self._mouth(dark, shown.smile)
        if shown.gape:
            self.ellipse(0.0, 0.29, 0.065, shown.gape, "#5a1a20")
        self.hair_in_front()
        self.hat()
        if character.glasses:
            self.glasses()
        return mouth

    def head_shape(self) -> None:
        """Draw the bare head with its shade and cheeks."""
        character, skin = self.character, self.character.skin
        if character.kind == "robot":
            self.polygon([(-0.42, -0.5), (0.42, -0.5), (0.42, 0.46), (0.3, 0.52), (-0.3, 0.52), (-0.42, 0.46)], skin)
        else:
            self.polygon(_face_outline(character), skin)
            self._age_and_shave()
        self.polygon(list(_SHADED), mix(skin, "#2a1020", 0.5), 0.1)
        for side in _SIDES:
            self.cheek(side)

    def cheek(self, side: int) -> None:
        self.ellipse(side * 0.21, 0.15, 0.085, 0.05, mix(self.character.skin, "#d0503c", 0.4), 0.16)

    def nose(self, dark: str) -> None:
        if self.character.size < 0.8:
            self.stroke([(-0.03, 0.14), (0.0, 0.155), (0.03, 0.14)], 0.018, dark, 0.6)
        else:
            self.stroke([(0.02, -0.04), (0.055, 0.13), (0.0, 0.155)], 0.018, dark, 0.7)

    def whiskers(self) -> None:
        self.polygon(_BEARD, self.character.hair_color, 0.92)

    def _age_and_shave(self) -> None:
        """Draw an old face's lines, and the shade of a shaved beard."""
        character = self.character
        person, grown = character.person, character.size >= 0.8
        if person.sex == "m" and grown and person.age != "young" and not character.beard and not character.kind:
            self.polygon([(-0.36, 0.06), (-0.33, 0.28), (-0.15, 0.48), (0.15, 0.48), (0.33, 0.28), (0.36, 0.06),
                          (0.22, 0.21), (-0.22, 0.21)], character.hair_color, 0.13)  # fmt: skip
        self.age_lines()

    def age_lines(self, sides: Sequence[int] = _SIDES) -> None:
        if self.character.person.age == "old":
            line = mix(self.character.skin, "#3a1a14", 0.4)
            for side in sides:
                self.stroke([(side * 0.1, 0.13), (side * 0.17, 0.19), (side * 0.19, 0.28)], 0.014, line, 0.6)
                self.stroke([(side * 0.27, -0.03), (side * 0.32, 0.0)], 0.012, line, 0.6)
            self.stroke([(-0.14, -0.27), (0.0, -0.285), (0.14, -0.27)], 0.012, line, 0.5)

    def ears(self, color: str) -> None:
        for side in _SIDES:
            self.ellipse(side * 0.37, 0.02, 0.06, 0.11, color)

    def _skull(self) -> Mouth:
        bone, dark = self.character.skin, "#1a1618"
        self.polygon([(-0.22, 0.1), (0.22, 0.1), (0.2, 0.46), (0.1, 0.52), (-0.1, 0.52), (-0.2, 0.46)], bone)
        self.ellipse(0, -0.1, 0.42, 0.4, bone)
        for side in _SIDES:
            self.ellipse(side * 0.17, -0.04, 0.115, 0.12, dark)
        self.polygon([(0.0, 0.1), (0.06, 0.22), (-0.06, 0.22)], dark)
        self.stroke([(-0.17, 0.33), (0.17, 0.33)], 0.02, dark)
        for x in (-0.12, -0.06, 0.0, 0.06, 0.12):
            self.stroke([(x, 0.27), (x, 0.4)], 0.014, dark)
        self.hat()
        x, top = self.canvas.point(*self.at(0, 0.33))
        return Mouth(x, top, self.head * self.canvas.unit)

    def _odd_face(self) -> Mouth:
        """Draw the holes in a ghost's sheet, or a scarecrow's sack of straw with its buttons and stitches."""
        if self.character.kind == "ghost":
            for side in _SIDES:
                self.ellipse(side * 0.19, -0.05, 0.1, 0.16, "#1a2030", 0.9)
            self.ellipse(0, 0.29, 0.09, 0.07, "#1a2030", 0.85)
        else:
            for number in range(9):
                x = -0.4 + 0.1 * number
                self.stroke([(x * 0.8, 0.3), (x * 1.35, 0.62 + 0.1 * (number % 2))], 0.05, "#e0c060")
            self.ellipse(0, 0, 0.4, 0.5, self.character.skin)
            self.stroke([(0.12, -0.46), (0.2, 0.0), (0.12, 0.44)], 0.012, "#7a5a30", 0.6)
            for side in _SIDES:
                self.ellipse(side * 0.16, -0.05, 0.08, 0.08, "#2a2018")
                self.stroke([(side * 0.16 - 0.04, -0.09), (side * 0.16 + 0.04, -0.01)], 0.016, "#d0b070")
                self.stroke([(side * 0.16 - 0.04, -0.01), (side * 0.16 + 0.04, -0.09)], 0.016, "#d0b070")
                self.stroke([(side * 0.36, -0.3), (side * 0.56, -0.16 + 0.1 * side)], 0.05, "#e0c060")
            self.polygon([(-0.06, 0.12), (0.06, 0.12), (0.0, 0.02)], "#b5532f")
            self.stroke([(-0.2, 0.24), (-0.1, 0.3), (0.1, 0.3), (0.2, 0.24)], 0.022, "#3a2818")
            for x in (-0.14, -0.05, 0.05, 0.14):
                self.stroke([(x, 0.24), (x, 0.34)], 0.016, "#3a2818")
            self.hat()
        x, top = self.canvas.point(*self.at(0, 0.29))
        return Mouth(x, top, self.head * self.canvas.unit)

    def _eyes(self, look: float, dark: str, shown: Expression) -> None:
        lash, iris = mix(self.character.hair_color, "#000000", 0.6), self.iris
        child = self.character.size < 0.8
        wide, low = (1.3, 0.045) if child else (1.0, 0.0)  # a child's eyes are large, and low in its face
        for side in _SIDES:
            x = side * 0.155
            self.ellipse(x, low - 0.045, 0.085, 0.05, dark, 0.3)
            man, woman = (not child and self.character.person.sex == sex for sex in ("m", "f"))
            self._brow(side, x, low, shown.brows, 0.016 if child else 0.038 if man else 0.022 if woman else 0.026)
            if not shown.eyes:
                closed = [
                    (x - 0.08, low - 0.045),
                    (x - 0.04, low - 0.022),
                    (x + 0.04, low - 0.022),
                    (x + 0.08, low - 0.045),
                ]
                self.stroke(closed, 0.018 if child else 0.022, lash)
                continue
            tall = (0.05 if child else 0.036) * wide * shown.eyes
            self.ellipse(x, low - 0.04, 0.072 * wide, tall, "#f3eee8")
            self.ellipse(
                x + look * 0.03, low - 0.042, 0.038 * wide, min(tall, (0.046 if child else 0.036) * wide), iris
            )
            self.ellipse(x + look * 0.03, low - 0.042, 0.02 * wide, min(tall, 0.022 * wide), "#0d0d10")
            self.ellipse(x + look * 0.03 - 0.01, low - 0.054, 0.01 * wide, 0.01 * wide, "#ffffff")
            lid = low - (0.056 if child else 0.036) * shown.eyes
            lashes = [(x - side * 0.072, lid), (x - side * 0.03, lid - 0.04), (x + side * 0.04, lid - 0.038),
                      (x + side * 0.088, lid - 0.004)]  # fmt: skip
            if man:
                lashes = [(x - side * 0.07, lid), (x - side * 0.03, lid - 0.032), (x + side * 0.04, lid - 0.03),
                          (x + side * 0.075, lid + 0.004)]  # fmt: skip
            self.stroke(lashes, 0.014 if child else 0.012 if man else 0.024 if woman else 0.018, lash)
            if shown.tears:
                self.ellipse(x + side * 0.03, low + 0.09, 0.02, 0.045, "#bfe0f5", 0.9)
                self.ellipse(x + side * 0.05, low + 0.22, 0.016, 0.03, "#bfe0f5", 0.8)

    def _brow(self, side: int, x: float, low: float, inner: float, thick: float) -> None:
        raised = 0.02 if inner < -0.02 else 0.0
        brow = [(x - side * 0.09, low - 0.14 + inner), (x + side * 0.01, low - 0.168 + inner * 0.3 - raised),
                (x + side * 0.1, low - 0.135)]  # fmt: skip
        self.stroke(brow, thick, self.character.hair_color)

    def _mouth(self, dark: str, smile: float) -> Mouth:
        lip, lift = self.character.lips, 0.022 * smile
        y, full = 0.275, 0.7 if self.character.person.sex == "m" else 1.0
        up, low = 0.034 * full, 0.036 * full
        self.polygon([(-0.125, y - lift), (-0.04, y - up), (0.0, y - 0.7 * up), (0.04, y - up), (0.125, y - lift),
                      (0.05, y + low), (-0.05, y + low)], lip)  # fmt: skip
        self.stroke([(-0.13, y - lift), (-0.05, y + 0.003), (0.05, y + 0.003), (0.13, y - lift)], 0.011, dark)
        self.ellipse(0.0, y + 0.085, 0.06, 0.014, dark, 0.25)
        x, top = self.canvas.point(*self.at(0, y))
        return Mouth(x, top, self.head * self.canvas.unit)

    def glasses(self) -> None:
        frame = self.character.frame
        for side in _SIDES:
            self.lens(side * 0.16, frame)
        self.stroke([(-0.045, -0.045), (0.045, -0.045)], 0.02, frame)

    def lens(self, x: float, frame: str, across: float = 0.115) -> None:
        """Draw one of the glasses, clear or dark, in its frame."""
        glass, opacity = ("#16161b", 0.94) if self.character.person.shades else ("#cfe4ee", 0.25)
        if self.character.person.shades and self.character.person.glasses_color:
            glass = mix("#16161b", frame, 0.4)
        self.ellipse(x, -0.035, across, 0.085, glass, opacity)
        ring = [(x + across * np.cos(a), -0.035 + 0.085 * np.sin(a)) for a in np.linspace(0, 6.283, 30)]
        self.stroke(ring, 0.02, frame)

    # --- hair and hat, for close and wide shots; the views from other sides have their own ---

    def hair_behind(self) -> None:
        hair.behind(self)

    def hair_in_front(self) -> None:
        hair.in_front(self)

    def hat(self) -> None:
        draw_hat(self)


def _face_outline(character: Character) -> list[Point]:
    """Return an oval with a jaw: round in a child, broad in a man, pointed in a woman, full in somebody stout."""
    person = character.person
    jaw, wide, chin = {"m": (0.12, 0.385, 4), "f": (0.24, 0.365, 2)}.get(person.sex, (0.2, 0.375, 2))
    if character.size < 0.8:
        jaw, wide, chin = 0.06, 0.4, 2
    if person.build == "round":
        jaw, wide = jaw * 0.4, wide * 1.07
    angles = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    points = []
    for angle in angles:
        x, y = wide * np.cos(angle), 0.5 * np.sin(angle)
        squared = 1 + 0.1 * (chin == 4) * max(0.0, np.sin(2 * angle) * np.sign(np.cos(angle))) if y > 0 else 1.0
        points.append((x * squared * (1 - jaw * max(0.0, y / 0.5) ** chin), y * (0.98 if y > 0 else 1.0)))
    return points


def light_the_edge(canvas: Canvas, color: str, side: int, reach: float, strength: float = 0.7) -> None:
    """Light the figure's edge on one side (-1 left, 1 right) and shade the other; `reach` in frame heights."""
    if canvas.alpha is None or not canvas.alpha.any():
        return
    x, y, wide, high = cv2.boundingRect(canvas.alpha)
    window = (slice(y, y + high), slice(x, x + wide))
    alpha, pixels = canvas.alpha[window], canvas.pixels[window]
    offset = max(1.0, reach * canvas.unit)
    size = round(offset) * 2 + 1
    # Read between the pixels, which takes a seventh of an affine warp's time; nothing is covered beyond the edges.
    room = math.ceil(offset) + 2
    around = cv2.copyMakeBorder(alpha, room, room, room, room, cv2.BORDER_CONSTANT, value=(0,))
    middle = (room + (wide - 1) / 2, room + (high - 1) / 2)
    for direction, paint, share in ((side, bgr(color), strength), (-side, (0, 0, 0), 0.3)):
        at = (middle[0] + direction * offset, middle[1] - offset * 0.5)
        inner = cv2.getRectSubPix(around, (wide, high), at)
        # Two box blurs give a soft edge at a fraction of the cost of a wide Gaussian.
        edge = cv2.subtract(alpha, cv2.blur(cv2.blur(inner, (size, size)), (size, size)))
        amount = cv2.merge([cv2.convertScaleAbs(edge, alpha=share)] * 3)
        # Premultiplied: full light is the color times the coverage.
        full = cv2.merge([cv2.convertScaleAbs(alpha, alpha=part / 255) for part in paint])
        lit = cv2.multiply(full, amount, scale=1 / 255)
        pixels[:] = cv2.add(cv2.multiply(pixels, cv2.bitwise_not(amount), scale=1 / 255), lit)


def draw_outline(canvas: Canvas, color: str, thickness: float) -> None:
    """Draw a pen outline around everything on the canvas, `thickness` in frame heights."""
    if canvas.alpha is None:
        return
    size = max(1, round(thickness * canvas.unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    _, solid = cv2.threshold(canvas.alpha, 127, 255, cv2.THRESH_TOZERO)  # not around a shadow on the ground
    wider = cv2.max(cv2.dilate(solid, kernel), canvas.alpha)
    ring = cv2.subtract(wider, canvas.alpha)
    ink = [cv2.convertScaleAbs(ring, alpha=part / 255) for part in bgr(color)]
    canvas.pixels = cv2.add(canvas.pixels, cv2.merge(ink))
    canvas.alpha = wider
