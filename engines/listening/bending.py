"""Songs whose tempo bends, and how well a grid explains what is played."""

import numpy as np
from numpy.typing import NDArray

from engines.listening.grid import BeatGrid, segment_at
from engines.listening.onsets import Onsets
from engines.listening.pulse import TIMING_SECONDS, Pulse, pulse_confidence, pulse_find
from engines.listening.tracking import beats_follow, stretches_fit

# A tempo that bends is followed from the best windows; it hardly bends within one.
BENDING_SECONDS, BENDING_SEEDS, MOST_WINDOWS = 5.0, 3, 10
# A bending tempo has about this many beats between turns; fewer are not a tempo.
SMOOTH_BEATS = 5.0
# The evidence of this many beats pays for one more segment.
SEGMENT_PRICE = 0.6

Vector = NDArray[np.float64]


def bending_grid(onsets: Onsets, duration: float) -> BeatGrid | None:
    """Return the grid of a tempo that bends, followed from where it is clearest."""
    found: list[tuple[float, BeatGrid]] = []
    for pulse, start, end in _seeds(onsets, duration):
        beats = beats_follow(onsets, pulse, start, end, (0.0, duration))
        parts = stretches_fit(beats)
        if not parts:
            continue
        starts = [0.0, *(float(part.phase) for _, _, part in parts[1:])]
        segments = tuple(
            segment_at(start, part.period, part.phase) for start, (_, _, part) in zip(starts, parts, strict=True)
        )
        confidence = _followed_confidence(onsets, parts, beats, duration)
        grid = BeatGrid(segments, duration, confidence)
        found.append((evidence(onsets, grid) * confidence, grid))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _seeds(onsets: Onsets, duration: float) -> list[tuple[Pulse, float, float]]:
    """Return the clearest of windows so short that the tempo hardly bends in them."""
    seeds = []
    hop = max(BENDING_SECONDS / 2, duration / MOST_WINDOWS)
    for first in np.arange(0.0, max(duration - BENDING_SECONDS, 0.0) + 1e-6, hop):
        last = min(first + BENDING_SECONDS, duration)
        candidate = pulse_find(onsets, first, last)
        if candidate is not None:
            pulse, score = candidate
            seeds.append((score + pulse_confidence(onsets, pulse, first, last), pulse, float(first), float(last)))
    return [seed[1:] for seed in sorted(seeds, key=lambda seed: -seed[0])[:BENDING_SEEDS]]


def _followed_confidence(onsets: Onsets, parts: list[tuple[int, int, Pulse]], beats: Vector, duration: float) -> float:
    """Return the confidence in beats that were followed: low if they turn with every note, as free music does."""
    each = [
        pulse_confidence(onsets, pulse, beats[first] - 0.05, beats[last - 1] + 0.05) for first, last, pulse in parts
    ]
    weighted = float(np.average(each, weights=[last - first for first, last, _ in parts]))
    smooth = float(np.clip(len(beats) / len(parts) / SMOOTH_BEATS, 0, 1))
    heard = float(np.clip(1.5 * (beats[-1] - beats[0]) / duration, 0, 1))
    return round(weighted * smooth * heard, 3)


def evidence(onsets: Onsets, grid: BeatGrid) -> float:
    """Return the evidence for the grid's beats, less a price per segment."""
    return float((_grid_scores(onsets, grid) - 0.4).sum()) - SEGMENT_PRICE * len(grid.segments)


def explains_all(onsets: Onsets, grid: BeatGrid) -> bool:
    """Return whether the grid is on time throughout, wherever anything is played."""
    beats, scores = grid.beats(), _grid_scores(onsets, grid)
    played = np.searchsorted(onsets.times, beats + 0.6) > np.searchsorted(onsets.times, beats - 0.6)
    scores = scores[played]
    pieces = [scores[at : at + 8].mean() for at in range(0, max(len(scores) - 7, 1), 4)] if len(scores) else [0.0]
    least = 0.4 if len(grid.segments) == 1 else 0.7
    return bool(min(pieces) > least * float(np.median(pieces)))


def _grid_scores(onsets: Onsets, grid: BeatGrid) -> Vector:
    """Score each beat of the grid: 1 for a clear onset exactly on time."""
    beats = grid.beats()
    worth = np.minimum(onsets.salience / 0.6, 1)
    scores = np.zeros(len(beats))
    if len(beats) and len(onsets.times):
        after = np.clip(np.searchsorted(beats, onsets.times), 1, max(len(beats) - 1, 1)).clip(max=len(beats) - 1)
        nearest = np.where(onsets.times - beats[after - 1] < beats[after] - onsets.times, after - 1, after)
        late = onsets.times - beats[nearest]
        np.maximum.at(scores, nearest, worth * np.exp(-0.5 * np.square(late / (1.5 * TIMING_SECONDS))))
    return scores
