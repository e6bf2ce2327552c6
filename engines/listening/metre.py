"""Which beats start bars: a best guess from chord changes, bass and accents."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engines.listening.grid import BeatGrid
from engines.listening.onsets import Onsets
from engines.listening.spectra import LONG_RATE, Spectra

# Choose four beats per bar unless three fits better by this much: most songs are in four.
THREE_MUST_EXCEED = 1.25

Vector = NDArray[np.float64]


def downbeats_guess(grid: BeatGrid, onsets: Onsets, spectra: Spectra) -> BeatGrid:
    """Add bar lines to the grid: beats per bar for the whole song, the first downbeat for each segment."""
    if not grid.segments:
        return grid
    beats = grid.beats()
    cues = _cues(beats, onsets, spectra)
    four, three = (max(_by_offset(cues, length)) for length in (4, 3))
    length = 3 if three > THREE_MUST_EXCEED * four else 4
    segments, sureness = [], []
    for index, segment in enumerate(grid.segments):
        end = grid.segments[index + 1].start_seconds if index + 1 < len(grid.segments) else grid.duration_seconds
        mine = cues[(beats >= segment.start_seconds - 1e-6) & (beats < end)]
        offset, sure = _best_offset(mine, length)
        segments.append(replace(segment, beats_per_bar=length, downbeat=offset))
        sureness.append(sure * len(mine))
    confidence = round(min(1.0, sum(sureness) / max(len(beats), 1)) * grid.confidence, 3)
    return replace(grid, segments=tuple(segments), downbeat_confidence=confidence)


def _cues(beats: Vector, onsets: Onsets, spectra: Spectra) -> Vector:
    """Score how much each beat sounds like a downbeat: the harmony changes, the bass or the kick comes in."""
    accents = np.minimum(onsets.accents, 1)
    changes = _standard(_harmony_changes(beats, spectra), least=0.02)
    low = _standard(_near(beats, onsets, onsets.strengths[0] * accents), least=0.25)
    snare = _standard(_near(beats, onsets, onsets.strengths[2] * accents * (onsets.strengths[0] < 0.3)), least=0.25)
    return np.asarray(1.5 * changes + 0.7 * low - 0.5 * snare)


def _harmony_changes(beats: Vector, spectra: Spectra) -> Vector:
    """Return one minus the similarity of the chroma before and after each beat (up to two beats on each side)."""
    edges = np.clip(np.round(beats * LONG_RATE).astype(int), 0, spectra.chroma.shape[1])
    totals = np.concatenate([np.zeros((12, 1)), np.cumsum(np.sqrt(spectra.chroma), axis=1)], axis=1)
    bounds = np.concatenate([[0], edges, [spectra.chroma.shape[1]]])
    changes = np.zeros(len(beats))
    for index in range(1, len(bounds) - 1):
        first, here, last = bounds[max(index - 2, 0)], bounds[index], bounds[min(index + 2, len(bounds) - 1)]
        before, after = totals[:, here] - totals[:, first], totals[:, last] - totals[:, here]
        size = float(np.linalg.norm(before) * np.linalg.norm(after))
        changes[index - 1] = 1 - float(before @ after) / size if size > 0 else 0.0
    return changes


def _near(beats: Vector, onsets: Onsets, worth: Vector) -> Vector:
    """Return the value of the onset at each beat (within 50 ms), 0 without one."""
    found = np.zeros(len(beats))
    if not len(onsets.times) or not len(beats):
        return found
    after = np.clip(np.searchsorted(beats, onsets.times), 1, max(len(beats) - 1, 1))
    after = np.minimum(after, len(beats) - 1)
    nearest = np.where(onsets.times - beats[after - 1] < beats[after] - onsets.times, after - 1, after)
    close = np.abs(onsets.times - beats[nearest]) < 0.05
    np.maximum.at(found, nearest[close], worth[close])
    return found


def _standard(values: Vector, *, least: float) -> Vector:
    """Standardize the values; a spread below `least` is noise, so it isn't scaled up."""
    return np.asarray((values - values.mean()) / max(float(values.std()), least))


def _by_offset(cues: Vector, length: int) -> list[float]:
    """For each candidate first downbeat, return the mean cue of the beats that would be downbeats."""
    return [float(cues[offset::length].mean()) if len(cues) > offset else 0.0 for offset in range(length)]


def _best_offset(cues: Vector, length: int) -> tuple[int, float]:
    """Return the best first downbeat and its margin (0…1)."""
    if len(cues) < 2 * length:
        return 0, 0.0
    means = _by_offset(cues, length)
    order = np.argsort(means)[::-1]
    return int(order[0]), float(np.clip((means[order[0]] - means[order[1]]) / 1.5, 0, 1))
