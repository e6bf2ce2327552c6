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
    """A mouth in one frame, in pixels. `y` is where the lips meet; in a source that is open already, by `gap` half
    widths, the upper edge of the opening."""

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
    jaw = np.clip(1 - (p / (_SIDE * 0.95)) ** 2, 0, 1) ** 1.2
    # Below the lips the whole chin goes along, wider than the mouth; it comes to rest below the chin.
    below = np.clip((q - lower * lens) / mouth.chin, 0, None)
    blend = _smooth(below / 0.4)
    rest = 1 - _smooth((below - 0.3) / 0.75)
    down = (lower - mouth.gap) * ((1 - blend) * lens + blend * jaw * 0.85) * rest
    above = np.clip((-upper * lens - q) / 0.8, 0, None)
    up = -upper * lens * (1 - _smooth(above))
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


def measure_gap(planes: Sequence[Pixels], mouth: Mouth, skin: Skin) -> tuple[float, float]:
    """How the source's own mouth stands open: where its upper edge is from the lip line, and its height, both in
    half widths; (0, 0) for a closed one. What is dark, or has lost the skin's red as teeth have, is inside."""
    down = np.linspace(-0.8, 1.5, 47)
    luma = _profile(planes[0], mouth, down, 1)
    inside = luma < 16 + (skin.luma - 16) * 0.5
    if skin.red - 128 > 6:
        inside |= _profile(planes[2], mouth, down, 2) - 128 < (skin.red - 128) * 0.4
    step = float(down[1] - down[0])
    run = _nearest_run(inside, int(np.argmin(np.abs(down - 0.1))), reach=round(0.3 / step))
    # A run that meets the window's edge is a beard or a shadow; the line between closed lips is thin.
    if run is None or run[0] == 0 or run[1] == len(down) or (run[1] - run[0]) * step < 0.16:
        return 0.0, 0.0
    return float(down[run[0]] - step / 2), float((run[1] - run[0]) * step)


def _profile(plane: Pixels, mouth: Mouth, down: Field, scale: int) -> Field:
    """Mean of the plane along lines that cross the middle of the mouth, at the heights `down`."""
    p, q = np.meshgrid(np.linspace(-0.3, 0.3, 7), down)
    cosine, sine = np.cos(mouth.roll), np.sin(mouth.roll)
    x = ((mouth.x + (p * cosine - q * sine) * mouth.half) / scale).astype(np.float32)
    y = ((mouth.y + (p * sine + q * cosine) * mouth.half) / scale).astype(np.float32)
    patch = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    profile: Field = patch.astype(float).mean(axis=1)
    return profile


def _nearest_run(inside: Field, centre: int, *, reach: int) -> tuple[int, int] | None:
    """(first, end) of the run of true values nearest to `centre`, small holes counted in; None beyond `reach`."""
    closed = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8)).ravel()
    places = np.flatnonzero(closed)
    if not len(places):
        return None
    start = int(places[np.argmin(np.abs(places - centre))])
    if abs(start - centre) > reach:
        return None
    first = end = start
    while first > 0 and closed[first - 1]:
        first -= 1
    while end < len(closed) and closed[end]:
        end += 1
    return first, end
