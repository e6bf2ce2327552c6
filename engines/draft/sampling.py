"""Scaling a part of a plane so that each pixel shows exactly the place it should, in one pass.

OpenCV's fast scaling starts and ends at whole pixels. Where the wanted place lies between them, a window that starts
some pixels earlier and ends some later is scaled instead, and what is too much is cut off: among a few hundred such
windows there is one that fits to a twentieth of a pixel. That takes a fifth of an affine warp's time, and is no less
sharp.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.draft.canvas import Pixels

# How many scaled pixels a window may be larger than what is shown. Planes that are read from need a margin as large.
REACH = 32
# How far a pixel may be from where it should be, in pixels of the source.
_MOST_OFF = 0.05
# Sources are this much larger than ever shown: near the same size, no window fits.
SPARE = 1.03
# The windows tried: how much larger each is than what is shown, and how many of its first pixels are cut off. One more
# pixel stays at both ends, which the edge would show in.
_TRIED = np.array([(more + 2, cut) for more in range(1, REACH) for cut in range(1, more + 1)])
_MORE, _CUT = _TRIED[:, 0], _TRIED[:, 1]


def scaled(plane: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a plane scaled to a size (width, height), by linear interpolation.

    With whole sizes, Intel's library does this in less than half of OpenCV's own time, and rounds where OpenCV cuts
    off. It is used only when asked for, as its results differ by a level; elsewhere, OpenCV's own is."""
    if cv2.ipp.useIPP_NotExact():
        return cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    cv2.ipp.setUseIPP_NotExact(True)
    try:
        return cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    finally:
        cv2.ipp.setUseIPP_NotExact(False)


def enlarged(plane: Pixels, factor: float) -> Pixels:
    """Return a plane enlarged by exactly `factor` to be read from in windows; its size is rounded, the scale
    isn't."""
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


@dataclass(frozen=True)
class _Span:
    """One direction of a window: `length` pixels of the plane from `start` become `scaled` pixels, whose first `cut`
    aren't shown. What is shown then begins `off` pixels of the plane too early."""

    start: int
    length: int
    scaled: int
    cut: int
    off: float

    @staticmethod
    def at(place: float, step: float, size: int, inside: int) -> "_Span | None":
        large = size + _MORE
        length = np.rint(large * step)
        ratio = length / large
        # At the middle of what is shown a window is off by its start, at the ends by its scale as well.
        start = place + (size - 1) / 2 * step + 0.5 - (_CUT + size / 2) * ratio
        whole = np.rint(start)
        apart, swell = np.abs(start - whole), np.abs(ratio - step) * (size / 2)
        fits = (whole >= 0) & (whole + length <= inside)
        if not fits.any():
            return None
        best = int(np.where(fits, apart + swell, np.inf).argmin())
        off = 0.0
        if apart[best] + swell[best] > _MOST_OFF:
            best = int(np.where(fits, swell, np.inf).argmin())
            off = float(start[best] - whole[best])
        return _Span(int(whole[best]), int(length[best]), int(large[best]), int(_CUT[best]), off)


@dataclass(frozen=True)
class Window:
    """Which pixels `size` (width, height) of a picture show of planes: its number n in each direction shows them at
    `first + n * step`, between their pixels' middles."""

    size: tuple[int, int]
    step: float
    across: _Span
    down: _Span

    @staticmethod
    def at(first: Sequence[float], step: float, size: tuple[int, int], inside: tuple[int, int]) -> "Window | None":
        """Return the window into planes `inside` large (width, height), or None where they don't reach."""
        across, down = (
            _Span.at(place, step, wanted, whole) for place, wanted, whole in zip(first, size, inside, strict=True)
        )
        return Window(size, step, across, down) if across and down else None

    def of(self, plane: Pixels) -> Pixels:
        """Return the pixels."""
        across, down, (wide, high) = self.across, self.down, self.size
        part = plane[down.start : down.start + down.length, across.start : across.start + across.length]
        large = scaled(part, (across.scaled, down.scaled))
        if across.off == down.off == 0.0:
            return large[down.cut : down.cut + high, across.cut : across.cut + wide]
        back = 1 / self.step
        middle = (
            across.cut + (wide - 1) / 2 + across.off * back,
            down.cut + (high - 1) / 2 + down.off * back,
        )
        return cv2.getRectSubPix(large, self.size, middle)
