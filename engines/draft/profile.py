"""The storyboard character seen from the side, looking right, for the character sheet.

The measures are those of `figure.py`: head heights from the middle of the head, y down.
"""

import numpy as np

from engines.draft.canvas import Point, mix, rounded
from engines.draft.clothes import BARE_SHOULDERS
from engines.draft.figure import FigurePainter
from engines.draft.hats import draw_hat

# From the hairline down the face, along the jaw and up the back of the skull.
_HEAD: tuple[Point, ...] = (
    (0.06, -0.5), (0.24, -0.42), (0.33, -0.27), (0.345, -0.12), (0.322, -0.05), (0.37, 0.05), (0.43, 0.14),
    (0.395, 0.175), (0.338, 0.185), (0.366, 0.235), (0.352, 0.268), (0.33, 0.278), (0.352, 0.292), (0.352, 0.322),
    (0.318, 0.355), (0.338, 0.42), (0.31, 0.485), (0.22, 0.505), (0.05, 0.42), (-0.08, 0.29), (-0.2, 0.2),
    (-0.36, 0.1), (-0.43, -0.1), (-0.42, -0.28), (-0.33, -0.42), (-0.16, -0.5),
)  # fmt: skip
_HAIR: tuple[Point, ...] = (
    (0.29, -0.33), (0.27, -0.47), (0.12, -0.57), (-0.14, -0.59), (-0.36, -0.49), (-0.48, -0.26), (-0.46, -0.02),
    (-0.36, 0.17), (-0.24, 0.16), (-0.19, 0.0), (-0.13, -0.07), (-0.06, 0.02), (-0.01, -0.12), (0.03, -0.24),
    (0.16, -0.29),
)  # fmt: skip
_BEARD: tuple[Point, ...] = (
    (-0.08, 0.1), (0.02, 0.2), (0.14, 0.24), (0.3, 0.21), (0.34, 0.3), (0.36, 0.44), (0.3, 0.56), (0.16, 0.56),
    (0.0, 0.45), (-0.1, 0.3),
)  # fmt: skip


def draw_profile(painter: FigurePainter) -> None:
    """Draw head and shoulders from the side, down past the frame's edge."""
    character = painter.character
    if character.hair == "long":
        painter.polygon(
            rounded([(-0.1, -0.5), (-0.46, -0.3), (-0.56, 0.3), (-0.66, 1.0), (-0.3, 1.08), (-0.06, 0.9), (0.0, 0.2)]),
            mix(character.hair_color, "#000000", 0.25),
        )
    elif character.hair == "bun":
        painter.ellipse(-0.5, -0.36, 0.2, 0.19, mix(character.hair_color, "#000000", 0.25))
    _shoulders(painter)
    _head(painter)
    if character.beard:
        painter.polygon(rounded(_BEARD), character.hair_color, 0.92)
    if character.person.mustache:
        painter.polygon([(0.38, 0.19), (0.375, 0.245), (0.22, 0.28), (0.24, 0.21)], character.hair_color)
    _hair(painter)
    draw_hat(painter, character)
    if character.glasses:
        _glasses(painter)


def _shoulders(painter: FigurePainter) -> None:
    character = painter.character
    neck = mix(character.skin, "#000000", 0.22)
    bare = character.garment in BARE_SHOULDERS
    color = character.skin if bare else character.garment_color
    deep = {"broad": 1.2, "slim": 0.88}.get(character.person.build, 1.0) * (0.8 if character.size < 0.8 else 1.0)
    painter.polygon([(-0.3, 0.1), (0.02, 0.36), (0.13, 0.42), (0.1, 0.8), (-0.36, 0.85)], neck)
    body = rounded([(-0.34, 0.62), (0.12, 0.7), (0.34, 0.95), (0.46, 1.4), (0.44, 5.0), (-0.62, 5.0), (-0.66, 1.4),
                     (-0.52, 0.85)])  # fmt: skip
    painter.polygon([(x * deep, y) for x, y in body], color)
    if bare:
        dress = [(x, y) for x, y in body if y > 1.4] + [(0.46, 1.45), (0.1, 1.3), (-0.62, 1.5)]
        hull = sorted(dress, key=lambda point: np.arctan2(point[1] - 3.0, point[0] + 0.1))
        painter.polygon([(x * deep, y) for x, y in hull], character.garment_color)
    painter.stroke([(-0.12, 1.12), (-0.16, 5.0)], 0.44 * deep, mix(color, "#000000", 0.14))
    if not bare:
        painter.stroke([(-0.33, 0.66), (0.1, 0.74)], 0.07, mix(color, "#000000", 0.3))


def _head(painter: FigurePainter) -> None:
    character, skin = painter.character, painter.character.skin
    dark = mix(skin, "#3a1a14", 0.45)
    if character.kind == "robot":
        painter.polygon([(-0.42, -0.5), (0.36, -0.5), (0.36, 0.46), (0.24, 0.52), (-0.42, 0.52)], skin)
    else:
        painter.polygon(rounded(_HEAD), skin)
    lash = mix(character.hair_color, "#000000", 0.6)
    painter.polygon([(0.17, -0.05), (0.25, -0.075), (0.285, -0.045), (0.25, -0.015)], "#f3eee8")
    painter.ellipse(0.257, -0.044, 0.02, 0.032, mix("#4a6470", painter.palette.far, 0.4))
    painter.ellipse(0.263, -0.044, 0.01, 0.017, "#0d0d10")
    painter.stroke([(0.16, -0.045), (0.23, -0.082), (0.295, -0.05)], 0.02, lash)
    painter.stroke([(0.17, -0.15), (0.25, -0.172), (0.318, -0.14)], 0.026, character.hair_color)
    painter.stroke([(0.36, 0.16), (0.335, 0.14)], 0.016, dark, 0.7)
    painter.polygon([(0.33, 0.278), (0.366, 0.237), (0.26, 0.272), (0.345, 0.325)], character.lips)
    painter.stroke([(0.345, 0.277), (0.25, 0.272)], 0.012, dark)
    painter.ellipse(0.17, 0.15, 0.08, 0.05, mix(skin, "#d0503c", 0.4), 0.16)
    painter.ellipse(-0.11, 0.03, 0.065, 0.11, mix(skin, "#3a1a14", 0.2))
    painter.stroke([(-0.14, -0.02), (-0.09, -0.03), (-0.085, 0.06)], 0.016, dark, 0.6)


def _hair(painter: FigurePainter) -> None:
    character, color = painter.character, painter.character.hair_color
    if character.hair == "none":
        return
    if character.hair == "mohawk":
        painter.polygon([(0.24, -0.44), (0.26, -0.8), (0.0, -0.94), (-0.3, -0.8), (-0.44, -0.5), (-0.1, -0.52)], color)
        return
    painter.polygon(rounded(_HAIR), color)
    if character.hair == "pigtails":
        painter.ellipse(-0.3, 0.3, 0.12, 0.36, mix(color, "#000000", 0.15))
        painter.ellipse(-0.28, -0.06, 0.07, 0.07, "#c8506a")
    if character.hair == "curly":
        for angle in np.linspace(2.4, 5.6, 10):
            x, y = -0.08 + 0.4 * float(np.cos(angle)), -0.14 + 0.42 * float(np.sin(angle))
            painter.ellipse(x, y, 0.17, 0.17, mix(color, "#000000", 0.1 * (round(angle * 10) % 2)))
    if character.hair == "long":
        painter.polygon(rounded([(-0.1, -0.2), (-0.46, -0.1), (-0.52, 0.4), (-0.4, 0.8), (-0.22, 0.4)]), color)
    painter.stroke([(0.14, -0.46), (-0.1, -0.5), (-0.3, -0.4)], 0.03, mix(color, "#ffffff", 0.2), 0.5)


def _glasses(painter: FigurePainter) -> None:
    ring = [(0.27 + 0.06 * np.cos(turn), -0.035 + 0.085 * np.sin(turn)) for turn in np.linspace(0, 6.283, 30)]
    painter.ellipse(0.27, -0.035, 0.06, 0.085, "#cfe4ee", 0.25)
    painter.stroke(ring, 0.016, "#1b1b1f")
    painter.stroke([(0.21, -0.045), (-0.1, -0.03)], 0.016, "#1b1b1f")
