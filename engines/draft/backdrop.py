"""The background under the camera: the cheapest way to move it that is still exact to a fraction of a pixel.

A camera that only slides reads a window between the pixels; one that only moves closer scales a window around the
middle. Both take less than half the time of an affine warp, which is left for all other moves.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from engines.draft.camera import View, matrix
from engines.draft.planes import Planes, half_size

Size = tuple[int, int]

# How much more than the frame may be scaled in search of a ratio of whole pixels that is the zoom, and how many pixels
# the frame's edge may then be from where it should be. Near a zoom of 1 there is no such ratio.
_SPARE = 1.1
_MOST_OFF = 0.05


class Backdrop:
    """The background's planes, and how to show them. `views` are those of the whole shot."""

    def __init__(self, back: Planes, frame: Size, views: Sequence[View], *, soft: bool) -> None:
        self._frame, self._canvas = frame, (back[0].shape[1], back[0].shape[0])
        # Out of focus, half the resolution is enough.
        self._scale = 2 if soft else 1
        self._planes = (
            [cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for plane in back] if soft else back
        )
        level = all(view.roll == 0 for view in views)
        zooms = {view.zoom for view in views}
        self._slides = level and len(zooms) == 1
        self._zooms = level and not self._slides and all(view.x == view.y == 0 for view in views)
        if self._slides:
            factor = self._scale * zooms.pop()
            self._zoom = factor / self._scale
            self._planes = [
                plane if factor == 1 else cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
                for plane in self._planes
            ]

    def show(self, view: View, planes: Planes) -> None:
        """Write the background into Y, U and V planes of the frame's size."""
        if self._slides:
            self._slide(view, planes)
        elif self._zooms and self._enlarged(view.zoom, planes):
            return
        else:
            self._warp(view, planes)

    def _slide(self, view: View, planes: Planes) -> None:
        full = matrix(view, frame=self._frame, canvas=self._canvas)
        middle = full @ ((self._frame[0] - 1) / 2, (self._frame[1] - 1) / 2, 1)
        for number, (source, target) in enumerate(zip(self._planes, planes, strict=True)):
            x, y = middle if number == 0 else (middle - 0.5) / 2
            # Scaled by the zoom already, from the corner of the first pixel.
            at = ((x + 0.5) * self._zoom - 0.5, (y + 0.5) * self._zoom - 0.5)
            target[:] = cv2.getRectSubPix(source, (target.shape[1], target.shape[0]), at)

    def _enlarged(self, zoom: float, planes: Planes) -> bool:
        """Scale the middle of the planes; return False, having drawn nothing, where that is not exact."""
        factor = zoom * self._scale
        found = [
            [centred(shown, there, factor) for shown, there in zip(target.shape, source.shape, strict=True)]
            for source, target in zip(self._planes, planes, strict=True)
        ]
        if any(part is None for parts in found for part in parts):
            return False
        for source, target, parts in zip(self._planes, planes, found, strict=True):
            (high, tall), (wide, broad) = [part for part in parts if part is not None]
            top, left = (source.shape[0] - high) // 2, (source.shape[1] - wide) // 2
            window = source[top : top + high, left : left + wide]
            large = cv2.resize(window, (broad, tall), interpolation=cv2.INTER_LINEAR)
            down, across = (tall - target.shape[0]) // 2, (broad - target.shape[1]) // 2
            target[:] = large[down : down + target.shape[0], across : across + target.shape[1]]
        return True

    def _warp(self, view: View, planes: Planes) -> None:
        full = matrix(view, frame=self._frame, canvas=self._canvas)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for number, (source, target) in enumerate(zip(self._planes, planes, strict=True)):
            used = half_size(full) if number else full
            size = (target.shape[1], target.shape[0])
            if self._scale > 1:
                small = cv2.warpAffine(
                    source, half_size(used), (size[0] // 2, size[1] // 2), flags=flags, borderMode=cv2.BORDER_REPLICATE
                )
                cv2.resize(small, size, dst=target)
            else:
                cv2.warpAffine(source, used, size, dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4096)
def centred(shown: int, there: int, factor: float) -> tuple[int, int] | None:
    """Return (length, scaled length) of a window in the middle of `there` pixels whose ratio is as near as possible to
    `factor` and which covers `shown` pixels. Both are centered to the pixel. None if nothing is near enough."""
    least = shown / factor
    first = int(np.ceil(least - 1e-9))
    first += (there - first) % 2
    lengths = np.arange(first, min(there, max(first, int(least * _SPARE))) + 1, 2)
    scaled = shown + 2 * np.round((lengths * factor - shown) / 2).astype(int)
    lengths, scaled = lengths[scaled >= shown], scaled[scaled >= shown]
    if not len(lengths):
        return None
    off = np.abs(shown / 2 * (scaled / lengths / factor - 1))
    best = int(off.argmin())
    return (int(lengths[best]), int(scaled[best])) if off[best] < _MOST_OFF else None
