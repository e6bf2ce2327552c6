"""What draws the eye in pictures without a face: what stands out from the picture's own pattern, and what moves.

The first is the spectral residual: X. Hou, L. Zhang, "Saliency detection: a spectral residual approach" (CVPR 2007).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Row = npt.NDArray[Any]

SIZE = (64, 36)
_PLACES = 25
# What a change from one edge to the other costs, in moments at the best place instead of the worst.
_PRICE = 60.0
# How much the middle is preferred to the edges: pictures are composed around it.
_MIDDLE = 0.25


def saliency(luma: Row, before: Row | None) -> Row:
    """Return how much each part of a small picture draws the eye; the parts sum to 1."""
    spectrum = np.fft.fft2(luma.astype(np.float32))
    logarithm = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = logarithm - cv2.blur(logarithm, (3, 3))
    stands_out = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    stands_out = cv2.GaussianBlur(stands_out.astype(np.float32), (0, 0), 2.0)
    found = stands_out / max(float(stands_out.sum()), 1e-9)
    if before is not None:
        change = np.abs(luma.astype(np.float32) - before)
        # A moving camera changes everything; something that moves, a part.
        moves = cv2.GaussianBlur(np.clip(change - np.median(change) - 4, 0, None), (0, 0), 1.5)
        if float(moves.sum()) > 0:
            found = 0.5 * found + 0.5 * moves / float(moves.sum())
    return found


def best_places(profiles: Row, room: float) -> Row:
    """Return where the middle of a view of this share should be at each moment, 0…1. `profiles` holds how much each
    part along the axis draws the eye, one moment per row. It stays where it is unless much is gained."""
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
    chosen: Row = middles[np.array(places[::-1])]
    return chosen
