"""The storyboard character in close shots: a head whose face can sing, and shoulders.

Everything is measured in head heights from the middle of the head, y down, and scaled by `head` (frame heights per
head height).
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.draft.canvas import Canvas, Point, bgr, mix
from engines.draft.clothes import BARE_SHOULDERS, LAPELS, draw_chest
from engines.draft.hats import draw_hat
from engines.draft.look import Palette
from engines.draft.people import Person

SKINS = ("", "#8d5a3c", "#e3b594", "#6a4430", "#c68c63")
HAIRS = ("#2a1d18", "#17151a", "#5a3825", "#8a5a33", "#3a2a3f", "#a3552f")
CLOTHES = ("#8a3f3a", "#2f5f7a", "#5f6f3f", "#6a4a7a", "#b5803a", "#30706a", "#a84f6a", "#4a5568")
TROUSERS = ("#2b3242", "#3a3436", "#4a4f45", "#463a50")


@dataclass(frozen=True)
class Character:
    """A person as drawn, with every choice made."""

    person: Person
    skin: str
    hair_colour: str
    hair: str
    garment_colour: str
    garment: str
    trousers: str
    lips: str
    beard: bool
    hat: str
    hat_colour: str
    glasses: bool
    kind: str
    size: float  # 1 for a grown-up


@dataclass(frozen=True)
class Mouth:
    """Where a drawn mouth is, in layer pixels; `head` is the head's height."""

    x: float
    y: float
    head: float


def complete(person: Person, identity: int) -> Person:
    """Fill in what the prompt left open, consistently for each `identity`."""
    rng = np.random.default_rng(identity)
    skin, hair_colour = str(rng.choice(SKINS)), str(rng.choice(HAIRS))
    long, short = str(rng.choice(("long", "long", "bun", "curly"))), str(rng.choice(("short", "short", "curly")))
    sex = person.sex or str(rng.choice(("f", "m")))
    own = str(rng.choice(("coat", "jacket", "hoodie", "shirt") if sex == "m" else ("dress", "coat", "jacket", "dress")))
    garment = person.garment or ("shirt" if person.age == "child" else own)
    return replace(
        person,
        skin=person.skin or skin,
        hair_colour=person.hair_colour or ("#c9c6c0" if person.age == "old" else hair_colour),
        hair=person.hair or (long if sex == "f" else short),
        sex=sex,
        garment=garment,
        garment_colour=person.garment_colour or str(rng.choice(CLOTHES)),
    )


def cast(person: Person, palette: Palette) -> Character:
    """Return a completed person in the palette's light."""
    skin = mix(person.skin, palette.skin, 0.4) if person.skin else palette.skin
    number = sum(map(ord, person.garment + person.hair_colour + person.role))
    lips = mix(skin, "#a8322e", 0.35 + 0.25 * (person.sex == "f"))
    return Character(
        person=person,
        skin={"robot": "#a9b5be", "ghost": "#e3eaf2", "alien": "#8fb58a", "scarecrow": "#d0ac6a"}.get(
            person.kind, skin
        ),
        hair_colour=mix(person.hair_colour, palette.figure, 0.12),
        hair="none" if person.kind in {"robot", "ghost", "alien", "scarecrow"} else person.hair,
        garment_colour=mix(person.garment_colour, palette.figure, 0.16),
        garment=person.garment,
        trousers=mix(TROUSERS[number % len(TROUSERS)], palette.figure, 0.2),
        lips=lips,
        beard=person.beard,
        hat=person.hat or ("beanie" if person.extra == "hood" else ""),
        hat_colour=mix(person.hat_colour or _HAT_COLOURS.get(person.hat, person.garment_colour), palette.figure, 0.15),
        glasses=person.glasses,
        kind=person.kind,
        size={"child": 0.66, "young": 0.94, "old": 0.95}.get(person.age, 1.0),
    )


_HAT_COLOURS = {
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

    def at(self, x: float, y: float) -> Point:
        if self.tilt:
            cosine, sine = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
            x, y = x * cosine - y * sine, x * sine + y * cosine
        return self.x + x * self.head, self.y + y * self.head

    def polygon(self, points: list[Point], colour: str, opacity: float = 1.0) -> None:
        self.canvas.polygon([self.at(*point) for point in points], colour, opacity)

    def stroke(self, points: list[Point], thickness: float, colour: str, opacity: float = 1.0) -> None:
        self.canvas.stroke([self.at(*point) for point in points], thickness * self.head, colour, opacity)

    def ellipse(
        self, x: float, y: float, across: float, down: float, colour: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        self.canvas.ellipse(*self.at(x, y), across * self.head, down * self.head, colour, opacity, angle)

    # --- close shots ---

    def bust(self) -> None:
        """Draw neck, shoulders and chest in their clothes, down past the frame's edge."""
        character = self.character
        colour = character.garment_colour
        bare = character.garment in BARE_SHOULDERS
        neck = mix(character.skin, "#000000", 0.22)
        wide = (0.78 if character.size < 0.8 else 1.0) * {"broad": 1.18, "slim": 0.9}.get(character.person.build, 1.0)
        self.hair_behind()
        self.polygon([(-0.23, 0.2), (0.23, 0.2), (0.27, 0.75), (-0.27, 0.75)], neck)
        self.polygon([(-0.25, 0.36), (0.25, 0.36), (0.2, 0.52), (-0.18, 0.56)], mix(neck, "#000000", 0.25), 0.7)
        shoulders: list[Point] = [(-0.26, 0.6), (0.26, 0.6), (0.6, 0.72), (0.98, 0.9), (1.14, 1.3), (1.22, 5.0),
                                  (-1.22, 5.0), (-1.14, 1.3), (-0.98, 0.9), (-0.6, 0.72)]  # fmt: skip
        under = mix("#b5543f", colour, 0.15) if character.garment == "overalls" else colour
        self.polygon([(x * wide, y) for x, y in shoulders], character.skin if bare else under)
        self.polygon([(-0.26, 0.59), (0.26, 0.59), (0.0, 1.25 if character.garment in LAPELS else 0.92)], neck)
        draw_chest(self, wide)

    def face(self, look: float = 0.0, smile: float = 0.3) -> Mouth:
        """Draw a face and return where its closed mouth is; `look` (-1…1) turns the eyes."""
        character, skin = self.character, self.character.skin
        dark = mix(skin, "#3a1a14", 0.45)
        for side in (-1, 1):
            self.ellipse(side * 0.37, 0.02, 0.06, 0.11, mix(skin, "#3a1a14", 0.2))
        if character.kind == "robot":
            self.polygon([(-0.42, -0.5), (0.42, -0.5), (0.42, 0.46), (0.3, 0.52), (-0.3, 0.52), (-0.42, 0.46)], skin)
        else:
            self.polygon(_face_outline(), skin)
        self.polygon([(0.06, -0.4), (0.3, -0.28), (0.37, 0.0), (0.31, 0.24), (0.14, 0.46), (0.06, 0.3)],
                     mix(skin, "#2a1020", 0.5), 0.1)  # fmt: skip
        for side in (-1, 1):
            self.ellipse(side * 0.21, 0.15, 0.085, 0.05, mix(skin, "#d0503c", 0.4), 0.16)
        self._eyes(look, dark)
        self.stroke([(0.02, -0.04), (0.055, 0.13), (0.0, 0.155)], 0.018, dark, 0.7)
        mouth = self._mouth(dark, smile)
        if character.beard:
            self.polygon([(-0.34, 0.1), (-0.3, 0.3), (-0.12, 0.49), (0.12, 0.49), (0.3, 0.3), (0.34, 0.1), (0.24, 0.24),
                          (0.16, 0.2), (-0.16, 0.2), (-0.24, 0.24)], character.hair_colour, 0.88)  # fmt: skip
            mouth = self._mouth(dark, smile)
        self.hair_in_front()
        draw_hat(self, character)
        if character.glasses:
            self._glasses()
        return mouth

    def _eyes(self, look: float, dark: str) -> None:
        lash, iris = mix(self.character.hair_colour, "#000000", 0.6), mix("#4a6470", self.palette.far, 0.4)
        for side in (-1, 1):
            x = side * 0.155
            self.ellipse(x, -0.045, 0.085, 0.05, dark, 0.3)
            wide = 1.35 if self.character.size < 0.8 else 1.0  # a child's eyes are large in its face
            self.ellipse(x, -0.04, 0.072 * wide, 0.036 * wide, "#f3eee8")
            self.ellipse(x + look * 0.03, -0.042, 0.035 * wide, 0.036 * wide, iris)
            self.ellipse(x + look * 0.03, -0.042, 0.017 * wide, 0.018 * wide, "#0d0d10")
            self.ellipse(x + look * 0.03 - 0.01, -0.054, 0.008, 0.008, "#ffffff")
            self.stroke([(x - side * 0.072, -0.036), (x - side * 0.03, -0.076), (x + side * 0.04, -0.074),
                         (x + side * 0.088, -0.04)], 0.02, lash)  # fmt: skip
            self.stroke([(x - side * 0.09, -0.14), (x + side * 0.01, -0.168), (x + side * 0.1, -0.135)], 0.026,
                        self.character.hair_colour)  # fmt: skip

    def _mouth(self, dark: str, smile: float) -> Mouth:
        lip, lift = self.character.lips, 0.022 * smile
        y = 0.275
        self.polygon([(-0.125, y - lift), (-0.04, y - 0.034), (0.0, y - 0.024), (0.04, y - 0.034), (0.125, y - lift),
                      (0.05, y + 0.036), (-0.05, y + 0.036)], lip)  # fmt: skip
        self.stroke([(-0.13, y - lift), (-0.05, y + 0.003), (0.05, y + 0.003), (0.13, y - lift)], 0.011, dark)
        self.ellipse(0.0, y + 0.085, 0.06, 0.014, dark, 0.25)
        x, top = self.canvas.point(*self.at(0, y))
        return Mouth(x, top, self.head * self.canvas.unit)

    def _glasses(self) -> None:
        for side in (-1, 1):
            self.ellipse(side * 0.16, -0.035, 0.115, 0.085, "#cfe4ee", 0.25)
            ring = [(side * 0.16 + 0.115 * np.cos(a), -0.035 + 0.085 * np.sin(a)) for a in np.linspace(0, 6.283, 30)]
            self.stroke(ring, 0.016, "#1b1b1f")
        self.stroke([(-0.045, -0.045), (0.045, -0.045)], 0.016, "#1b1b1f")

    # --- hair, for close and wide shots ---

    def hair_behind(self) -> None:
        colour = mix(self.character.hair_colour, "#000000", 0.25)
        if self.character.hair == "long":
            self.polygon([(-0.46, -0.2), (0.46, -0.2), (0.56, 0.75), (0.4, 1.05), (-0.42, 1.0), (-0.58, 0.7)], colour)
            self.ellipse(0, -0.16, 0.47, 0.45, colour)
        elif self.character.hair == "curly":
            for angle in np.linspace(2.6, 6.8, 11):
                self.ellipse(0.42 * np.cos(angle), -0.08 + 0.44 * np.sin(angle), 0.2, 0.2, colour)
        elif self.character.hair == "bun":
            self.ellipse(0.08, -0.6, 0.2, 0.18, colour)
            self.ellipse(0, -0.16, 0.43, 0.42, colour)

    def hair_in_front(self) -> None:
        character = self.character
        if character.hair == "long":
            for side in (-1, 1):
                strand = [(0.4, -0.2), (0.46, 0.1), (0.47, 0.6), (0.4, 0.92), (0.32, 0.7), (0.36, 0.3), (0.34, -0.1)]
                self.polygon([(side * x, y) for x, y in strand], character.hair_colour)
        colour, sheen = character.hair_colour, mix(character.hair_colour, self.palette.rim, 0.3)
        if character.hair != "none":
            low = 0.0 if character.hair == "short" else 0.08
            self.polygon(
                [(-0.4, low), (-0.42, -0.22), (-0.3, -0.48), (0.0, -0.58), (0.3, -0.48), (0.42, -0.22), (0.4, low),
                 (0.34, -0.12), (0.24, -0.27), (-0.05, -0.22), (-0.24, -0.28), (-0.35, -0.12)], colour,
            )  # fmt: skip
            self.stroke([(-0.22, -0.46), (-0.02, -0.51), (0.18, -0.47)], 0.03, sheen, 0.5)


def _face_outline() -> list[Point]:
    """Return an oval with a jaw."""
    angles = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    points = []
    for angle in angles:
        x, y = 0.375 * np.cos(angle), 0.5 * np.sin(angle)
        points.append((x * (1 - 0.2 * max(0.0, y / 0.5) ** 2), y * (0.98 if y > 0 else 1.0)))
    return points


def light_the_edge(canvas: Canvas, colour: str, side: int, reach: float, strength: float = 0.7) -> None:
    """Light the figure's edge on one side (-1 left, 1 right) and shade the other; `reach` in frame heights."""
    if canvas.alpha is None or not canvas.alpha.any():
        return
    x, y, wide, high = cv2.boundingRect(canvas.alpha)
    window = (slice(y, y + high), slice(x, x + wide))
    alpha, pixels = canvas.alpha[window], canvas.pixels[window]
    offset = max(1.0, reach * canvas.unit)
    size = round(offset) * 2 + 1
    for direction, paint, share in ((side, bgr(colour), strength), (-side, (0, 0, 0), 0.3)):
        matrix = np.array([[1.0, 0, -direction * offset], [0, 1.0, offset * 0.5]])
        inner = cv2.warpAffine(alpha, matrix, (wide, high))
        # Two box blurs give a soft edge at a fraction of the cost of a wide Gaussian.
        edge = cv2.subtract(alpha, cv2.blur(cv2.blur(inner, (size, size)), (size, size)))
        amount = cv2.merge([cv2.convertScaleAbs(edge, alpha=share)] * 3)
        # Premultiplied: full light is the colour times the coverage.
        full = cv2.merge([cv2.convertScaleAbs(alpha, alpha=part / 255) for part in paint])
        lit = cv2.multiply(full, amount, scale=1 / 255)
        pixels[:] = cv2.add(cv2.multiply(pixels, cv2.bitwise_not(amount), scale=1 / 255), lit)


def draw_outline(canvas: Canvas, colour: str, thickness: float) -> None:
    """Draw a pen outline around everything on the canvas, `thickness` in frame heights."""
    if canvas.alpha is None:
        return
    size = max(1, round(thickness * canvas.unit))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    wider = cv2.dilate(canvas.alpha, kernel)
    ring = (cv2.subtract(wider, canvas.alpha).astype(np.float32) / 255)[..., None]
    paint = np.array(bgr(colour), np.float32)
    canvas.pixels = (canvas.pixels.astype(np.float32) + paint * ring).clip(0, 255).astype(np.uint8)
    canvas.alpha = wider
