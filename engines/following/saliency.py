"""What draws the eye in pictures without a face: what stands out from the picture's own pattern, and what moves other
than the camera. Only the peaks of both count, so that a small figure outweighs a wide background.

The first is the spectral residual: X. Hou, L. Zhang, "Saliency detection: a spectral residual approach" (CVPR 2007).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Row = npt.NDArray[Any]

SIZE = (160, 90)
# The spectral residual finds things of about a tenth of this size.
_PATTERN_SIZE = (64, 36)
_PLACES = 25
# What a change from one edge to the other costs, in moments at the best place instead of the worst.
_PRICE = 60.0
# How much the middle is preferred to the edges: pictures are composed around it.
_MIDDLE = 0.25
# How much of what draws the eye a view must hold beyond its share of the picture; else nothing stands out.
_STANDS_OUT = 0.2
# What moves counts for this much beside what stands out.
_MOVING = 0.6
# Brightness, of 255, that noise and compression change.
_NOISE = 2
# A picture that differs by less has no pattern, only noise.
_PLAIN = 4
_CORNERS, _FEWEST_CORNERS = 200, 8


def saliency(luma: Row, before: Row | None) -> Row:
    """Return how much each part of a small picture draws the eye; the parts sum to 1. `before`: the picture of the look
    before, for what moves."""
    if float(luma.std()) < _PLAIN:
        return np.full(luma.shape, 1 / luma.size, np.float32)
    found = _peaks(cv2.resize(_pattern(luma), SIZE))
    if before is None:
        return found
    moves = _moves(luma, before)
    return found if float(moves.sum()) <= 0 else (1 - _MOVING) * found + _MOVING * _peaks(moves)


def _pattern(luma: Row) -> Row:
    """Return the spectral residual: where the picture differs from its own pattern."""
    small = cv2.resize(luma, _PATTERN_SIZE, interpolation=cv2.INTER_AREA)
    spectrum = np.fft.fft2(small.astype(np.float32))
    logarithm = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = logarithm - cv2.blur(logarithm, (3, 3))
    stands_out = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return cv2.GaussianBlur(stands_out.astype(np.float32), (0, 0), 2.0)


def _moves(luma: Row, before: Row) -> Row:
    """Return what changed besides what the camera did."""
    camera = _camera(luma, before)
    width, height = SIZE
    seen: Row = np.ones(luma.shape, np.float32)
    if camera is not None:
        before = cv2.warpAffine(before, camera, (width, height), borderMode=cv2.BORDER_REPLICATE)
        seen = cv2.erode(cv2.warpAffine(seen, camera, (width, height)), np.ones((5, 5)))
    now, then = (cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32) for picture in (luma, before))
    change = np.abs(now - then) * seen
    moves: Row = cv2.GaussianBlur(np.clip(change - np.median(change) - _NOISE, 0, None), (0, 0), 2.0)
    return moves


def _camera(luma: Row, before: Row) -> Row | None:
    """Return how the camera moved the picture since the look before; None where that can't be seen."""
    corners = cv2.goodFeaturesToTrack(before, _CORNERS, 0.01, 4)
    if corners is None or len(corners) < _FEWEST_CORNERS:
        return None
    places, found, _ = cv2.calcOpticalFlowPyrLK(before, luma, corners, corners.copy(), winSize=(11, 11))
    seen = found.ravel() == 1
    if int(seen.sum()) < _FEWEST_CORNERS:
        return None
    moved: Row | None = cv2.estimateAffinePartial2D(corners[seen], places[seen], ransacReprojThreshold=0.7)[0]
    return moved


def _peaks(drawn: Row) -> Row:
    """Return what is clearly above the rest, summing to 1; the same everywhere if nothing is."""
    peaks = np.clip(drawn - drawn.mean() - drawn.std(), 0, None)
    total = float(peaks.sum())
    return peaks / total if total > 1e-9 else np.full(drawn.shape, 1 / drawn.size, np.float32)


def best_places(profiles: Row, room: float) -> Row:
    """Return where the middle of a view of this share should be at each moment, 0…1. `profiles` holds how much each
    part along the axis draws the eye, one moment per row. It stays where it is unless much is gained, and in the middle
    of the picture where nothing stands out."""
    count = profiles.shape[1]
    middles = np.linspace(room / 2, 1 - room / 2, _PLACES)
    edges = (np.arange(count) + 0.5) / count
    seen = (np.abs(edges[None, :] - middles[:, None]) <= room / 2).astype(float)
    worth = profiles @ seen.T - _MIDDLE * room * np.abs(middles - 0.5)[None, :]
    price = (
        _PRICE
        / _PLACES
        * np.abs(np.arange(_PLACES)[:, None] - np.arange(_PLACES)[None, :])
        * max(1e-6, float(np.ptp(worth, axis=1).mean()))
    )
    best, came = worth[0], []
    for row in worth[1:]:
        sums = best[:, None] - price
        came.append(sums.argmax(axis=0))
        best = sums.max(axis=0) + row
    place = int(best.argmax())
    places = [place]
    for back in reversed(came):
        place = int(back[place])
        places.append(place)
    held = float((profiles * seen[places[::-1]]).sum(axis=1).mean())
    if held < room + _STANDS_OUT * (1 - room):
        return np.full(len(places), 0.5)
    chosen: Row = middles[np.array(places[::-1])]
    return chosen
