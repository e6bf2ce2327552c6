"""Move a mouth directly in the picture's planes: warp the lips and jaw, and fill the inside of the mouth.

Coordinates (p, q) are measured from the middle of the line where the closed lips meet, in half mouth widths; q points
towards the chin and follows the bend of that line. Nothing changes outside p ±2 and q -1 … chin, and the warp fades
out at that border, so no edge can flicker. The inside comes from the face itself where its mouth is open, in this
frame or another of the clip; it is painted only if the mouth stays closed throughout the clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import DOWN, UP, Inside

Field = npt.NDArray[Any]

_SIDE = 2.0
_ABOVE = 0.95
_MAX_BRIGHTENING = 2.0
# The opening is narrower than the lips.
_WIDTH = 0.9
# Skin whose U and V are nearer to gray is that of a picture without color.
_COLORED = 8.0
# Chroma pixels.
_STILL = 0.01


@dataclass(frozen=True)
class Mouth:
    """A mouth in one frame, in pixels: the middle of its closed line, half its width, roll.

    The source's own opening runs from `top` to `low`, in half widths; `bow` is how far the corners lie below the
    middle."""

    x: float
    y: float
    half: float
    roll: float
    chin: float
    top: float = 0.0
    low: float = 0.0
    bow: float = 0.0

    @property
    def gap(self) -> float:
        return self.low - self.top


@dataclass(frozen=True)
class Shape:
    """The wanted mouth shape: `opening` 0…1, `spread` -1…1, `reach` the widest gap in half widths."""

    opening: float
    spread: float
    reach: float


@dataclass(frozen=True)
class Skin:
    """Y, U, V of the skin around the mouth."""

    luma: float
    blue: float
    red: float


@dataclass(frozen=True)
class _Warp:
    """For each pixel in a window of the chroma planes: how far it moved (in chroma pixels), how much of it is inside
    the mouth, and where inside: p -1…1, and half widths from the upper lip."""

    window: tuple[int, int, int, int]
    dx: Field
    dy: Field
    inside: Field
    p: Field
    depth: Field
    wide: Field


def move_mouth(planes: Sequence[Pixels], mouth: Mouth, shape: Shape, skin: Skin, kept: Inside | None = None) -> bool:
    """Change the frame's planes in place; return whether there was anything to change."""
    wide = shape.opening * shape.reach
    if wide < 0.02 and mouth.gap < 0.02:
        return False
    window = _window(planes[1], mouth, wide)
    if window is None:
        return False
    warp = _warp(window, mouth, shape, wide)
    opened = _opened(warp)
    tones = _tones(opened, wide, skin, kept) if opened else None
    for number, plane in enumerate(planes):
        _move_plane(plane, number, warp)
        if opened and tones:
            _fill_plane(plane, number, opened, tones[number])
    return True


def _window(chroma: Pixels, mouth: Mouth, wide: float) -> tuple[int, int, int, int] | None:
    """Return the left, top, right and low edges of the area that may change, within the chroma plane."""
    reach = max(_SIDE, mouth.chin * 1.2 + wide + abs(mouth.bow))
    half, x, y = mouth.half / 2, mouth.x / 2, mouth.y / 2
    lean = abs(np.sin(mouth.roll)) * reach * half
    aside = _SIDE * half * 1.1 + lean
    edges = (
        max(0, int(x - aside)), max(0, int(y - (_ABOVE + abs(mouth.bow)) * half - lean)),
        min(chroma.shape[1], int(x + aside) + 1), min(chroma.shape[0], int(y + reach * half + lean) + 1),
    )  # fmt: skip
    return edges if edges[2] - edges[0] > 4 and edges[3] - edges[1] > 4 else None


def _warp(window: tuple[int, int, int, int], mouth: Mouth, shape: Shape, wide: float) -> _Warp:
    left, top, right, low = window
    half = mouth.half / 2
    # Chroma samples lie between the luma samples, hence the quarter.
    columns, rows = np.meshgrid(
        np.arange(left, right, dtype=np.float32) - np.float32(mouth.x / 2 - 0.25),
        np.arange(top, low, dtype=np.float32) - np.float32(mouth.y / 2 - 0.25),
    )
    cosine, sine = np.float32(np.cos(mouth.roll)), np.float32(np.sin(mouth.roll))
    p = (columns * cosine + rows * sine) / np.float32(half)
    q = (rows * cosine - columns * sine) / np.float32(half) - np.float32(mouth.bow) * np.clip(p, -1.3, 1.3) ** 2
    width = _WIDTH * (1 - 0.32 * max(0.0, -shape.spread) * min(1.0, shape.opening * 2))
    source, target = _lens(p, _WIDTH), _lens(p, width)
    own_upper, own_lower = mouth.top * source, mouth.low * source
    upper, lower = np.float32(-UP * wide) * target, np.float32(DOWN * wide) * target
    dq = _moved_down(p, q, (upper, lower), (own_upper, own_lower), mouth, DOWN * wide - mouth.low)
    near = np.clip(1 - (p / (_SIDE * 0.95)) ** 2, 0, 1) ** 2 * np.exp(-((q / 0.8) ** 2)) * _smooth((q + 0.9) / 0.4)
    dp = np.float32(0.14 * shape.spread * min(1.0, shape.opening * 2)) * near * p
    soft = (0.9 + 0.03 * half) / half
    inside = _smooth((lower - q) / soft + 0.5) * _smooth((q - upper) / soft + 0.5)
    inside *= _smooth((lower - upper) * half / 1.2 - 0.15)
    dx, dy = (dp * cosine - dq * sine) * np.float32(half), (dp * sine + dq * cosine) * np.float32(half)
    # Don't resample where nothing moves.
    still = np.abs(dx) + np.abs(dy) < _STILL
    dx[still], dy[still] = 0, 0
    return _Warp(
        window,
        dx=dx,
        dy=dy,
        inside=inside,
        p=p / np.float32(width),
        depth=q - upper,
        wide=lower - upper,
    )


def _lens(p: Field, width: float) -> Field:
    """Return the outline of an opening: 1 in the middle, 0 at the corners and beyond."""
    lens: Field = np.clip(1 - (p / np.float32(width)) ** 2, 0, 1)
    return lens


def _moved_down(
    p: Field, q: Field, lips: tuple[Field, Field], own: tuple[Field, Field], mouth: Mouth, jaw_drop: float
) -> Field:
    """Return how far each pixel has moved down, in half widths."""
    upper, lower = lips
    jaw = cv2.pow(np.clip(1 - (p / (_SIDE * 0.95)) ** 2, 0, 1), 1.2)
    # Below the lips the whole chin moves too, wider than the mouth; the motion fades out below the chin.
    below = np.clip((q - lower) / mouth.chin, 0, None)
    blend = _smooth(below / 0.4)
    down = ((1 - blend) * (lower - own[1]) + blend * jaw * np.float32(0.85 * jaw_drop)) * (
        1 - _smooth((below - 0.3) / 0.75)
    )
    above = np.clip((upper - q) / 0.75, 0, None)
    up = (upper - own[0]) * (1 - _smooth(above))
    lifted: Field = np.where(q > (lower + upper) / 2, down, up)
    return lifted


def _smooth(values: Any) -> Any:
    """Return a smooth step: 0 below 0, 1 above 1, with no corner in between."""
    # A plain number stays one: numpy's own would turn the fields into doubles.
    clipped = np.clip(values, 0, 1) if isinstance(values, np.ndarray) else min(1.0, max(0.0, float(values)))
    return clipped * clipped * (3 - 2 * clipped)


def _tones(warp: _Warp, wide: float, skin: Skin, kept: Inside | None) -> tuple[Field, Field, Field]:
    """Return the Y, U, V of the inside of the mouth, on the chroma planes' window."""
    if kept is None:
        return _painted(warp, wide, skin)
    # Teeth stay at the upper lip: a smaller opening shows only the upper part, a wider one is dark below.
    rows, columns = kept.planes[0].shape
    row = np.clip(warp.depth / np.float32(kept.gap), 0, 1) * (rows - 1)
    column = (np.clip(warp.p, -1, 1) + 1) / 2 * (columns - 1)
    wider = _smooth((wide / kept.gap - 1.05) / 0.2)
    painted = _painted(warp, wide, skin) if wider else None
    known = 1 - _smooth((warp.depth / np.float32(kept.gap) - 0.75) / 0.3) * wider
    # Match the face's current brightness, up to a limit: on a face that was dark then, noise would be brightened too.
    bright = np.float32(min(_MAX_BRIGHTENING, max(skin.luma - 16, 1.0) / max(kept.skin - 16, 1.0)))
    places = column.astype(np.float32), row.astype(np.float32)
    tones = []
    for number, plane in enumerate(kept.planes):
        # Floats, because the inside of a mouth may be darker than black (16), and subtracting 16 then goes below zero.
        wide_plane = plane.astype(np.float32)
        seen = cv2.remap(wide_plane, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        tone = 16 + (seen - 16) * bright if number == 0 else seen
        tones.append(tone if painted is None else painted[number] + (tone - painted[number]) * known)
    return tones[0], tones[1], tones[2]


def _painted(warp: _Warp, wide: float, skin: Skin) -> tuple[Field, Field, Field]:
    """Paint darkness between the lips, with a hint of teeth above and tongue below, in the face's own colors."""
    shown = _smooth((wide - 0.2) / 0.4)
    share = warp.depth / np.maximum(warp.wide, 0.02)
    aside = np.abs(warp.p)
    teeth = 0.62 * shown * _smooth((0.36 - share) / 0.12) * _smooth((0.72 - aside) / 0.35)
    tongue = 0.6 * shown * _smooth((share - 0.55) / 0.35) * _smooth((0.75 - aside) / 0.5)
    # A barely open mouth lets light in; a wide-open one is dark.
    dim = 0.42 - 0.2 * shown
    color = min(1.0, (abs(skin.blue - 128) + abs(skin.red - 128)) / _COLORED)
    dark = (16 + (skin.luma - 16) * dim, 128 + (skin.blue - 128) * 0.6, 128 + max(5 * color, (skin.red - 128) * 0.9))
    white = (min(190.0, 16 + (skin.luma - 16) * 1.02 + 8), 128 - 3 * color, 128 + 3 * color)
    flesh = (16 + (skin.luma - 16) * 0.5, 128 - 7 * color, 128 + max(12 * color, (skin.red - 128) * 1.4))
    painted = []
    for number in range(3):
        tone = np.full_like(warp.depth, dark[number])
        tone += (white[number] - tone) * teeth
        tone += (flesh[number] - tone) * tongue
        painted.append(tone)
    # The upper lip casts a shadow on what is below it.
    painted[0] = 16 + (painted[0] - 16) * (0.72 + 0.28 * _smooth(share / 0.22))
    return painted[0], painted[1], painted[2]


def _move_plane(plane: Pixels, number: int, warp: _Warp) -> None:
    dx, dy = warp.dx, warp.dy
    if number == 0:
        # The fields are smooth, so those computed for chroma can be scaled up to luma, which has four times the pixels.
        dx, dy = (_doubled(2 * field) for field in (dx, dy))
    part = _part_of(plane, number, warp)
    height, width = part.shape
    columns = np.arange(width, dtype=np.float32) - dx[:height, :width]
    rows = np.arange(height, dtype=np.float32)[:, None] - dy[:height, :width]
    part[:] = cv2.remap(part, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _fill_plane(plane: Pixels, number: int, warp: _Warp, tone: Field) -> None:
    """Put the inside of the mouth into a plane."""
    inside, tone = warp.inside, tone.astype(np.float32, copy=False)
    if number == 0:
        inside, tone = _doubled(inside), _doubled(tone)
    part = _part_of(plane, number, warp)
    height, width = part.shape
    filled = part.astype(np.float32)
    filled += (tone[:height, :width] - filled) * inside[:height, :width]
    part[:] = np.clip(filled + 0.5, 0, 255).astype(np.uint8)


def _part_of(plane: Pixels, number: int, warp: _Warp) -> Pixels:
    left, top, right, low = (edge * 2 if number == 0 else edge for edge in warp.window)
    return plane[top:low, left:right]


def _doubled(field: Field) -> Field:
    doubled: Field = cv2.resize(field, (field.shape[1] * 2, field.shape[0] * 2), interpolation=cv2.INTER_LINEAR)
    return doubled


def _opened(warp: _Warp) -> _Warp | None:
    """Return the part of a warp that shows the inside of the mouth; None if nothing does."""
    x, y, width, height = cv2.boundingRect((warp.inside > 0).astype(np.uint8))
    if not width:
        return None
    rows, columns = slice(max(0, y - 1), y + height + 1), slice(max(0, x - 1), x + width + 1)
    dx, dy, inside, p, depth, wide = (
        field[rows, columns] for field in (warp.dx, warp.dy, warp.inside, warp.p, warp.depth, warp.wide)
    )
    left, top = warp.window[0] + columns.start, warp.window[1] + rows.start
    window = (left, top, left + dx.shape[1], top + dx.shape[0])
    return _Warp(window, dx=dx, dy=dy, inside=inside, p=p, depth=depth, wide=wide)


def sample_skin(planes: Sequence[Pixels], mouth: Mouth) -> Skin:
    """Return the skin color sampled on both sides, beside and below the corners of the mouth."""
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
                found.append(float(np.sort(part, axis=None)[part.size // 2]))
        values.append(float(np.median(found)) if found else 128.0)
    return Skin(*values)
