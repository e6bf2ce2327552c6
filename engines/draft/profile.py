"""The storyboard character seen from the side, looking right, for the character sheet.

The measures are those of `figure.py`: head heights from the middle of the head, y down.
"""

import numpy as np

from engines.draft import hair
from engines.draft.canvas import Point, mix, rounded
from engines.draft.clothes import BARE_SHOULDERS, LAPELS
from engines.draft.figure import FigurePainter

# From the hairline down the face, along the jaw and up the back of the skull.
_HEAD: tuple[Point, ...] = (
    (0.06, -0.5), (0.24, -0.42), (0.33, -0.27), (0.345, -0.12), (0.322, -0.05), (0.37, 0.05), (0.43, 0.14),
    (0.395, 0.175), (0.338, 0.185), (0.366, 0.235), (0.352, 0.268), (0.33, 0.278), (0.352, 0.292), (0.352, 0.322),
    (0.318, 0.355), (0.338, 0.42), (0.31, 0.485), (0.22, 0.505), (0.05, 0.42), (-0.08, 0.29), (-0.2, 0.2),
    (-0.36, 0.1), (-0.43, -0.1), (-0.42, -0.28), (-0.33, -0.42), (-0.16, -0.5),
)  # fmt: skip
# A child's face is flatter, with a small nose and a round forehead.
_CHILDS_HEAD: tuple[Point, ...] = (
    (0.08, -0.52), (0.28, -0.44), (0.37, -0.27), (0.365, -0.1), (0.335, -0.01), (0.36, 0.08), (0.41, 0.125),
    (0.375, 0.165), (0.33, 0.18), (0.355, 0.23), (0.335, 0.262), (0.32, 0.275), (0.335, 0.29), (0.335, 0.32),
    (0.3, 0.345), (0.315, 0.4), (0.28, 0.46), (0.18, 0.48), (0.03, 0.42), (-0.08, 0.31), (-0.2, 0.2),
    (-0.37, 0.1), (-0.45, -0.1), (-0.43, -0.3), (-0.33, -0.44), (-0.14, -0.52),
)  # fmt: skip
# Of whoever is stout: under the chin.
_DOUBLE_CHIN = rounded([(0.31, 0.46), (0.22, 0.57), (0.06, 0.56), (-0.14, 0.36), (0.06, 0.4)])
_HAIR: tuple[Point, ...] = (
    (0.29, -0.33), (0.27, -0.47), (0.12, -0.57), (-0.14, -0.59), (-0.36, -0.49), (-0.48, -0.26), (-0.46, -0.02),
    (-0.36, 0.17), (-0.24, 0.16), (-0.19, 0.0), (-0.13, -0.07), (-0.06, 0.02), (-0.01, -0.12), (0.03, -0.24),
    (0.16, -0.29),
)  # fmt: skip
_BEARD: tuple[Point, ...] = (
    (-0.1, 0.0), (-0.02, 0.02), (0.04, 0.17), (0.14, 0.23), (0.3, 0.21), (0.345, 0.3), (0.36, 0.44), (0.3, 0.57),
    (0.16, 0.56), (0.0, 0.45), (-0.1, 0.28),
)  # fmt: skip
_STRAND = rounded([(0.0, -0.34), (-0.4, -0.2), (-0.54, 0.3), (-0.48, 0.84), (-0.34, 0.92), (-0.16, 0.5), (0.0, 0.1)])
_SHAVED = rounded([(-0.08, 0.06), (0.06, 0.2), (0.3, 0.21), (0.33, 0.3), (0.31, 0.36), (0.32, 0.45), (0.25, 0.49),
                   (0.06, 0.4), (-0.06, 0.28)])  # fmt: skip
_CREST = rounded([
    (0.27, -0.36), (0.32, -0.66), (0.2, -0.94), (0.06, -0.84), (-0.08, -0.98), (-0.2, -0.82), (-0.34, -0.84),
    (-0.4, -0.62), (-0.54, -0.46), (-0.46, -0.14), (-0.36, -0.36), (-0.1, -0.49), (0.14, -0.46),
])  # fmt: skip
_BODY = rounded([(-0.34, 0.62), (0.12, 0.7), (0.34, 0.95), (0.46, 1.4), (0.44, 5.0), (-0.62, 5.0), (-0.66, 1.4),
                 (-0.52, 0.85)])  # fmt: skip
# Of what leaves the shoulders bare: from the breast over the arm to the back.
_BODICE = [
    (0.4, 1.12),
    (0.2, 1.02),
    (-0.12, 1.24),
    (-0.62, 1.22),
    (-0.65, 1.5),
    (-0.62, 5.0),
    (0.44, 5.0),
    (0.46, 1.45),
]


def draw_profile(painter: FigurePainter) -> None:
    """Draw head and shoulders from the side, down past the frame's edge."""
    character = painter.character
    painter.side = 1.0
    dark = mix(character.hair_color, "#000000", 0.25)
    if character.hair == "long":
        painter.polygon(
            rounded([(-0.1, -0.5), (-0.46, -0.3), (-0.56, 0.3), (-0.66, 1.0), (-0.3, 1.08), (-0.06, 0.9), (0.0, 0.2)]),
            dark,
        )
    elif character.hair == "bun" and hair.shown(painter, -0.36):
        painter.ellipse(-0.5, -0.36, 0.2, 0.19, dark)
    if character.kind in {"ghost", "scarecrow", "skeleton"}:
        painter.bust()  # holes and bones have no other side
        painter.face()
        return
    _shoulders(painter)
    _head(painter)
    if character.beard:
        painter.polygon(rounded(_BEARD), character.hair_color, 0.92)
    if character.person.mustache:
        painter.polygon([(0.38, 0.19), (0.375, 0.245), (0.22, 0.28), (0.24, 0.21)], character.hair_color)
    _hair(painter)
    painter.hat()
    if character.glasses:
        _glasses(painter)


def _shoulders(painter: FigurePainter) -> None:
    character = painter.character
    neck = mix(character.skin, "#000000", 0.22)
    bare = character.garment in BARE_SHOULDERS
    color = character.skin if bare else character.garment_color
    if character.garment == "overalls":
        color = mix("#b5543f", color, 0.15)
    deep = {"broad": 1.2, "round": 1.24, "slim": 0.88}.get(character.person.build, 1.0)
    deep *= 0.8 if character.size < 0.8 else 1.0
    painter.polygon([(-0.3, 0.1), (0.02, 0.36), (0.13, 0.42), (0.1, 0.8), (-0.36, 0.85)], neck)
    if character.garment in {"hoodie", "parka"}:
        painter.ellipse(-0.42 * deep, 0.74, 0.2, 0.17, mix(color, "#ffffff", 0.25), angle=30)
    painter.polygon([(x * deep, y) for x, y in _BODY], color)
    if bare and not (character.garment == "shorts" and character.person.sex == "m"):
        painter.polygon([(x * deep, y) for x, y in _BODICE], character.garment_color)
        painter.stroke([(0.3 * deep, 1.1), (0.08 * deep, 0.74), (-0.2 * deep, 0.7)], 0.08, character.garment_color)
    if character.garment in {"overalls", "apron"}:
        bib = "#efece4" if character.garment == "apron" else character.garment_color
        painter.polygon([(0.36 * deep, 1.1), (0.2, 1.14), (0.1, 1.7), (-0.3, 1.9), (-0.3, 5.0), (0.44 * deep, 5.0),
                         (0.46 * deep, 1.42)], bib)  # fmt: skip
        painter.stroke([(0.26 * deep, 1.14), (0.1 * deep, 0.74), (-0.2 * deep, 0.7)], 0.1, bib)
    painter.stroke([(-0.12, 1.12), (-0.16, 5.0)], 0.44 * deep, mix(color, "#000000", 0.1))
    if not bare:
        _collar(painter, color)
    if character.person.scarf:
        painter.stroke([(-0.36, 0.62), (0.12, 0.68)], 0.26, character.person.scarf)


def _collar(painter: FigurePainter, color: str) -> None:
    if painter.character.garment in {"suit", "uniform", "vest"}:
        painter.stroke([(-0.33, 0.58), (0.12, 0.68)], 0.09, "#efece4")
    painter.stroke([(-0.34, 0.66), (0.1, 0.74)], 0.07, mix(color, "#000000", 0.3))
    if painter.character.garment in LAPELS:
        painter.polygon([(0.02, 0.72), (0.16, 0.74), (0.34, 1.0), (0.42, 1.4), (0.26, 1.24)],
                        mix(color, "#ffffff", 0.1))  # fmt: skip


def _head(painter: FigurePainter) -> None:
    character, skin = painter.character, painter.character.skin
    dark = mix(skin, "#3a1a14", 0.45)
    if character.kind == "robot":
        painter.polygon([(-0.42, -0.5), (0.36, -0.5), (0.36, 0.46), (0.24, 0.52), (-0.42, 0.52)], skin)
        painter.stroke([(0.2, 0.275), (0.36, 0.275)], 0.03, dark)
        return
    child = character.size < 0.8
    if character.person.build == "round":
        painter.polygon(_DOUBLE_CHIN, mix(skin, "#000000", 0.06))
    painter.polygon(rounded(_CHILDS_HEAD if child else _HEAD), skin)
    _eye(painter, dark, child)
    painter.stroke([(0.36, 0.16), (0.335, 0.14)], 0.016, dark, 0.7)
    full = 0.7 if character.person.sex == "m" else 1.0
    painter.polygon([(0.33, 0.276), (0.366 - 0.02 * child, 0.276 - 0.039 * full), (0.26, 0.268),
                     (0.345, 0.276 + 0.049 * full)], character.lips)  # fmt: skip
    painter.stroke([(0.34 - 0.015 * child, 0.275), (0.25, 0.268)], 0.012, dark)
    painter.ellipse(0.17, 0.15, 0.08, 0.05, mix(skin, "#d0503c", 0.4), 0.16)
    shaved = character.person.sex == "m" and not child and character.person.age != "young" and not character.beard
    if shaved and not character.kind:
        painter.polygon(_SHAVED, character.hair_color, 0.13)
    if character.person.age == "old":
        line = mix(skin, "#3a1a14", 0.4)
        painter.stroke([(0.29, 0.13), (0.22, 0.19), (0.2, 0.29)], 0.014, line, 0.6)
        painter.stroke([(0.1, -0.06), (0.14, -0.03), (0.1, 0.0)], 0.012, line, 0.6)
        painter.stroke([(0.16, -0.27), (0.29, -0.265)], 0.012, line, 0.5)
    painter.ellipse(-0.11, 0.03, 0.065, 0.11, mix(skin, "#3a1a14", 0.2))
    painter.stroke([(-0.14, -0.02), (-0.09, -0.03), (-0.085, 0.06)], 0.016, dark, 0.6)


def _eye(painter: FigurePainter, dark: str, child: bool) -> None:
    character = painter.character
    if character.kind == "alien":
        return  # its eyes are drawn with its skull
    lash, low, wide = mix(character.hair_color, "#000000", 0.6), 0.045 * child, 1.3 if child else 1.0
    x, y = 0.24, low - 0.044
    painter.ellipse(x, y - 0.002, 0.075, 0.05, dark, 0.25)
    white = [(-0.07, -0.006), (0.01, -0.034), (0.045, -0.002), (0.01, 0.03)]
    painter.polygon([(x + dx * wide, y + dy * wide) for dx, dy in white], "#f3eee8")
    painter.ellipse(x + 0.017, y, 0.02 * wide, 0.031 * wide, painter.iris)
    painter.ellipse(x + 0.023, y, 0.01 * wide, 0.017 * wide, "#0d0d10")
    lid = [(x - 0.08, y - 0.001), (x - 0.01, y - 0.038 * wide), (x + 0.055, y - 0.006)]
    painter.stroke(lid, {"f": 0.024, "m": 0.014}.get(character.person.sex, 0.02) * (0.7 if child else 1), lash)
    thick = 0.016 if child else {"m": 0.036, "f": 0.022}.get(character.person.sex, 0.026)
    painter.stroke([(0.17, low - 0.15), (0.25, low - 0.172), (0.318, low - 0.14)], thick, character.hair_color)


def _hair(painter: FigurePainter) -> None:
    character, color = painter.character, painter.character.hair_color
    if character.hair == "none":
        return
    if character.hair == "mohawk":
        painter.polygon(_CREST, color)
        return
    painter.polygon(rounded(_HAIR), color)
    if character.hair == "pigtails":
        painter.ellipse(-0.3, 0.3, 0.12, 0.36, mix(color, "#000000", 0.15))
        painter.ellipse(-0.28, -0.06, 0.07, 0.07, hair.RIBBON)
    if character.hair == "curly":
        for angle in np.linspace(2.4, 5.6, 10):
            x, y = -0.08 + 0.4 * float(np.cos(angle)), -0.14 + 0.42 * float(np.sin(angle))
            if not hair.shown(painter, y):
                continue
            painter.ellipse(x, y, 0.17, 0.17, mix(color, "#000000", 0.1 * (round(angle * 10) % 2)))
    if character.hair == "long":
        painter.polygon(_STRAND, color)
    painter.stroke([(0.14, -0.46), (-0.1, -0.5), (-0.3, -0.4)], 0.03, mix(color, "#ffffff", 0.2), 0.5)


def _glasses(painter: FigurePainter) -> None:
    painter.stroke([(0.22, -0.045), (-0.1, -0.03)], 0.02, painter.character.frame)
    painter.lens(0.28, painter.character.frame, across=0.06)
