"""Hair seen from the front, behind and over the head, for close and wide shots alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.draft.canvas import Point, mix, rounded

if TYPE_CHECKING:
    from engines.draft.figure import FigurePainter

RIBBON = "#c8506a"
_MASS = rounded([(-0.46, -0.2), (0.46, -0.2), (0.56, 0.75), (0.4, 1.05), (-0.42, 1.0), (-0.58, 0.7)])
_STRAND = rounded([(0.38, -0.24), (0.47, 0.0), (0.48, 0.6), (0.4, 0.95), (0.32, 0.7), (0.36, 0.3), (0.33, -0.1)])
_STRANDS = ([(-x, y) for x, y in _STRAND], _STRAND)
_CREST = [(-0.09, -0.3), (-0.16, -0.6), (-0.12, -0.9), (-0.04, -0.78), (0.02, -0.98), (0.07, -0.78),
          (0.14, -0.9), (0.16, -0.6), (0.09, -0.3)]  # fmt: skip
_CURLS = [(0.44 * float(np.cos(turn)), -0.1 - 0.4 * float(np.sin(turn))) for turn in np.linspace(0.35, 2.79, 7)]


# Hats that leave the top of the head free.
_OPEN = frozenset(("", "crown", "veil", "horns", "space"))
# Under any other, no hair is higher than this.
_BRIM = -0.34


def shown(painter: FigurePainter, y: float) -> bool:
    """Whether a curl or bun whose middle is at y isn't pressed down by a hat."""
    return y > _BRIM or painter.character.hat in _OPEN


def _crown(low: float) -> list[Point]:
    """Return what covers the top of the head down to the hairline, and the temples down to `low`."""
    return rounded([
        (-0.39, low), (-0.43, -0.2), (-0.36, -0.45), (-0.15, -0.6), (0.15, -0.6), (0.36, -0.45), (0.43, -0.2),
        (0.39, low), (0.35, low), (0.33, -0.15), (0.24, -0.28), (-0.05, -0.22), (-0.24, -0.29), (-0.33, -0.15),
        (-0.35, low),
    ])  # fmt: skip


_SHORT, _FULL = _crown(0.0), _crown(0.09)


def behind(painter: FigurePainter) -> None:
    """Draw what falls behind the face."""
    hair, color = painter.character.hair, mix(painter.character.hair_color, "#000000", 0.25)
    if hair == "long":
        painter.polygon(_MASS, color)
        painter.ellipse(0, -0.16, 0.47, 0.45, color)
    elif hair == "curly":
        for angle in np.linspace(2.6, 6.8, 11):
            y = -0.08 + 0.44 * float(np.sin(angle))
            if shown(painter, y):
                painter.ellipse(0.42 * np.cos(angle), y, 0.2, 0.2, color)
    elif hair == "bun":
        if shown(painter, -0.6):
            painter.ellipse(0.08, -0.6, 0.2, 0.18, color)
        painter.ellipse(0, -0.16, 0.43, 0.42, color)
    elif hair == "pigtails":
        for side in (-1, 1):
            painter.ellipse(side * 0.5, 0.3, 0.13, 0.36, color, angle=-side * 12)
            painter.ellipse(side * 0.45, -0.06, 0.07, 0.07, RIBBON)
        painter.ellipse(0, -0.16, 0.43, 0.42, color)


def in_front(painter: FigurePainter) -> None:
    """Draw what lies over the head: strands, fringe and temples."""
    hair, color = painter.character.hair, painter.character.hair_color
    if hair == "none":
        return
    if hair == "mohawk":
        painter.polygon(_CREST, color)
        return
    if hair == "long":
        for strand in _STRANDS:
            painter.polygon(strand, color)
    painter.polygon(_SHORT if hair == "short" else _FULL, color)
    if hair == "curly":
        for x, y in _CURLS:
            if shown(painter, y):
                painter.ellipse(x * 0.86, y, 0.13, 0.12, color)
    sheen = mix(color, painter.palette.rim, 0.3)
    painter.stroke([(-0.24, -0.44), (-0.14, -0.49), (0.0, -0.51), (0.12, -0.495)], 0.025, sheen, 0.5)
