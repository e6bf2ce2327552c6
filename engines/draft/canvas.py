"""A small drawing canvas on numpy and OpenCV.

Positions are in frame heights from the centre of the frame: x to the right, y down, so the visible frame reaches
from y -0.5 to 0.5 at any pixel size. The canvas is larger than the frame (OVERSCAN) to give the camera room to move.
Colours are "#rrggbb"; pixels are 8-bit BGR.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

# 8-bit arrays; OpenCV's stubs don't give the returned type.
Pixels = npt.NDArray[Any]
Point = tuple[float, float]

# Room for a camera move of a tenth of the frame at strength 1.5, plus shake.
OVERSCAN = 1.2
# Sub-pixel bits of OpenCV's drawing calls.
_SHIFT = 4
# Light is soft, so it is accumulated at a quarter of the size.
_LIGHT_SCALE = 4


def bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


def mix(first: str, second: str, share: float) -> str:
    """Blend `share` (0…1) of `second` into `first`."""
    parts = [round(a + (b - a) * share) for a, b in zip(bgr(first), bgr(second), strict=True)]
    return "#{2:02x}{1:02x}{0:02x}".format(*(min(255, max(0, part)) for part in parts))


def rounded(points: Sequence[Point]) -> list[Point]:
    """Return a closed outline with its corners cut twice (Chaikin)."""
    shape = np.asarray(points, float)
    for _ in range(2):
        after = np.roll(shape, -1, axis=0)
        shape = np.stack([0.75 * shape + 0.25 * after, 0.25 * shape + 0.75 * after], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in shape]


def levelled(pixels: Pixels, gain: float, offset: float, into: Pixels | None = None) -> Pixels:
    """Return `pixels * gain + offset`, saturated. (`convertScaleAbs` would turn negative values into light.)"""
    if into is None:
        return cv2.addWeighted(pixels, gain, pixels, 0, offset)
    return cv2.addWeighted(pixels, gain, pixels, 0, offset, dst=into)


class Canvas:
    """The pixels of one layer. With `transparent`, `alpha` is its coverage and `pixels` are premultiplied."""

    def __init__(self, width: int, height: int, *, transparent: bool = False, overscan: float = OVERSCAN) -> None:
        self.unit = float(height)
        self.width, self.height = round(width * overscan), round(height * overscan)
        self.aspect = width / height
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

    def _fixed(self, points: Sequence[Point]) -> npt.NDArray[np.int32]:
        pixels = np.array([self.point(x, y) for x, y in points])
        return np.round(pixels * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, points: Sequence[Point], colour: str, opacity: float = 1.0) -> None:
        fixed = self._fixed(points)
        self._draw(
            lambda image, paint: cv2.fillPoly(image, [fixed], paint, cv2.LINE_AA, _SHIFT), fixed, colour, opacity
        )

    def rectangle(self, left: float, top: float, right: float, low: float, colour: str, opacity: float = 1.0) -> None:
        self.polygon([(left, top), (right, top), (right, low), (left, low)], colour, opacity)

    def ellipse(
        self, x: float, y: float, across: float, down: float, colour: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        """Draw an ellipse; `across` and `down` are its semi-axes."""
        turned = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        offsets = zip(across * np.cos(turned), down * np.sin(turned), strict=True)
        points = [(x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in offsets]
        self.polygon(points, colour, opacity)

    def stroke(self, points: Sequence[Point], thickness: float, colour: str, opacity: float = 1.0) -> None:
        """Draw a line with round ends, `thickness` in frame heights."""
        fixed = self._fixed(points)
        pixels = max(1, round(thickness * self.unit))
        self._draw(
            lambda image, paint: cv2.polylines(image, [fixed], False, paint, pixels, cv2.LINE_AA, _SHIFT),
            fixed,
            colour,
            opacity,
            margin=pixels,
        )

    def _draw(
        self, paint: Callable[[Any, Any], Any], fixed: npt.NDArray[Any], colour: str, opacity: float, margin: int = 1
    ) -> None:
        if opacity >= 1:
            paint(self.pixels, bgr(colour))
            if self.alpha is not None:
                paint(self.alpha, 255)
            return
        points = fixed >> _SHIFT
        left, top = np.maximum(points.min(axis=0) - margin - 2, 0)
        right, low = points.max(axis=0) + margin + 3
        window = (slice(top, low), slice(left, right))
        if self.pixels[window].size == 0:
            return
        covered = np.zeros((self.height, self.width), np.uint8)
        paint(covered, 255)
        share = (covered[window].astype(np.float32) * (opacity / 255))[..., None]
        below = self.pixels[window].astype(np.float32)
        self.pixels[window] = below + (np.array(bgr(colour), np.float32) - below) * share
        if self.alpha is not None:
            under = self.alpha[window].astype(np.float32)
            self.alpha[window] = under + (255 - under) * share[..., 0]

    def lay(self, colours: Pixels, mask: Pixels, left: int, top: int) -> None:
        """Lay a column of colours (height × 1 × 3) over the canvas where the mask (0…255) covers it, cut off at the
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
        wide = cv2.resize(colours[rows], (covers.shape[1], covers.shape[0]), interpolation=cv2.INTER_NEAREST)
        laid = cv2.multiply(wide, cv2.merge([covers] * 3), scale=1 / 255)
        self.pixels[window] = cv2.add(cv2.multiply(self.pixels[window], cv2.merge([stays] * 3), scale=1 / 255), laid)
        if self.alpha is not None:
            self.alpha[window] = cv2.add(cv2.multiply(self.alpha[window], stays, scale=1 / 255), covers)

    def gradient(self, top_colour: str, low_colour: str, top: float, low: float, curve: float = 1.0) -> None:
        """Fill the full width between two heights; `curve` above 1 holds the top colour longer."""
        first, last = round(self.point(0, top)[1]), round(self.point(0, low)[1])
        first, end = max(0, first), min(self.height, last)
        share = (np.linspace(0, 1, max(1, last - first), dtype=np.float32) ** curve)[: end - first, None]
        above, below = np.array(bgr(top_colour), np.float32), np.array(bgr(low_colour), np.float32)
        self.pixels[first:end] = (above + (below - above) * share)[:, None, :]

    def waterline(self, x: float, y: float, half: float, palette: Any) -> None:
        """Draw the water's surface over the foot of what swims: light lines, `half` as long, from y down."""
        for step in range(4):
            reach = half * (1 - 0.12 * step)
            colour = mix(palette.sky_low, palette.far, 0.35)
            self.stroke(
                [(x - reach, y - 0.03 + step * 0.012), (x + reach, y - 0.03 + step * 0.012)], 0.011, colour, 0.85
            )

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float = 1.0, stretch: float = 1.0) -> None:
        """Add a soft round light; `stretch` above 1 makes it taller. `shine` applies it."""
        light = self.light
        centre = self.point(x, y)
        rows, columns = light.shape[:2]
        across = ((np.arange(columns) * _LIGHT_SCALE - centre[0]) / (radius * self.unit)) ** 2
        down = ((np.arange(rows) * _LIGHT_SCALE - centre[1]) / (radius * stretch * self.unit)) ** 2
        shape = (np.exp(-2.5 * down)[:, None] * np.exp(-2.5 * across)[None, :]).astype(np.float32)
        light += shape[..., None] * (np.array(bgr(colour), np.float32) * strength)

    def beam(self, points: Sequence[Point], colour: str, strength: float, blur: float = 0.02) -> None:
        """Add a soft-edged shaft of light."""
        light = self.light
        shape: npt.NDArray[Any] = np.zeros(light.shape[:2], np.float32)
        fixed = (self._fixed(points) / _LIGHT_SCALE).astype(np.int32)
        cv2.fillPoly(shape, [fixed], 1.0, cv2.LINE_AA, _SHIFT)
        shape = cv2.GaussianBlur(shape, (0, 0), max(0.6, blur * self.unit / _LIGHT_SCALE))
        light += shape[..., None] * (np.array(bgr(colour), np.float32) * strength)

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

    def blur(self, sigma: float) -> None:
        """Blur by `sigma` frame heights. Strong blurs run on a smaller copy, which looks the same and is faster."""
        pixels = sigma * self.unit
        if pixels < 0.5:
            return
        factor = max(1, int(pixels // 2))
        small = cv2.resize(self.pixels, (self.width // factor, self.height // factor), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), pixels / factor)
        self.pixels = cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_CUBIC)

    def magnify(self, scale: float, x: float, y: float) -> None:
        """Zoom in, light included: (x, y) moves to the centre, `scale` times as large."""
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
