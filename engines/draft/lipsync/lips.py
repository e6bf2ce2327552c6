"""Measure where the lips are in a followed face, and how far they are open.

A face box locates the mouth only to within a fifth of its width. Lips are redder than skin, the line between them is
darker than its surroundings, and both stay in place on a face: the mean of many frames shows the mouth, and each
frame is then measured around that place. Coordinates (a, b) are measured from the face's middle in face widths, (p, q)
from the mouth's middle in half mouth widths; b and q run towards the chin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import Face, Inside

Field = npt.NDArray[Any]

# The lower face, cut out of each frame with the head upright.
_ACROSS, _DOWN = 96, 72
_PER_WIDTH = 106.0  # pixels of the cut-out to a face width
_LEFT, _TOP = -0.4528, 0.0
# How far down a mouth is in the box of a frontal face and half its width; then the limits of that half width.
_USUAL_DOWN, _USUAL_HALF = 0.285, 0.175
_HALF_LIMITS = (0.125, 0.225)
_SAMPLES = 48
# Rows and columns of the kept inside of a mouth.
_INSIDE = (24, 40)
# The areas of the cut-out that are cheeks in any face and lips in most; less color than _COLORLESS is noise.
_CHEEKS, _LIPS = np.s_[:14, 22:74], np.s_[24:37, 37:60]
_COLORLESS = 6.0
# The measuring grid around the mouth.
_P = np.linspace(-1.4, 1.4, 57)
_Q = np.linspace(-1.1, 1.7, 71)
_STEP = float(_Q[1] - _Q[0])
_COLUMNS = np.arange(10, 47, 2)  # of the grid, from corner to corner
_BEND = np.array([6.0, 2.0, 0.0, 2.0, 6.0])[:, None]


@dataclass(frozen=True)
class Lower:
    """The lower face of one frame as small pictures."""

    luma: Pixels
    blue: Pixels
    red: Pixels

    @property
    def redness(self) -> Field:
        return self.red.astype(np.float32) - self.blue


@dataclass(frozen=True)
class Place:
    """The usual place of the mouth in the face, in face widths; `tilt` in radians relative to the face's roll."""

    a: float
    b: float
    half: float
    tilt: float


@dataclass(frozen=True)
class Lips:
    """One frame's measurements, in half mouth widths from the usual place.

    `p` is the sideways offset, `line` where the lips meet or would meet, `slope` and `bow` describe that line, and the
    source's own opening runs from `top` to `low` around it; the two are equal when the mouth is closed."""

    p: float
    line: float
    slope: float
    bow: float
    top: float
    low: float

    @property
    def gap(self) -> float:
        return self.low - self.top


def lower_face(planes: Sequence[Pixels], face: Face) -> Lower:
    """Cut the lower face out of a frame's Y, U, V; `face` is in pixels of that Y."""
    parts = []
    for number, plane in enumerate(planes):
        shrunk = plane.shape[1] / planes[0].shape[1]
        unit = face.width * shrunk / _PER_WIDTH
        across = np.array([np.cos(face.roll), np.sin(face.roll)]) * unit
        down = np.array([-np.sin(face.roll), np.cos(face.roll)]) * unit
        corner = np.array([face.x, face.y]) * shrunk + (_LEFT * across + _TOP * down) * _PER_WIDTH
        if number:
            corner -= 0.25  # chroma samples lie between the luma samples
        back = np.stack([across, down, corner], axis=1)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        parts.append(cv2.warpAffine(plane, back, (_ACROSS, _DOWN), flags=flags, borderMode=cv2.BORDER_REPLICATE))
    return Lower(*parts)


def mouth_covered(face: Lower) -> float:
    """Return how much of the lip area has a different color from the cheeks: 0…1.

    Skin, lips and most of a bearded mouth have the cheeks' color; a microphone does not. A hand also has that color,
    so it goes undetected. 0 in a picture without color."""
    blue, red = (plane.astype(np.float32) - 128 for plane in (face.blue, face.red))
    skin = float(np.median(blue[_CHEEKS])), float(np.median(red[_CHEEKS]))
    color = float(np.hypot(*skin))
    if color < _COLORLESS:
        return 0.0
    return float((np.hypot(blue[_LIPS] - skin[0], red[_LIPS] - skin[1]) > 0.5 * color).mean())


def mouth_place(faces: Sequence[Lower]) -> Place:
    """Return where the mouth usually is in these frames of one face."""
    chosen = faces[:: max(1, len(faces) // _SAMPLES)]
    score = np.mean([_lip_score(face) for face in chosen], axis=0)
    a = (np.arange(_ACROSS) / _PER_WIDTH + _LEFT)[None, :]
    b = (np.arange(_DOWN) / _PER_WIDTH + _TOP)[:, None]
    likely = score * np.exp(-0.5 * ((a / 0.13) ** 2 + ((b - _USUAL_DOWN) / 0.075) ** 2))
    peak = np.unravel_index(int(np.argmax(scipy.ndimage.gaussian_filter(likely, (3, 9)))), likely.shape)
    near = score * np.exp(-0.5 * (((a - a[0, peak[1]]) / 0.14) ** 4 + ((b - b[peak[0], 0]) / 0.07) ** 4))
    near = np.clip(near - 0.3 * near.max(), 0, None) + 1e-9
    total = near.sum()
    middle_a, middle_b = float((near * a).sum() / total), float((near * b).sum() / total)
    da, db = a - middle_a, b - middle_b
    spread_a, spread_b, both = ((near * part).sum() / total for part in (da * da, db * db, da * db))
    tilt = float(np.clip(0.5 * np.arctan2(2 * both, max(spread_a - spread_b, 1e-6)), -0.35, 0.35))
    # An evenly filled ellipse's half width is twice its deviation; lips are fainter at the corners than in the middle.
    half = float(np.clip(0.5 * _USUAL_HALF + 0.5 * 2.1 * np.sqrt(spread_a), *_HALF_LIMITS))
    return _between_corners(chosen, Place(middle_a, middle_b, half, tilt))


def _between_corners(faces: Sequence[Lower], place: Place) -> Place:
    """Return the place with its middle and width adjusted to the ends of the dark line between the lips."""
    strengths = []
    for face in faces:
        darker = _darker(_on_grid(face, place)[0])
        path = _dark_path(darker)
        rows = np.clip(np.interp(np.arange(len(_P)), _COLUMNS, path), 1, len(_Q) - 2).round().astype(int)
        # The line may bend more at its ends than the path does.
        strengths.append(np.max([darker[rows + step, np.arange(len(_P))] for step in (-1, 0, 1)], axis=0))
    strength = np.mean(np.clip(strengths, 0, 30), axis=0)
    strong = strength > 0.45 * np.median(strength[np.abs(_P) < 0.6])
    middle = len(_P) // 2
    left, right = middle, middle
    while left > 0 and strong[left - 1]:
        left -= 1
    while right + 1 < len(_P) and strong[right + 1]:
        right += 1
    aside, wide = (_P[left] + _P[right]) / 2 * place.half, (_P[right] - _P[left]) / 2 * place.half
    aside = float(np.clip(aside, -0.05, 0.05))
    half = float(np.clip(wide, 0.85 * place.half, 1.1 * place.half))
    return Place(
        place.a + aside * float(np.cos(place.tilt)), place.b + aside * float(np.sin(place.tilt)),
        float(np.clip(half, *_HALF_LIMITS)), place.tilt,
    )  # fmt: skip


def _lip_score(face: Lower) -> Field:
    """Return how much each pixel looks like lips (redder than around it) or their line (darker than above it)."""
    red = face.redness
    redder = cv2.GaussianBlur(red, (0, 0), 1.5) - _wide_mean(red)
    luma = face.luma.astype(np.float32)
    darker = cv2.GaussianBlur(luma, (0, 0), sigmaX=2, sigmaY=9) - cv2.GaussianBlur(luma, (0, 0), sigmaX=2, sigmaY=1.2)
    # A picture without color has only noise in `redder`, a flat one only noise in `darker`.
    score: Field = _clear(redder, 3.0) + _clear(darker, 5.0)
    return score


def _wide_mean(values: Field) -> Field:
    """Return the mean around each pixel, over a wide area and therefore computed at a quarter of the size."""
    small = cv2.resize(values, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    mean: Field = cv2.resize(cv2.GaussianBlur(small, (0, 0), 4), values.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return mean


def _clear(excess: Field, noise: float) -> Field:
    """Return an excess in units of its own deviation, or of `noise` if that is larger; 0 to 3."""
    clear: Field = np.clip(excess / max(noise, float(excess.std())), 0, 3)
    return clear


def _on_grid(face: Lower, place: Place) -> tuple[Field, Field]:
    """Return luma and redness on the measuring grid."""
    luma, redness = _sampled((face.luma.astype(np.float32), face.redness), place, *np.meshgrid(_P, _Q))
    return luma, redness


def _sampled(parts: Sequence[Field], place: Place, p: Field, q: Field) -> list[Field]:
    """Return the values of cut-outs at points around the mouth."""
    cosine, sine = np.cos(place.tilt) * place.half, np.sin(place.tilt) * place.half
    column = ((place.a + p * cosine - q * sine - _LEFT) * _PER_WIDTH).astype(np.float32)
    row = ((place.b + p * sine + q * cosine - _TOP) * _PER_WIDTH).astype(np.float32)
    return [cv2.remap(part, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for part in parts]


def measure_lips(face: Lower, place: Place) -> Lips:
    """Measure the lips of one frame."""
    luma, red = _on_grid(face, place)
    p = _sideways_offset(luma, red)
    center = np.abs(_P - p) < 0.32
    skin = float(np.median(luma[:, np.abs(_P) > 1.2]))
    path = _dark_path(_darker(luma))
    bow, slope, middle = np.polyfit(_P[_COLUMNS] - p, _Q[path], 2, w=np.exp(-((_P[_COLUMNS] - p) ** 2)))
    slope, bow = float(np.clip(slope, -0.3, 0.3)), float(np.clip(bow, -0.2, 0.4))
    line = int(np.clip(round((float(middle) - _Q[0]) / _STEP), 0, len(_Q) - 1))
    rows, redness = luma[:, center].mean(axis=1), red[:, center].mean(axis=1)
    inside = rows < 16 + (skin - 16) * 0.48
    lips = float(np.percentile(redness[np.abs(_Q) < 0.9], 90))
    if lips > 12:
        # Teeth and the dark behind them lack the red of skin and lips.
        inside |= (redness < lips * 0.72) & (np.abs(_Q - _Q[line]) < 0.7)
    run = _run_at(inside, line)
    if run is None:
        return Lips(p, float(middle), slope, bow, 0.0, 0.0)
    first, last = float(_Q[run[0]]), float(_Q[run[1] - 1])
    # Closed lips show a thin dark line, too.
    gap = max(0.0, last - first - 0.12)
    meet = first + 0.06 + 0.25 * gap
    return Lips(p, meet, slope, bow, -0.25 * gap, 0.75 * gap)


def _darker(luma: Field) -> Field:
    """Return how much darker each pixel is than what is above and below it."""
    darker: Field = cv2.GaussianBlur(luma, (0, 0), sigmaX=1.5, sigmaY=8)
    darker -= cv2.GaussianBlur(luma, (0, 0), sigmaX=1.5, sigmaY=1)
    return darker


def _dark_path(darker: Field) -> npt.NDArray[Any]:
    """Return the row of the line between the lips in each of _COLUMNS: the darkest path from corner to corner."""
    cost = -np.clip(darker, 0, 40)[:, _COLUMNS] * np.exp(-(((_Q[:, None] - 0.05) / 0.55) ** 2))
    total, steps = cost[:, 0], []
    for column in range(1, cost.shape[1]):
        padded = np.pad(total, 2, constant_values=1e9)
        reached = np.stack([padded[shift : shift + len(total)] for shift in range(5)])
        # A bent line is less likely than a straight one.
        reached += _BEND
        best = reached.argmin(axis=0)
        steps.append(best - 2)
        total = cost[:, column] + reached[best, np.arange(len(total))]
    row = int(total.argmin())
    path = [row]
    for step in reversed(steps):
        row = int(np.clip(row + step[row], 0, len(_Q) - 1))
        path.append(row)
    return np.array(path[::-1])


def _sideways_offset(luma: Field, red: Field) -> float:
    """Return how far the mouth is to the side of its usual place, weighted by what looks like lips."""
    redder = red - cv2.GaussianBlur(red, (0, 0), 14)
    darker = cv2.GaussianBlur(luma, (0, 0), sigmaX=1, sigmaY=8) - luma
    weight = np.clip(redder / max(3.0, float(redder.std())), 0, 3) + np.clip(
        darker / max(5.0, float(darker.std())), 0, 3
    )
    weight = weight**2 * np.exp(-((_P[None, :] / 1.1) ** 4) - ((_Q[:, None] - 0.1) / 0.6) ** 2)
    return float(np.clip((weight * _P[None, :]).sum() / (weight.sum() + 1e-9), -0.4, 0.4))


def _run_at(inside: Field, line: int) -> tuple[int, int] | None:
    """Return (first, end) of the run of inside rows at `line`, bridging small holes, or None if it isn't an open mouth.

    A run that reaches the grid's edge is a beard or a shadow."""
    closed = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 1), np.uint8)).ravel()
    near = [row for row in range(max(0, line - 4), min(len(closed), line + 5)) if closed[row]]
    if not near:
        return None
    first = end = min(near, key=lambda row: abs(row - line))
    while first > 0 and closed[first - 1]:
        first -= 1
    while end < len(closed) and closed[end]:
        end += 1
    return None if first == 0 or end == len(closed) else (first, end)


def mouth_inside(face: Lower, place: Place, lips: Lips) -> Inside:
    """Return what is visible inside the mouth that is open in this frame."""
    p, share = np.meshgrid(np.linspace(-1, 1, _INSIDE[1]), np.linspace(0.04, 0.96, _INSIDE[0]))
    # The corners are already lips, so the inside is taken slightly narrower.
    across = 0.8 * p
    lens = np.maximum(1 - p**2, 0.3)
    down = lips.line + lips.slope * across + lips.bow * across**2 + (lips.top + share * lips.gap) * lens
    luma, blue, red = _sampled((face.luma, face.blue, face.red), place, lips.p + across, down)
    beside = np.meshgrid(np.array([-1.3, 1.3]), np.linspace(-0.4, 1.2, 9))
    (skin,) = _sampled((face.luma,), place, *beside)
    return Inside((luma, blue, red), lips.gap, float(np.median(skin)))
