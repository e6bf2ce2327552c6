"""Follow a tempo that bends: from where the pulse is clearest, beat by beat in both directions, each expected from the
last few. The beats then become as few stretches of constant tempo as describe them."""

import numpy as np
from numpy.typing import NDArray

from engines.listening.onsets import Onsets
from engines.listening.pulse import FASTEST_BPM, SLOWEST_BPM, Pulse

# The next beat is expected from this many, the latest counting most.
MEMORY_BEATS = 6
# A beat may come this much earlier or later than expected, in beats; most come within half of it.
REACH, USUAL = 0.15, 0.075
# An onset less convincing than this isn't taken for a beat.
LEAST_WORTH = 0.15
# After so many beats that nobody plays, there is nothing left to follow.
PATIENCE_BEATS = 6
# Stretches: a beat's usual distance from its stretch's line, and the squared distances that one more stretch must save.
LINE_SECONDS, STRETCH_PRICE = 0.008, 7.0
SHORTEST_BEATS = 3

Vector = NDArray[np.float64]


def beats_follow(onsets: Onsets, pulse: Pulse, start: float, end: float, limits: tuple[float, float]) -> Vector:
    """Return the beats from the pulse of [start, end) outwards, as far as they go within `limits`."""
    known = pulse.beats(start, end)
    if len(known) < 3 or not len(onsets.times):
        return known
    worth = np.minimum(onsets.salience / 0.6, 1) * (0.4 + 0.6 * np.minimum(onsets.accents, 1))
    middle = len(known) // 2
    forward = _followed(onsets.times, worth, known[: middle + 1], limits[1])
    later = -known[middle:][::-1]
    backward = _followed(-onsets.times[::-1], worth[::-1], later, -limits[0])
    return np.concatenate([-backward[len(later) :][::-1], known[middle : middle + 1], forward[middle + 1 :]])


def _followed(times: Vector, worth: Vector, known: Vector, limit: float) -> Vector:
    """Extend the `known` beats to `limit`; beats that nobody plays at the end are dropped."""
    beats, missed = [float(beat) for beat in known], 0
    while missed < PATIENCE_BEATS:
        expected, period = _expected(np.array(beats[-MEMORY_BEATS:]))
        if expected >= limit or not 60 / FASTEST_BPM / 1.1 <= period <= 60 / SLOWEST_BPM * 1.1:
            break
        low, high = np.searchsorted(times, [expected - REACH * period, expected + REACH * period])
        near = worth[low:high] * np.exp(-0.5 * np.square((times[low:high] - expected) / (USUAL * period)))
        if len(near) and near.max() >= LEAST_WORTH:
            beats.append(float(times[low + near.argmax()]))
            missed = 0
        else:
            beats.append(expected)
            missed += 1
    return np.array(beats[: len(beats) - missed])


def _expected(beats: Vector) -> tuple[float, float]:
    """Return the next beat and the period, from a line through the last beats."""
    number = np.arange(len(beats)) - len(beats)
    weight = 0.5 ** -(number + 1.0)
    period, following = np.polyfit(number, beats, 1, w=np.sqrt(weight))
    return float(following), float(period)


def stretches_fit(beats: Vector) -> list[tuple[int, int, Pulse]]:
    """Return [first, last) of each stretch of constant tempo and its pulse: the fewest that describe the beats (least
    squares with a price per stretch, by dynamic programming)."""
    count = len(beats)
    if count < SHORTEST_BEATS:
        return []
    number = np.arange(count, dtype=float)
    sums = [
        np.concatenate([[0.0], np.cumsum(row)])
        for row in (np.ones(count), number, beats, number * number, number * beats, beats * beats)
    ]
    best, previous = np.full(count + 1, np.inf), np.zeros(count + 1, int)
    best[0] = 0.0
    for end in range(SHORTEST_BEATS, count + 1):
        starts = np.arange(end - SHORTEST_BEATS + 1)
        n, x, y, xx, xy, yy = (row[end] - row[starts] for row in sums)
        spread = xx - x * x / n
        across = xy - x * y / n
        errors = np.maximum(yy - y * y / n - across * across / spread, 0) / LINE_SECONDS**2
        price = best[starts] + errors + STRETCH_PRICE
        previous[end] = starts[price.argmin()]
        best[end] = price.min()
    found, end = [], count
    while end > 0:
        first = int(previous[end])
        slope, offset = np.polyfit(number[first:end], beats[first:end], 1)
        found.append((first, end, Pulse(float(slope), float(offset + slope * first))))
        end = first
    return found[::-1]
