"""From onsets to the beat grid: stretches of constant tempo, extended from where the pulse is clearest."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.listening.bending import bending_grid, evidence, explains_all
from engines.listening.grid import BeatGrid, segment_at
from engines.listening.onsets import Onsets
from engines.listening.pulse import (
    Pulse,
    beat_accents,
    beat_scores,
    level_score,
    pulse_confidence,
    pulse_find,
    pulse_levels,
    pulse_refine,
)

# The pulse is first searched for in windows of this length, which hold 12 beats of the slowest tempo.
WINDOW_SECONDS, WINDOW_HOP_SECONDS = 12.0, 6.0
MOST_WINDOWS = 40
ENOUGH_WINDOWS = 6
NO_DOUBT = 0.9
# A stretch shorter than this gets no tempo of its own.
SHORTEST_SECONDS = 5.0
# A stretch ends once this many beats' worth of evidence speaks against it.
PATIENCE_BEATS = 5.0
# A stretch with less confidence than this doesn't become a segment next to a clearer one.
LEAST_CONFIDENCE = 0.35
# A player's tempo drifts by this much; level scores that differ by less are a matter of taste.
SAME_TEMPO, CLEARLY = 0.06, 0.2

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """One constant pulse, heard from `start` to `end` seconds."""

    pulse: Pulse
    start: float
    end: float
    confidence: float


def grid_find(onsets: Onsets, duration: float) -> BeatGrid:
    """Find the song's grid. Without a pulse there are no segments and the confidence is 0."""
    stretches = _stretches(onsets, 0.0, duration)
    if not stretches:
        return BeatGrid((), duration, 0.0)
    stretches = _joined(onsets, _on_one_level(onsets, sorted(stretches, key=lambda stretch: stretch.start)))
    steady = _laid_out(onsets, stretches, duration)
    if explains_all(onsets, steady):
        return steady
    bending = bending_grid(onsets, duration)
    return bending if bending and evidence(onsets, bending) > evidence(onsets, steady) else steady


def _laid_out(onsets: Onsets, stretches: list[Stretch], duration: float) -> BeatGrid:
    starts = [0.0, *(_border(onsets, first, second) for first, second in pairwise(stretches))]
    # A stretch may have grown slightly past the border; refit it to what lies inside.
    pulses = [
        pulse_refine(onsets, stretch.pulse, start, end, reach=0.03)
        for stretch, (start, end) in zip(stretches, pairwise([*starts, duration]), strict=True)
    ]
    segments = tuple(segment_at(start, pulse.period, pulse.phase) for start, pulse in zip(starts, pulses, strict=True))
    return BeatGrid(segments, duration, _overall(stretches, duration))


def _stretches(onsets: Onsets, start: float, end: float) -> list[Stretch]:
    """Find the clearest stretch in [start, end), then recurse into what is left before and after it."""
    if end - start < SHORTEST_SECONDS:
        return []
    seed = _seed(onsets, start, end)
    if seed is None:
        return []
    best = _grown(onsets, seed, start, end)
    whole = best.end - best.start
    if whole < SHORTEST_SECONDS:
        return []
    before = _stretches(onsets, start, best.start)
    after = _stretches(onsets, best.end, end)
    clear = [stretch for stretch in (*before, *after) if stretch.confidence >= LEAST_CONFIDENCE]
    return [best, *clear]


def _seed(onsets: Onsets, start: float, end: float) -> Stretch | None:
    """Return the window with the clearest pulse. A few windows across the span are enough if one is unambiguous; a
    window across a tempo change can look clear too, but scores below its neighbors."""
    length = min(WINDOW_SECONDS, end - start)
    hop = max(WINDOW_HOP_SECONDS, (end - start) / MOST_WINDOWS)
    firsts = np.arange(start, max(end - length, start) + 1e-6, hop)
    stride = max(1, len(firsts) // ENOUGH_WINDOWS)
    found: list[tuple[float, Stretch]] = []
    for turn in range(stride):
        for first in firsts[turn::stride]:
            candidate = pulse_find(onsets, first, first + length)
            if candidate is not None:
                pulse, score = candidate
                confidence = pulse_confidence(onsets, pulse, first, first + length)
                found.append((confidence + score, Stretch(pulse, first, first + length, confidence)))
        if found and max(found, key=lambda pair: pair[0])[1].confidence > NO_DOUBT:
            break
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _grown(onsets: Onsets, seed: Stretch, start: float, end: float) -> Stretch:
    """Extend the seed both ways while the beats agree, refit the whole, then choose its level."""
    pulse, low, high = _extended(onsets, seed.pulse, seed.start, seed.end, (start, end))
    levels = [pulse_refine(onsets, level, low, high) for level in (pulse, *pulse_levels(pulse))]
    pulse = max(levels, key=lambda level: level_score(onsets, level, low, high))
    return Stretch(pulse, low, high, pulse_confidence(onsets, pulse, low, high))


def _extended(
    onsets: Onsets, pulse: Pulse, low: float, high: float, limits: tuple[float, float]
) -> tuple[Pulse, float, float]:
    """Follow the pulse of [low, high) both ways within `limits`; return it and how far it held."""
    typical = float(beat_scores(onsets, pulse, low, high).mean())
    for _ in range(2):
        pulse, high = _extend(onsets, pulse, (low, high, limits[1]), typical)
        backwards = Pulse(pulse.period, -pulse.phase)
        backwards, reach = _extend(_mirror(onsets), backwards, (-high, -low, -limits[0]), typical)
        pulse, low = Pulse(backwards.period, -backwards.phase), -reach
    return pulse, low, high


def pulse_follow(onsets: Onsets, pulse: Pulse, heard: tuple[float, float], duration: float, tolerance: float) -> Pulse:
    """Refine a roughly known pulse with the onsets: first where it was `heard`, then as far as it continues.

    Returns the pulse unchanged where the onsets don't follow it within `tolerance` seconds.
    """
    low, high = heard
    near = pulse_refine(onsets, pulse, low, high, reach=tolerance)
    asked, found = pulse.beats(low, high), near.phase + pulse.numbers(low, high) * near.period
    scores = beat_scores(onsets, near, low, high)
    if not len(asked) or np.abs(asked - found).max() > tolerance or scores.mean() < 0.3:
        return pulse
    return _extended(onsets, near, low, high, (0.0, duration))[0]


def _mirror(onsets: Onsets) -> Onsets:
    """Reverse time, so that extending only needs one direction."""
    return Onsets(-onsets.times[::-1], onsets.strengths[:, ::-1], onsets.salience[::-1], onsets.accents[::-1])


def _extend(onsets: Onsets, pulse: Pulse, span: tuple[float, float, float], typical: float) -> tuple[Pulse, float]:
    """Move `high` of `span` (low, high, limit) towards `limit`, refitting every few beats; stop where the evidence
    turns against it."""
    low, high, limit = span
    reached, evidence, best = high, 0.0, 0.0
    at = high
    while at < limit and evidence > best - PATIENCE_BEATS:
        step_end = min(at + 4 * pulse.period, limit)
        scores = beat_scores(onsets, pulse, at, step_end)
        times = pulse.beats(at, step_end)
        for time, gain in zip(times, _gains(onsets, scores, times, pulse, typical), strict=True):
            evidence += gain
            if evidence > best:
                best, reached = evidence, float(time) + pulse.period / 2
            if evidence <= best - PATIENCE_BEATS:
                break
        at = step_end
        if reached == high or evidence == best:
            pulse = pulse_refine(onsets, pulse, low, max(high, reached))
    # Silence until the end is no evidence against it.
    if evidence > best - 1e-9 and at >= limit:
        reached = limit
    return pulse, min(max(reached, high), limit)


def _gains(onsets: Onsets, scores: Vector, times: Vector, pulse: Pulse, typical: float) -> Vector:
    """Return the evidence of each beat: above half the pulse's typical score counts for it, below counts against it,
    and a beat in silence counts for nothing."""
    near = np.searchsorted(onsets.times, times + 1.5 * pulse.period) - np.searchsorted(
        onsets.times, times - 1.5 * pulse.period
    )
    return np.where(near > 0, scores - 0.5 * typical, 0.0)


def _on_one_level(onsets: Onsets, stretches: list[Stretch]) -> list[Stretch]:
    """Count a song at one level: a stretch at twice or half the longest one's tempo adopts that tempo, unless its
    onsets clearly say otherwise."""
    longest = max(stretches, key=lambda stretch: stretch.end - stretch.start)
    return [_counted_like(onsets, stretch, longest.pulse.period) for stretch in stretches]


def _counted_like(onsets: Onsets, stretch: Stretch, period: float) -> Stretch:
    """Return the stretch counted near `period`, where that fits as well."""
    if not any(abs(stretch.pulse.period * level / period - 1) < SAME_TEMPO for level in (0.5, 2.0)):
        return stretch
    levels = [level for level in pulse_levels(stretch.pulse) if abs(level.period / period - 1) < SAME_TEMPO]
    scores = [level_score(onsets, level, stretch.start, stretch.end) for level in levels]
    present = level_score(onsets, stretch.pulse, stretch.start, stretch.end)
    if not scores or max(scores) < present - CLEARLY:
        return stretch
    pulse = levels[int(np.argmax(scores))]
    return replace(stretch, pulse=pulse, confidence=pulse_confidence(onsets, pulse, stretch.start, stretch.end))


def _joined(onsets: Onsets, stretches: list[Stretch]) -> list[Stretch]:
    """Merge neighbors that are one pulse with a break in between."""
    joined = stretches[:1]
    for stretch in stretches[1:]:
        last = joined[-1]
        whole = pulse_refine(onsets, last.pulse, last.start, stretch.end, reach=0.03)
        same = all(
            beat_scores(onsets, whole, part.start, part.end).mean()
            > 0.9 * beat_scores(onsets, part.pulse, part.start, part.end).mean()
            for part in (last, stretch)
        )
        if same and abs(np.log(last.pulse.period / stretch.pulse.period)) < 0.01:
            confidence = pulse_confidence(onsets, whole, last.start, stretch.end)
            joined[-1] = Stretch(whole, last.start, stretch.end, confidence)
        else:
            joined.append(stretch)
    return joined


def _border(onsets: Onsets, first: Stretch, second: Stretch) -> float:
    """Return where the second pulse takes over: the beat at which both together explain the most."""
    low, high = first.end - 6 * first.pulse.period, second.start + 6 * second.pulse.period
    low, high = max(low, first.start), min(high, second.end)
    choices = second.pulse.beats(low, high)
    if not len(choices):
        return second.start
    before, after = first.pulse.beats(low, high), choices
    gains_before = beat_accents(onsets, first.pulse, low, high) - 0.4
    gains_after = beat_accents(onsets, second.pulse, low, high) - 0.4
    worth = [
        gains_before[before < choice - 0.3 * first.pulse.period].sum() + gains_after[after >= choice - 1e-6].sum()
        for choice in choices
    ]
    # Two tempos can't be told apart at a beat they share: the second one starts with it.
    return float(choices[np.flatnonzero(np.array(worth) > max(worth) - 0.05)[0]])


def _overall(stretches: list[Stretch], duration: float) -> float:
    """Return confidence weighted by length; many short tempos mean free time, however well each one fits."""
    lengths = np.array([stretch.end - stretch.start for stretch in stretches])
    weighted = float(np.average([stretch.confidence for stretch in stretches], weights=lengths))
    steady = float(np.clip(lengths.mean() / min(12.0, 0.5 * duration), 0, 1))
    heard = float(np.clip(1.5 * lengths.sum() / duration, 0, 1))
    return round(weighted * steady * heard, 3)
