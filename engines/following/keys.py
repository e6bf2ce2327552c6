"""From a path's many steps to the few keys that make the same curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.media.crop_path import Key, curve, values

Row = npt.NDArray[Any]

# How far the curve may be from the path, in widths of the picture.
_CLOSE = 0.004
# Changes below this between steps are rest.
_REST = 2e-4
_LEAST_REST_STEPS = 3
# A curve starts and ends at rest. Where the path doesn't, as in a shot that begins in the middle of a walk, it may take
# this long to catch up, and be this much farther away meanwhile.
_CATCH_UP_SECONDS, _CATCH_UP = 0.5, 5.0


def few_keys(times: Row, columns: Sequence[Row], most: int) -> list[Key]:
    """Return at most about `most` keys, whose curve is close to the columns (x and y at each time) and rests where they
    rest."""
    settled = [_settled(column) for column in columns]
    chosen = {0, len(times) - 1} | {edge for column in settled for run in _rests(column) for edge in run}
    allowed = _CLOSE
    at_ends = np.minimum(times - times[0], times[-1] - times) < _CATCH_UP_SECONDS
    while len(chosen) < len(times):
        picked = sorted(chosen)
        off = np.zeros(len(times))
        for column in settled:
            off = np.maximum(off, np.abs(values(curve(times[picked], column[picked]), times) - column))
        off[picked] = 0
        off[at_ends] /= _CATCH_UP
        if off.max() <= allowed:
            break
        if len(chosen) >= most:
            allowed *= 2
            continue
        chosen.add(int(off.argmax()))
    return [
        Key(round(float(times[index]), 3), *(round(float(column[index]), 4) for column in settled))
        for index in sorted(chosen)
        if _needed(index, sorted(chosen), settled)
    ]


def _settled(column: Row) -> Row:
    """Return the path with exactly one value in each rest."""
    settled = column.copy()
    for first, last in _rests(column):
        settled[first : last + 1] = np.median(column[first : last + 1])
    return settled


def _rests(column: Row) -> list[tuple[int, int]]:
    still = np.concatenate([[0], (np.abs(np.diff(column)) < _REST).astype(int), [0]])
    edges = np.flatnonzero(np.diff(still))
    return [(int(low), int(high)) for low, high in zip(edges[::2], edges[1::2], strict=True)
            if high - low >= _LEAST_REST_STEPS]  # fmt: skip


def _needed(index: int, chosen: Sequence[int], columns: Sequence[Row]) -> bool:
    """Return whether a key isn't just in the middle of a rest."""
    place = chosen.index(index)
    near = [chosen[other] for other in (place - 1, place + 1) if 0 <= other < len(chosen)]
    return len(near) < 2 or any(column[index] != column[other] for column in columns for other in near)
