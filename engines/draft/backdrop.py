"""The background under the camera: the cheapest way to move it that is still exact to a fraction of a pixel.

A camera that only slides reads a window between the pixels; one that moves closer as well scales a window. Both take
a fraction of the time of an affine warp, which is left for a camera that rolls.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.camera import View, matrix
from engines.draft.canvas import Pixels
from engines.draft.planes import Planes, half_size
from engines.draft.sampling import SPARE, Window, enlarged

Size = tuple[int, int]
_AT_REST = View(0.0, 0.0, 1.0, 0.0)


class Backdrop:
    """The background's planes, and how to show them. `views` are those of the whole shot. `exact_at_rest`: where the
    camera is at rest in the middle, the pixels are shown as they are, not scaled there and back. For this, the canvas
    has to extend past the frame by an even number of pixels on each side."""

    def __init__(
        self, back: Planes, frame: Size, views: Sequence[View], *, soft: bool, exact_at_rest: bool = False
    ) -> None:
        self._frame, self._canvas = frame, (back[0].shape[1], back[0].shape[0])
        level = all(view.roll == 0 for view in views)
        zooms = {view.zoom for view in views}
        self._slides = level and len(zooms) == 1
        self._zooms = level and not self._slides
        # Out of focus, half the resolution is enough for a warp.
        self._soft = soft and not level
        # How much larger than drawn the planes are.
        self._size = max(zooms) * (1 if self._slides else SPARE) if level else 0.5 if self._soft else 1.0
        self._whole = _middle(back, frame) if exact_at_rest else None
        self._planes = [_resized(plane, self._size, exact=self._zooms) for plane in back]

    def show(self, view: View, planes: Planes) -> None:
        """Write the background into Y, U and V planes of the frame's size."""
        if self._whole is not None and view == _AT_REST:
            for target, source in zip(planes, self._whole, strict=True):
                target[:] = source
            return
        full = matrix(view, frame=self._frame, canvas=self._canvas)
        # U and V are seen alike.
        for part, used in ((slice(0, 1), full), (slice(1, 3), half_size(full))):
            window = self._window(used, self._planes[part][0], planes[part][0]) if self._zooms else None
            for source, target in zip(self._planes[part], planes[part], strict=True):
                if window is not None:
                    target[:] = window.of(source)
                elif self._slides:
                    self._slide(source, used, target)
                else:
                    self._warp(source, used, target)

    def _slide(self, source: Pixels, used: npt.NDArray[np.float64], target: Pixels) -> None:
        size = (target.shape[1], target.shape[0])
        x, y = used @ ((size[0] - 1) / 2, (size[1] - 1) / 2, 1)
        # Scaled already, from the corner of the first pixel.
        at = (float((x + 0.5) * self._size - 0.5), float((y + 0.5) * self._size - 0.5))
        target[:] = cv2.getRectSubPix(source, size, at)

    def _window(self, used: npt.NDArray[np.float64], source: Pixels, target: Pixels) -> Window | None:
        """Return the part of a plane that the camera sees; None if it sees more than the plane."""
        first = ((used[:, 2] + 0.5) * self._size - 0.5).tolist()
        inside = (source.shape[1], source.shape[0])
        return Window.at(first, float(used[0, 0]) * self._size, (target.shape[1], target.shape[0]), inside)

    def _warp(self, source: Pixels, used: npt.NDArray[np.float64], target: Pixels) -> None:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (target.shape[1], target.shape[0])
        if self._soft:
            small = cv2.warpAffine(
                source, half_size(used), (size[0] // 2, size[1] // 2), flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
            cv2.resize(small, size, dst=target)
            return
        scaled = used.copy()
        scaled[:, :2] *= self._size
        scaled[:, 2] = (used[:, 2] + 0.5) * self._size - 0.5
        cv2.warpAffine(source, scaled, size, dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _middle(back: Planes, frame: Size) -> Planes:
    """Return the part of the planes that a camera at rest sees."""
    left, top = (back[0].shape[1] - frame[0]) // 2, (back[0].shape[0] - frame[1]) // 2
    return [
        plane[top // part : (top + frame[1]) // part, left // part : (left + frame[0]) // part].copy()
        for plane, part in zip(back, (1, 2, 2), strict=True)
    ]


def _resized(plane: Pixels, factor: float, *, exact: bool) -> Pixels:
    if exact:
        return enlarged(plane, factor)
    if factor == 1:
        return plane
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=how)
