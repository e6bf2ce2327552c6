"""What stays in view when a picture is cropped to another shape: a smooth path through a clip's pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_ZOOM = 2.0
# More would make commands that are too long (128 KiB on Linux).
MOST_KEYS = 60

Row = npt.NDArray[Any]


@dataclass(frozen=True)
class Key:
    """At `time` seconds of the clip, (`x`, `y`) is the middle of what stays in view, 0…1 across and down the whole
    picture; `zoom` 1 is as much of the picture as the shape can show, 2 half as wide."""

    time: float
    x: float
    y: float
    zoom: float = 1.0


@dataclass(frozen=True)
class Piece:
    """One stretch [start, end) of a smooth curve: the cubic with these coefficients (constant first) in the time since
    `start`."""

    start: float
    end: float
    coefficients: tuple[float, float, float, float]

    @property
    def still(self) -> bool:
        return not any(self.coefficients[1:])


@dataclass(frozen=True)
class CropPath:
    """Keys in order of time. Between them the view moves smoothly and never beyond them; before the first and after the
    last it rests. Two keys at one time are a jump, as where another shot begins: the second counts from then on."""

    keys: tuple[Key, ...]

    @property
    def still(self) -> bool:
        first = self.keys[0]
        return all((key.x, key.y, key.zoom) == (first.x, first.y, first.zoom) for key in self.keys)

    def at(self, seconds: float) -> Key:
        """Return the view at a time."""
        x, y, zoom = (float(values(column, [seconds])[0]) for column in self._columns())
        return Key(seconds, x, y, zoom)

    def times(self) -> list[float]:
        return [key.time for key in self.keys]

    def _columns(self) -> Iterator[list[Piece]]:
        for name in ("x", "y", "zoom"):
            yield curve(self.times(), [getattr(key, name) for key in self.keys])


def resting(x: float, y: float) -> CropPath:
    """Return the path that stays at one point."""
    return CropPath((Key(0.0, x, y),))


def curve(times: Sequence[float] | Row, heights: Sequence[float] | Row) -> list[Piece]:
    """Return the smooth curve through points in order of time; it jumps at two points of one time.

    A piecewise cubic that never goes beyond its points and rests between two of equal height: F. N. Fritsch and
    J. Butland, "A method for constructing local monotone piecewise cubic interpolants", 1984."""
    pieces: list[Piece] = []
    low = 0
    jumps = [index for index in range(1, len(times)) if times[index] <= times[index - 1]]
    for end in (*jumps, len(times)):
        run = slice(low, end)
        pieces += _smooth(np.array(times[run], float), np.array(heights[run], float))
        low = end
    before = Piece(pieces[0].start, pieces[0].start, (pieces[0].coefficients[0], 0.0, 0.0, 0.0))
    return _joined([before, *pieces])


def values(pieces: Sequence[Piece], times: Sequence[float] | Row) -> Row:
    """Return the curve's height at each of the times."""
    starts = np.array([piece.start for piece in pieces[1:]])
    found = []
    for moment, index in zip(times, np.searchsorted(starts, times, side="right"), strict=True):
        piece = pieces[index]
        since = min(max(moment, piece.start), piece.end) - piece.start if not piece.still else 0.0
        found.append(float(np.polyval(piece.coefficients[::-1], since)))
    return np.array(found)


def _smooth(times: Row, heights: Row) -> list[Piece]:
    if len(times) == 1:
        return [Piece(float(times[0]), float(times[0]), (float(heights[0]), 0.0, 0.0, 0.0))]
    steps, rises = np.diff(times), np.diff(heights)
    slopes = _slopes(steps, rises / steps)
    pieces = []
    for index, (step, rise) in enumerate(zip(steps, rises, strict=True)):
        first, last = slopes[index], slopes[index + 1]
        cubic = (heights[index], first, (3 * rise / step - 2 * first - last) / step,
                 (first + last - 2 * rise / step) / step**2)  # fmt: skip
        pieces.append(Piece(float(times[index]), float(times[index + 1]), tuple(map(float, cubic))))  # type: ignore[arg-type] # four
    last_height = (float(heights[-1]), 0.0, 0.0, 0.0)
    return [*pieces, Piece(float(times[-1]), float(times[-1]), last_height)]


def _slopes(steps: Row, rates: Row) -> Row:
    """Return the slope at each point: 0 at rests and turns, at rest at both ends."""
    slopes = np.zeros(len(rates) + 1)
    for index, (before, after) in enumerate(pairwise(rates), start=1):
        if before * after > 0:
            ahead, behind = 2 * steps[index] + steps[index - 1], steps[index] + 2 * steps[index - 1]
            slopes[index] = (ahead + behind) / (ahead / before + behind / after)
    return slopes


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Merge neighbors at rest at one height, and rests of no length with what follows them."""
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before is not None and before.still and piece.still and before.coefficients == piece.coefficients:
            joined[-1] = Piece(before.start, piece.end, before.coefficients)
        else:
            joined.append(piece)
    return joined
