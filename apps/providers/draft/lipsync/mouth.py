"""Moving a mouth in the picture's own planes: the jaw is warped, the inside of the mouth painted.

Coordinates (p, q) are measured from the middle of the lip line in half mouth widths, q towards the chin. Outside
p ±2 and q -1 … chin nothing is touched, and the warp fades to nothing at that border, so there is no edge to flicker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from apps.providers.draft.canvas import Pixels

Field = npt.NDArray[Any]

_SIDE = 2.0
_ABOVE = 0.95


@dataclass(frozen=True)
class Mouth:
    """A mouth in one frame, in pixels. `gap` is how far the source's own mouth is open, in half widths."""

    x: float
    y: float
    half: float
    roll: float
    chin: float
    gap: float = 0.0


@dataclass(frozen=True)
class Shape:
    """How the mouth shall be: `opening` 0…1, `spread` -1…1, `reach` the widest gap in half widths."""

    opening: float
    spread: float
    reach: float


@dataclass(frozen=True)
class Skin:
    """Y, U, V of the skin about the mouth."""

    luma: float
    blue: float
    red: float


def move_mouth(planes: Sequence[Pixels], mouth: Mouth, shape: Shape, skin: Skin) -> None:
    """Change the frame's planes in place."""
    wide = shape.opening * shape.reach
    if wide < 0.02 and mouth.gap < 0.02:
        return
    for number, plane in enumerate(planes):
        scale = 1 if number == 0 else 2
        # Chroma samples lie between the luma's, hence the half pixel.
        shift = 0.0 if number == 0 else 0.25
        here = Mouth(
            mouth.x / scale - shift, mouth.y / scale - shift, mouth.half / scale, mouth.roll, mouth.chin, mouth.gap
        )
        window = _window(plane, here, wide)
        if window is None:
            continue
        _move_plane(plane, number, window, here, shape, wide, skin)


def _window(plane: Pixels, mouth: Mouth, wide: float) -> tuple[int, int, int, int] | None:
    """Left, top, right, low of what may change, within the plane."""
    reach = max(_SIDE, mouth.chin * 1.2 + wide)
    left, right = mouth.x - _SIDE * mouth.half * 1.1, mouth.x + _SIDE * mouth.half * 1.1
    lean = abs(np.sin(mouth.roll)) * reach * mouth.half
    top, low = mouth.y - _ABOVE * mouth.half - lean, mouth.y + reach * mouth.half + lean
    edges = (
        max(0, int(left - lean)), max(0, int(top)),
        min(plane.shape[1], int(right + lean) + 1), min(plane.shape[0], int(low) + 1),
    )  # fmt: skip
    return edges if edges[2] - edges[0] > 4 and edges[3] - edges[1] > 4 else None


def _move_plane(
    plane: Pixels, number: int, window: tuple[int, int, int, int], mouth: Mouth, shape: Shape, wide: float, skin: Skin
) -> None:
    left, top, right, low = window
    columns, rows = np.meshgrid(
        np.arange(left, right, dtype=np.float32) - mouth.x, np.arange(top, low, dtype=np.float32) - mouth.y
    )
    cosine, sine = float(np.cos(mouth.roll)), float(np.sin(mouth.roll))
    p = (columns * cosine + rows * sine) / mouth.half
    q = (rows * cosine - columns * sine) / mouth.half
    rounded = 1 - 0.3 * max(0.0, -shape.spread) * shape.opening
    lens = np.sqrt(np.clip(1 - (p / rounded) ** 2, 0, 1))
    upper, lower = 0.14 * wide, 0.86 * wide
    dp, dq = _displacement(p, q, lens, upper, lower, mouth, shape)
    # Back to pixels of the source.
    map_x = (p - dp) * mouth.half
    map_y = (q - dq) * mouth.half
    source_x = (map_x * cosine - map_y * sine + mouth.x - left).astype(np.float32)
    source_y = (map_x * sine + map_y * cosine + mouth.y - top).astype(np.float32)
    part = plane[top:low, left:right]
    warped = cv2.remap(part, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Where nothing moves, nothing is resampled either.
    still = (np.abs(dp) + np.abs(dq)) * mouth.half < 0.02
    moved = np.where(still, part, warped).astype(np.float32)
    if wide * mouth.half > 0.6:
        moved = _paint_inside(moved, number, p, q, lens, (upper, lower), mouth.half, skin)
    plane[top:low, left:right] = np.clip(np.round(moved), 0, 255).astype(np.uint8)


def _displacement(
    p: Field, q: Field, lens: Field, upper: float, lower: float, mouth: Mouth, shape: Shape
) -> tuple[Field, Field]:
    """How far each pixel has come from where it was, in half widths."""
    gap = mouth.gap / 2
    jaw = np.clip(1 - (p / (_SIDE * 0.95)) ** 2, 0, 1) ** 1.5
    # Below the lips the whole chin goes along, wider than the mouth; it comes to rest below the chin.
    below = np.clip((q - lower * lens) / mouth.chin, 0, None)
    blend = _smooth(below / 0.4)
    rest = 1 - _smooth((below - 0.4) / 0.75)
    down = (lower - gap) * ((1 - blend) * lens + blend * jaw * 0.85) * rest
    above = np.clip((-upper * lens - q) / 0.8, 0, None)
    up = -(upper - gap) * lens * (1 - _smooth(above))
    dq = np.where(q > (lower - upper) * lens / 2, down, up)
    # Lips drawn wide or pursed.
    near = (
        np.clip(1 - (p / (_SIDE * 0.95)) ** 2, 0, 1) ** 2
        * np.exp(-((q / 0.8) ** 2))
        * np.where(q < -_ABOVE * 0.9, 0, 1)
    )
    dp = 0.16 * shape.spread * min(1.0, shape.opening * 2) * near * p * np.where(q < -0.5, _smooth((q + 0.9) / 0.4), 1)
    return dp, dq


def _smooth(values: Any) -> Any:
    """0 below 0, 1 above 1, and no corner between."""
    clipped = np.clip(values, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)


def _paint_inside(
    moved: Field, number: int, p: Field, q: Field, lens: Field, lips: tuple[float, float], half: float, skin: Skin
) -> Field:
    """Dark between the lips, a hint of teeth above and of tongue below, in the face's own colours and sharpness."""
    upper, lower = lips
    wide = upper + lower
    soft = (1.2 + 0.03 * half) / half
    inside = _smooth((lower * lens - q) / soft + 0.5) * _smooth((q + upper * lens) / soft + 0.5) * (lens > 0)
    inside *= _smooth(wide * lens * half / 1.5)
    dark = (16 + (skin.luma - 16) * 0.2, 128 + (skin.blue - 128) * 0.5 - 1, 128 + max(6.0, (skin.red - 128) * 0.8))
    teeth = (min(215.0, skin.luma * 0.95 + 28), 126.0, 130.0)
    tongue = (16 + (skin.luma - 16) * 0.5, 120.0, 128 + max(14.0, (skin.red - 128) * 1.5))
    tone = np.full_like(moved, dark[number])
    shown = _smooth((wide - 0.22) / 0.35)
    row = _smooth((-upper * lens + 0.3 * wide * lens - q) / (2.2 * soft) + 0.5) * _smooth((0.66 - np.abs(p)) / 0.25)
    tone += (teeth[number] - tone) * (0.82 * shown * row)
    bed = _smooth((q - lower * lens + 0.38 * wide) / (0.3 * wide + soft)) * _smooth((0.6 - np.abs(p)) / 0.4)
    tone += (tongue[number] - tone) * (0.7 * shown * bed)
    painted: Field = moved + (tone - moved) * inside
    return painted


def sample_skin(planes: Sequence[Pixels], mouth: Mouth) -> Skin:
    """The skin left and right below the corners of the mouth."""
    values = []
    for number, plane in enumerate(planes):
        scale = 1 if number == 0 else 2
        found = []
        for p, q in ((-1.35, 0.1), (1.35, 0.1), (-0.8, 0.95), (0.8, 0.95)):
            x = (mouth.x + (p * np.cos(mouth.roll) - q * np.sin(mouth.roll)) * mouth.half) / scale
            y = (mouth.y + (p * np.sin(mouth.roll) + q * np.cos(mouth.roll)) * mouth.half) / scale
            size = max(1, round(mouth.half * 0.12 / scale))
            part = plane[max(0, int(y) - size) : int(y) + size + 1, max(0, int(x) - size) : int(x) + size + 1]
            if part.size:
                found.append(float(np.median(part)))
        values.append(float(np.median(found)) if found else 128.0)
    return Skin(*values)


def measure_gap(luma: Pixels, mouth: Mouth, skin: Skin) -> float:
    """How far the source's mouth is open, in half widths: the height of the dark between its lips."""
    size = 40
    across = np.linspace(-0.35, 0.35, 9, dtype=np.float32)
    down = np.linspace(-0.7, 1.1, size, dtype=np.float32)
    p, q = np.meshgrid(across, down)
    cosine, sine = np.float32(np.cos(mouth.roll)), np.float32(np.sin(mouth.roll))
    x = (mouth.x + (p * cosine - q * sine) * mouth.half).astype(np.float32)
    y = (mouth.y + (p * sine + q * cosine) * mouth.half).astype(np.float32)
    patch = cv2.remap(luma, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    dark = patch.astype(float).mean(axis=1) < 16 + (skin.luma - 16) * 0.5
    step = 1.8 / (size - 1)
    centre = round(0.7 / step)
    start = next((number for offset in range(6) for number in (centre + offset, centre - offset) if dark[number]), None)
    if start is None:
        return 0.0
    first = last = start
    while first > 0 and dark[first - 1]:
        first -= 1
    while last < size - 1 and dark[last + 1]:
        last += 1
    # The shadow of closed lips is dark as well, but thin.
    return float(np.clip((last - first + 1) * step - 0.14, 0, 0.6))
