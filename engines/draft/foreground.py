"""The figure under the camera: one plate, or the plates of a movement, laid over the background.

Without roll, a plate is scaled once and read between its pixels, or where the zoom changes, scaled for each frame from
windows (`sampling.py`). Both take less than a third of an affine warp's time. With roll, it is warped in strips.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.camera import View, matrix
from engines.draft.canvas import Pixels
from engines.draft.planes import Planes, half_size, premultiplied_planes
from engines.draft.sampling import SPARE, Window
from engines.draft.storyboard import Front

Size = tuple[int, int]

_STRIPS = 5
# Empty pixels around a plate, since what is read beyond its edge repeats the edge. Even, for the chroma planes.
_MARGIN = 4
# The same around a plate that is read from in windows, which start and end further out.
_ROOM = 40


@dataclass(frozen=True)
class Plate:
    """A front ready for rendering: its planes, what shows through luma and chroma, and where it is on the canvas."""

    planes: Planes
    stays: Planes
    left: int
    top: int
    extents: npt.NDArray[np.int64]

    @staticmethod
    def of(front: Front, margin: int) -> "Plate":
        """Crop a front to what it covers, with even edges and an empty margin."""
        left, top, wide, high = cv2.boundingRect(front.alpha)
        left, top = (left + front.left) // 2 * 2 - front.left, (top + front.top) // 2 * 2 - front.top
        left, top = max(0, left), max(0, top)
        window = (slice(top, top + (high + 3) // 2 * 2), slice(left, left + (wide + 3) // 2 * 2))
        alpha, pixels = _framed(front.alpha[window], margin), _framed(front.pixels[window], margin)
        planes, stays = premultiplied_planes(pixels, alpha)
        return Plate(planes, stays, left + front.left - margin, top + front.top - margin, _extents(alpha))

    @property
    def size(self) -> Size:
        return self.planes[0].shape[1], self.planes[0].shape[0]

    def scaled(self, factor: float) -> "Plate":
        """Return the plate enlarged about its upper left corner."""
        if factor == 1:
            return self
        large = [[_resized(plane, factor) for plane in planes] for planes in (self.planes, self.stays)]
        return Plate(large[0], large[1], self.left, self.top, self.extents)


class Foreground:
    """The plates and how to lay them. `views` are those of the whole shot."""

    def __init__(self, fronts: Sequence[Front], frame: Size, canvas: Size, views: Sequence[View]) -> None:
        self._frame, self._canvas = frame, canvas
        zooms = {view.zoom for view in views}
        self._level = all(view.roll == 0 for view in views)
        self._zoom = max(zooms) if self._level and len(zooms) == 1 else None
        zooming = self._level and self._zoom is None
        # How much larger than drawn the plates are.
        self._size = self._zoom or (max(zooms) * SPARE if zooming else 1.0)
        plates = (Plate.of(front, _ROOM if zooming else _MARGIN) for front in fronts if front.alpha.any())
        self.plates = [plate.scaled(self._size) for plate in plates]

    def lay(self, number: int, view: View, planes: Planes) -> None:
        """Lay plate `number` over Y, U and V planes of the frame's size."""
        plate = self.plates[number]
        full = matrix(view, frame=self._frame, canvas=self._canvas)
        full[:, 2] -= (plate.left, plate.top)
        if not self._level:
            self._lay_strips(plate, full, planes)
        elif self._zoom is not None:
            self._lay_slid(plate, view.zoom, full, planes)
        else:
            self._lay_scaled(plate, view.zoom, full, planes)

    def _lay_slid(self, plate: Plate, zoom: float, full: npt.NDArray[np.float64], planes: Planes) -> None:
        """Lay a plate that is already scaled by `zoom`, with its corner at a fraction of a pixel."""
        # A frame's pixel f shows the unscaled plate's pixel f / zoom + full[:, 2], counted between pixel middles.
        corner = -((full[:, 2] + 0.5) * zoom - 0.5)
        first = np.maximum(np.floor(corner / 2).astype(int) * 2, 0)
        end = np.minimum(np.ceil((corner + plate.size) / 2).astype(int) * 2, self._frame)
        if (end <= first).any():
            return
        for number, (source, target) in enumerate(zip(plate.planes, planes, strict=True)):
            scale = 2 if number else 1
            (left, top), (right, low) = first // scale, end // scale
            across, down = np.array([left + right - 1, top + low - 1]) / 2 - corner / scale
            at = (float(across), float(down))
            size = (int(right - left), int(low - top))
            if number < 2:
                stays = cv2.getRectSubPix(plate.stays[number], size, at)
            _blend(target[top:low, left:right], cv2.getRectSubPix(source, size, at), stays)

    def _lay_scaled(self, plate: Plate, zoom: float, full: npt.NDArray[np.float64], planes: Planes) -> None:
        """Lay a plate that is larger than seen, scaled from windows that fit to a twentieth of a pixel."""
        room = _ROOM - _MARGIN
        ends = np.array([(room, room), np.divide(plate.size, self._size) - room])
        edges = (ends - 0.5 - full[:, 2]) * zoom + 0.5
        first = np.maximum(np.floor(edges[0] / 2).astype(int) * 2, 0)
        end = np.minimum(np.ceil(edges[1] / 2).astype(int) * 2, self._frame)
        if (end <= first).any():
            return
        window: Window | None = None
        for number, (source, target) in enumerate(zip(plate.planes, planes, strict=True)):
            scale = 2 if number else 1
            (left, top), (right, low) = first // scale, end // scale
            if number < 2:
                used = half_size(full) if number else full
                place = (used[:, :2] @ (left, top) + used[:, 2] + 0.5) * self._size - 0.5
                window = Window.at(
                    place.tolist(), float(used[0, 0]) * self._size, (int(right - left), int(low - top)),
                    (source.shape[1], source.shape[0]),
                )  # fmt: skip
                assert window is not None  # noqa: S101 - the margin is wider than the smallest window's
                stays = window.of(plate.stays[number])
            assert window is not None  # noqa: S101 - made for the luma
            _blend(target[top:low, left:right], window.of(source), stays)

    def _lay_strips(self, plate: Plate, full: npt.NDArray[np.float64], planes: Planes) -> None:
        """Warp a plate in strips, each only as wide as the figure there: a head is narrower than its shoulders."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for left, top, right, low in self._windows(plate, full):
            for number, (source, target) in enumerate(zip(plate.planes, planes, strict=True)):
                scale = 2 if number else 1
                used = (half_size(full) if number else full).copy()
                used[:, 2] += used[:, :2] @ (left / scale, top / scale)
                size = ((right - left) // scale, (low - top) // scale)
                figure = cv2.warpAffine(source, used, size, flags=flags)
                if number < 2:
                    stays = cv2.warpAffine(plate.stays[number], used, size, flags=flags, borderValue=255)
                _blend(target[top // scale : low // scale, left // scale : right // scale], figure, stays)

    def _windows(self, plate: Plate, full: npt.NDArray[np.float64]) -> Iterator[tuple[int, int, int, int]]:
        """Yield the parts of the frame the figure can touch (left, top, right, low), with even edges."""
        inverse = cv2.invertAffineTransform(full)
        rows = _mapped(inverse, (0, 0, *plate.size))[:, 1]
        first = max(0, int(rows.min()) - 2) // 2 * 2
        end = min(self._frame[1], int(rows.max()) + 4) // 2 * 2
        edges = [first + (end - first) * strip // _STRIPS // 2 * 2 for strip in range(_STRIPS + 1)]
        for top, low in pairwise(edges):
            # The canvas rows this strip can show at any roll.
            seen = _mapped(full, (0, top, self._frame[0], low - top))[:, 1]
            part = plate.extents[max(0, int(seen.min()) - 2) : max(0, int(seen.max()) + 3)]
            covered = part[part[:, 1] > part[:, 0]]
            if low <= top or not len(covered):
                continue
            most = (int(covered[:, 0].min()), seen.min(), int(covered[:, 1].max()), seen.max())
            columns = _mapped(inverse, (most[0], most[1], most[2] - most[0], most[3] - most[1]))[:, 0]
            left = max(0, int(columns.min()) - 2) // 2 * 2
            right = min(self._frame[0], int(columns.max()) + 4) // 2 * 2
            if right > left:
                yield left, top, right, low


def _blend(window: Pixels, figure: Pixels, stays: Pixels) -> None:
    cv2.multiply(window, stays, dst=window, scale=1 / 255)
    cv2.add(window, figure, dst=window)


def _framed(pixels: Pixels, margin: int) -> Pixels:
    """Add the margin, and one more empty row or column to an odd size."""
    height, width = pixels.shape[:2]
    low, right = margin + height % 2, margin + width % 2
    return cv2.copyMakeBorder(pixels, margin, low, margin, right, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))


def _resized(plane: Pixels, factor: float) -> Pixels:
    """Return a plane enlarged by exactly `factor`; its size is rounded, the scale isn't."""
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)


def _mapped(transform: npt.NDArray[Any], box: Sequence[float]) -> npt.NDArray[Any]:
    """Return the corners of a box (x, y, width, height) after a transform, one per row."""
    x, y, wide, high = box
    corners = np.array([[x, y, 1], [x + wide, y, 1], [x, y + high, 1], [x + wide, y + high, 1]])
    mapped: npt.NDArray[Any] = corners @ transform.T
    return mapped


def _extents(alpha: Pixels) -> npt.NDArray[np.int64]:
    """Return the (first, end) columns that each row of a mask covers; (0, 0) for an empty row."""
    some = alpha > 0
    first, last = some.argmax(axis=1), some.shape[1] - some[:, ::-1].argmax(axis=1)
    covers = some.any(axis=1)
    return np.stack([np.where(covers, first, 0), np.where(covers, last, 0)], axis=1)
