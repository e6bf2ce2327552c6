"""Where the lips are in a followed face, from its mesh, and what an open mouth shows inside.

Coordinates (p, q) are measured from the middle of the closed lips' line in half mouth widths; q runs towards the chin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import Inside
from engines.faces.face import CHIN, LEFT_CORNER, LOWER_LIP, RIGHT_CORNER, UPPER_LIP, Face

# The share of an opening that lies above the closed lips' line; most of it comes from the jaw.
_ABOVE_LINE = 0.25
# Closed lips are measured this far apart, in half widths.
_CLOSED = 0.05
# Rows and columns of the kept inside of a mouth.
_INSIDE = (24, 40)


@dataclass(frozen=True)
class Lips:
    """One frame's mouth, in pixels of the full picture: the middle of the closed line, half its width, roll in radians.

    The source's own opening runs from `top` to `low` around the line, in half widths; the two are equal when the mouth
    is closed. `bow` is how far the corners lie below the line's middle, `chin` how far the chin does."""

    x: float
    y: float
    half: float
    roll: float
    bow: float
    top: float
    low: float
    chin: float

    @property
    def gap(self) -> float:
        return self.low - self.top

    @property
    def row(self) -> npt.NDArray[Any]:
        return np.array([self.x, self.y, self.half, self.roll, self.bow, self.top, self.low, self.chin])


def lips_of(face: Face, factor: int) -> Lips:
    """Measure the lips of a face in a picture that was shrunk by `factor`."""
    mesh = face.mesh[:, :2] * factor + (factor - 1) / 2
    right, left = mesh[RIGHT_CORNER], mesh[LEFT_CORNER]
    across = left - right
    half = max(float(np.hypot(*across)) / 2, 1.0)
    roll = float(np.arctan2(across[1], across[0]))
    middle, down = (right + left) / 2, np.array([-np.sin(roll), np.cos(roll)])
    upper, lower, chin = (float((mesh[index] - middle) @ down) / half for index in (UPPER_LIP, LOWER_LIP, CHIN))
    gap = max(0.0, lower - upper - _CLOSED)
    line = upper + (_CLOSED / 2 if gap else (lower - upper) / 2) + _ABOVE_LINE * gap
    x, y = middle + line * half * down
    return Lips(
        float(x), float(y), half, roll, bow=-line, top=-_ABOVE_LINE * gap, low=(1 - _ABOVE_LINE) * gap,
        chin=chin - line - (1 - _ABOVE_LINE) * gap,
    )  # fmt: skip


def mouth_inside(planes: Sequence[Pixels], lips: Lips) -> Inside:
    """Return what is visible inside the mouth that is open in this frame's Y, U, V."""
    p, share = np.meshgrid(np.linspace(-1, 1, _INSIDE[1]), np.linspace(0.04, 0.96, _INSIDE[0]))
    # The corners are already lips, so the inside is taken slightly narrower.
    across = 0.8 * p
    lens = np.maximum(1 - p**2, 0.3)
    down = lips.bow * across**2 + (lips.top + share * lips.gap) * lens
    luma, blue, red = (_sampled(plane, number, lips, across, down) for number, plane in enumerate(planes))
    beside = np.meshgrid(np.array([-1.3, 1.3]), np.linspace(-0.4, 1.2, 9))
    skin = _sampled(planes[0], 0, lips, *beside)
    return Inside((luma, blue, red), lips.gap, float(np.median(skin)))


def _sampled(plane: Pixels, number: int, lips: Lips, p: npt.NDArray[Any], q: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a plane's values at points around the mouth."""
    cosine, sine = np.cos(lips.roll) * lips.half, np.sin(lips.roll) * lips.half
    x, y = lips.x + p * cosine - q * sine, lips.y + p * sine + q * cosine
    if number:
        x, y = x / 2 - 0.25, y / 2 - 0.25  # chroma samples lie between the luma samples
    places = x.astype(np.float32), y.astype(np.float32)
    return cv2.remap(plane, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
