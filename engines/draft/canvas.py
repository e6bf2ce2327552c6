"""A small drawing canvas on numpy and OpenCV.

Positions are in frame heights from the center of the frame: x to the right, y down, so the visible frame reaches
from y -0.5 to 0.5 at any pixel size. The canvas is larger than the frame (OVERSCAN) to give the camera room to move.
Colors are "#rrggbb"; pixels are 8-bit BGR.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

# 8-bit arrays; OpenCV's stubs don't give the returned type.
Pixels = npt.NDArray[Any]
Point = tuple[float, float]
Points = Sequence[Point] | npt.NDArray[np.float64]

# Room for a camera move of a tenth of the frame at strength 1.5, plus shake.
OVERSCAN = 1.2
# Sub-pixel bits of OpenCV's drawing calls.
_SHIFT = 4
_TURNED = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_CIRCLE = np.cos(_TURNED), np.sin(_TURNED)
# Light is soft, so it is accumulated at a quarter of the size.
_LIGHT_SCALE = 4
# Beyond so many of its radii, a glow adds less than half a level.
_GLOW_ENDS = 1.6


def bgr(color: str) -> tuple[int, int, int]:
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)


def mix(first: str, second: str, share: float) -> str:
    """Blend `share` (0…1) of `second` into `first`."""
    parts = [round(a + (b - a) * share) for a, b in zip(bgr(first), bgr(second), strict=True)]
    return "#{2:02x}{1:02x}{0:02x}".format(*(min(255, max(0, part)) for part in parts))


def rounded(points: Points) -> list[Point]:
    """Return a closed outline with its corners cut twice (Chaikin)."""
    shape = np.asarray(points, float)
    for _ in range(2):
        after = np.roll(shape, -1, axis=0)
        shape = np.stack([0.75 * shape + 0.25 * after, 0.25 * shape + 0.75 * after], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in shape]


def leveled(pixels: Pixels, gain: float, offset: float, into: Pixels | None = None) -> Pixels:
    """Return `pixels * gain + offset`, saturated. (`convertScaleAbs` would turn negative values into light.)"""
    if into is None:
        return cv2.addWeighted(pixels, gain, pixels, 0, offset)
    return cv2.addWeighted(pixels, gain, pixels, 0, offset, dst=into)


def _fading(middle: float, reach: float, length: int) -> tuple[slice, npt.NDArray[np.float32]]:
    """Return which of `length` pixels of the light a glow reaches in one direction, and how strong it is there."""
    first = max(0, int((middle - _GLOW_ENDS * reach) / _LIGHT_SCALE))
    end = max(first, min(length, int((middle + _GLOW_ENDS * reach) / _LIGHT_SCALE) + 1))
    away = (np.arange(first, end) * _LIGHT_SCALE - middle) / reach
    return slice(first, end), np.exp(-2.5 * away**2).astype(np.float32)


class Canvas:
    """The pixels of one layer. With `transparent`, `alpha` is its coverage and `pixels` are premultiplied."""

    def __init__(
        self, width: int, height: int, *, transparent: bool = False, overscan: float = OVERSCAN, share: float = 1.0
    ) -> None:
        """`share` is how much of the frame's height is composed for; letterbox bars cover the rest."""
        self.unit = height * share
        self.width, self.height = round(width * overscan), round(height * overscan)
        self.aspect = width / self.unit
        self.pixels: Pixels = np.zeros((self.height, self.width, 3), np.uint8)
        self.alpha: Pixels | None = np.zeros((self.height, self.width), np.uint8) if transparent else None
        self._light: npt.NDArray[Any] | None = None

    @property
    def right(self) -> float:
        """The right edge in frame heights; the left edge is its negative."""
        return self.width / self.unit / 2

    @property
    def bottom(self) -> float:
        return self.height / self.unit / 2

    def point(self, x: float, y: float) -> Point:
        """Convert a position to pixels."""
        return self.width / 2 + x * self.unit, self.height / 2 + y * self.unit

    def _fixed(self, points: Points) -> npt.NDArray[np.int32]:
        pixels = np.asarray(points, float) * self.unit + (self.width / 2, self.height / 2)
        return np.round(pixels * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, points: Points, color: str, opacity: float = 1.0) -> None:
        fixed = self._fixed(points)
        self._draw(
            lambda image, at, paint: cv2.fillPoly(image, [at], paint, cv2.LINE_AA, _SHIFT), fixed, color, opacity
        )

    def rectangle(self, left: float, top: float, right: float, low: float, color: str, opacity: float = 1.0) -> None:
        self.polygon([(left, top), (right, top), (right, low), (left, low)], color, opacity)

    def ellipse(
        self, x: float, y: float, across: float, down: float, color: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        """Draw an ellipse; `across` and `down` are its semi-axes."""
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        right, low = across * _CIRCLE[0], down * _CIRCLE[1]
        points = np.stack([x + right * cosine - low * sine, y + right * sine + low * cosine], axis=1)
        self.polygon(points, color, opacity)

    def stroke(self, points: Points, thickness: float, color: str, opacity: float = 1.0) -> None:
        """Draw a line with round ends, `thickness` in frame heights."""
        fixed = self._fixed(points)
        pixels = max(1, round(thickness * self.unit))
        self._draw(
            lambda image, at, paint: cv2.polylines(image, [at], False, paint, pixels, cv2.LINE_AA, _SHIFT),
            fixed,
            color,
            opacity,
            margin=pixels,
        )

    def _draw(
        self,
        paint: Callable[[Any, Any, Any], Any],
        fixed: npt.NDArray[Any],
        color: str,
        opacity: float,
        margin: int = 1,
    ) -> None:
        if opacity >= 1:
            paint(self.pixels, fixed, bgr(color))
            if self.alpha is not None:
                paint(self.alpha, fixed, 255)
            return
        points = fixed >> _SHIFT
        left, top = np.maximum(points.min(axis=0) - margin - 2, 0)
        right, low = points.max(axis=0) + margin + 3
        window = (slice(top, low), slice(left, right))
        if self.pixels[window].size == 0:
            return
        covered = np.zeros(self.pixels[window].shape[:2], np.uint8)
        paint(covered, fixed - (np.array((left, top), np.int32) << _SHIFT), 255)
        covers = cv2.convertScaleAbs(covered, alpha=opacity)
        laid = cv2.merge([cv2.convertScaleAbs(covers, alpha=part / 255) for part in bgr(color)])
        stays = cv2.bitwise_not(covers)
        below = cv2.multiply(self.pixels[window], cv2.merge([stays] * 3), scale=1 / 255)
        self.pixels[window] = cv2.add(below, laid)
        if self.alpha is not None:
            self.alpha[window] = cv2.add(cv2.multiply(self.alpha[window], stays, scale=1 / 255), covers)

    def lay(self, colors: Pixels, mask: Pixels, left: int, top: int) -> None:
        """Lay a column of colors (height × 1 × 3) over the canvas where the mask (0…255) covers it, cut off at the
        edges."""
        height, width = mask.shape
        first_row, first_column = max(0, -top), max(0, -left)
        rows = slice(first_row, min(height, self.height - top))
        columns = slice(first_column, min(width, self.width - left))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        covers = np.ascontiguousarray(mask[rows, columns])
        stays = cv2.bitwise_not(covers)
        window = (slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop))
        wide = cv2.resize(colors[rows], (covers.shape[1], covers.shape[0]), interpolation=cv2.INTER_NEAREST)
        laid = cv2.multiply(wide, cv2.merge([covers] * 3), scale=1 / 255)
        self.pixels[window] = cv2.add(cv2.multiply(self.pixels[window], cv2.merge([stays] * 3), scale=1 / 255), laid)
        if self.alpha is not None:
            self.alpha[window] = cv2.add(cv2.multiply(self.alpha[window], stays, scale=1 / 255), covers)

    def gradient(self, top_color: str, low_color: str, top: float, low: float, curve: float = 1.0) -> None:
        """Fill the full width between two heights; `curve` above 1 holds the top color longer."""
        first, last = round(self.point(0, top)[1]), round(self.point(0, low)[1])
        first, end = max(0, first), min(self.height, last)
        share = (np.linspace(0, 1, max(1, last - first), dtype=np.float32) ** curve)[: end - first, None]
        above, below = np.array(bgr(top_color), np.float32), np.array(bgr(low_color), np.float32)
        column = (above + (below - above) * share).astype(np.uint8)[:, None, :]
        if len(column):
            # numpy's own broadcasting takes more than twice as long for three bytes a pixel.
            size = (self.width, len(column))
            self.pixels[first:end] = cv2.resize(column, size, interpolation=cv2.INTER_NEAREST)

    def waterline(self, x: float, y: float, half: float, palette: Any) -> None:
        """Draw the water's surface over the foot of what swims: light lines, `half` as long, from y down."""
        for step in range(4):
            reach = half * (1 - 0.12 * step)
            color = mix(palette.sky_low, palette.far, 0.35)
            self.stroke(
                [(x - reach, y - 0.03 + step * 0.012), (x + reach, y - 0.03 + step * 0.012)], 0.011, color, 0.85
            )

    def glow(self, x: float, y: float, radius: float, color: str, strength: float = 1.0, stretch: float = 1.0) -> None:
        """Add a soft round light; `stretch` above 1 makes it taller. `shine` applies it."""
        middle = self.point(x, y)
        columns, across = _fading(middle[0], radius * self.unit, self.light.shape[1])
        rows, down = _fading(middle[1], radius * stretch * self.unit, self.light.shape[0])
        shape = down[:, None] * across[None, :]
        color_parts = [shape * np.float32(part * strength) for part in bgr(color)]
        self.light[rows, columns] += np.stack(color_parts, axis=-1)

    def beam(self, points: Points, color: str, strength: float, blur: float = 0.02) -> None:
        """Add a soft-edged shaft of light."""
        shape: npt.NDArray[Any] = np.zeros(self.light.shape[:2], np.float32)
        fixed = (self._fixed(points) / _LIGHT_SCALE).astype(np.int32)
        sigma = max(0.6, blur * self.unit / _LIGHT_SCALE)
        margin = math.ceil(3 * sigma) + 1
        left, top = np.maximum((fixed.min(axis=0) >> _SHIFT) - margin, 0)
        right, low = np.maximum((fixed.max(axis=0) >> _SHIFT) + margin, 0)
        window = (slice(top, low), slice(left, right))
        cv2.fillPoly(shape, [fixed], 1.0, cv2.LINE_AA, _SHIFT)
        if shape[window].size:
            soft = cv2.GaussianBlur(shape[window], (0, 0), sigma)
            self.light[window] += soft[..., None] * (np.array(bgr(color), np.float32) * strength)

    @property
    def lit(self) -> bool:
        """Whether any light was added."""
        return self._light is not None

    @property
    def light(self) -> npt.NDArray[Any]:
        """The light accumulated so far, at a quarter of the size."""
        if self._light is None:
            size = (self.height // _LIGHT_SCALE, self.width // _LIGHT_SCALE, 3)
            self._light = np.zeros(size, np.float32)
        return self._light

    def shine(self, strength: float = 1.0) -> None:
        """Apply the accumulated light to the pixels (screen blend, so bright areas don't clip)."""
        light = cv2.resize(np.minimum(self.light * strength, 255).astype(np.uint8), (self.width, self.height))
        inverted = cv2.multiply(cv2.bitwise_not(self.pixels), cv2.bitwise_not(light), scale=1 / 255)
        self.pixels = cv2.bitwise_not(inverted)

    def blur(self, sigma: float, *, tall: float = 1.0) -> None:
        """Blur by `sigma` frame heights, `tall` times as far up and down as sideways. Strong blurs run on a smaller
        copy, which looks the same and is faster."""
        pixels = sigma * self.unit
        if pixels < 0.5:
            return
        factor = max(1, int(pixels // 2))
        small = cv2.resize(self.pixels, (self.width // factor, self.height // factor), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), pixels / factor, sigmaY=pixels / factor * tall)
        self.pixels = cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_CUBIC)

    def magnify(self, scale: float, x: float, y: float) -> None:
        """Zoom in, light included: (x, y) moves to the center, `scale` times as large."""
        for image, unit in ((self.pixels, self.unit), (self.light, self.unit / _LIGHT_SCALE)):
            height, width = image.shape[:2]
            matrix = np.array(
                [[1 / scale, 0, width / 2 * (1 - 1 / scale) + x * unit],
                 [0, 1 / scale, height / 2 * (1 - 1 / scale) + y * unit]]
            )  # fmt: skip
            moved = cv2.warpAffine(
                image, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT_101,
            )  # fmt: skip
            if image is self.pixels:
                self.pixels = moved
            else:
                self._light = moved
