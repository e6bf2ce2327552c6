"""A pulse (one period, one phase) fitted to onsets, and how well it explains them."""

from dataclasses import dataclass

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.listening.onsets import Onsets

SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0
# The timing spread of played notes around the beat (standard deviation); hearing and playing are no more precise.
TIMING_SECONDS = 0.012
# When a song allows several tempos, people tap near this one.
PREFERRED_BPM = 115.0
# Related levels of one rhythm: double, half, triplets, and 3:2 errors.
LEVELS = (1.0, 2.0, 0.5, 3.0, 1 / 3, 1.5, 2 / 3, 4.0, 0.25, 4 / 3, 0.75)

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Pulse:
    """Beats at `phase + n × period` seconds for every whole n."""

    period: float
    phase: float

    @property
    def bpm(self) -> float:
        return 60 / self.period

    def numbers(self, start: float, end: float) -> NDArray[np.int64]:
        """Return the numbers of the beats in [start, end)."""
        first = int(np.ceil((start - self.phase) / self.period - 1e-9))
        last = int(np.ceil((end - self.phase) / self.period - 1e-9))
        return np.arange(first, max(first, last))

    def beats(self, start: float, end: float) -> Vector:
        """Return the times of the beats in [start, end)."""
        return np.asarray(self.phase + self.numbers(start, end) * self.period)


def beat_scores(onsets: Onsets, pulse: Pulse, start: float, end: float) -> Vector:
    """Score each beat in [start, end): 1 for a clear onset exactly on time, 0 for none."""
    return _laid(onsets, np.minimum(onsets.salience / 0.6, 1), pulse, start, end)


def beat_accents(onsets: Onsets, pulse: Pulse, start: float, end: float) -> Vector:
    """Like `beat_scores`, but for how strongly each beat is played: a drum near 1, a hat far below."""
    return _laid(onsets, np.minimum(onsets.accents, 1), pulse, start, end)


def _laid(onsets: Onsets, worth: Vector, pulse: Pulse, start: float, end: float, *, shift: float = 0.0) -> Vector:
    """Return the highest value of an onset near each beat (moved by `shift` periods), falling off with distance."""
    numbers = pulse.numbers(start, end)
    scores = np.zeros(len(numbers))
    if not len(numbers) or not len(onsets.times):
        return scores
    position = (onsets.times - pulse.phase) / pulse.period - shift
    nearest = np.round(position).astype(int)
    late = (position - nearest) * pulse.period
    worth = worth * np.exp(-0.5 * np.square(late / TIMING_SECONDS))
    inside = (nearest >= numbers[0]) & (nearest <= numbers[-1])
    np.maximum.at(scores, nearest[inside] - numbers[0], worth[inside])
    return scores


def pulse_confidence(onsets: Onsets, pulse: Pulse, start: float, end: float) -> float:
    """Return 0 when the beats match no better than random times, 1 when nearly every beat is played on time."""
    scores = beat_scores(onsets, pulse, start, end)
    part = onsets.between(start, end)
    if len(scores) < 4 or not len(part.times):
        return 0.0
    # How well a random moment matches an onset: each covers a bell curve of TIMING_SECONDS.
    cover = np.minimum(part.salience / 0.6, 1).sum() * TIMING_SECONDS * np.sqrt(2 * np.pi) / (end - start)
    by_chance = min(0.9, float(cover))
    return float(np.clip((scores.mean() - by_chance) / (0.8 - 0.8 * by_chance), 0, 1))


def level_score(onsets: Onsets, pulse: Pulse, start: float, end: float) -> float:
    """Score how well this level suits tapping: every beat is accented, little is played between beats, neighboring
    beats are equally strong, kick and snare alternate, and the tempo is a common one.

    The weights were optimized on 90 synthetic songs of ten rhythms, 60 to 200 BPM.
    """
    accents = np.minimum(onsets.accents, 1)
    on = _laid(onsets, accents, pulse, start, end)
    if len(on) < 3:
        return -1.0
    between = max(
        np.mean([_laid(onsets, accents, pulse, start, end, shift=step / parts).mean() for step in range(1, parts)])
        for parts in (2, 3, 5)
    )
    even, odd = on[0::2].mean(), on[1::2].mean()
    uneven = on.mean() * abs(even - odd) / max(even + odd, 1e-9)
    empty = 1 - _laid(onsets, np.minimum(onsets.salience / 0.3, 1), pulse, start, end).mean()
    unusual = np.log2(pulse.bpm / PREFERRED_BPM) ** 2
    backbeat = _backbeat(onsets, accents, pulse, start, end)
    return float(on.mean() - 0.65 * uneven - 0.5 * between - 0.65 * empty + 0.2 * backbeat - 0.25 * unusual)


def _backbeat(onsets: Onsets, accents: Vector, pulse: Pulse, start: float, end: float) -> float:
    """Score how much kick and snare (no low band) alternate from beat to beat."""
    low = np.clip(3 * onsets.strengths[0] / np.maximum(onsets.strengths.sum(axis=0), 1e-9), 0, 1)
    snare = _laid(onsets, accents * (1 - low), pulse, start, end)
    kick = _laid(onsets, accents * low, pulse, start, end)
    snares = snare[1::2].mean() - snare[0::2].mean()
    kicks = kick[0::2].mean() - kick[1::2].mean()
    return float(max(snares + 0.5 * max(kicks, 0), -snares + 0.5 * max(-kicks, 0), 0))


def pulse_refine(onsets: Onsets, pulse: Pulse, start: float, end: float, *, reach: float = 0.04) -> Pulse:
    """Refit the pulse by least squares to the onsets near its beats in [start, end), outliers weighted out (Tukey)."""
    part = onsets.between(start - reach, end + reach)
    for scale in (reach, 0.03, 0.02, 0.015, 0.015):
        number = np.round((part.times - pulse.phase) / pulse.period)
        late = part.times - pulse.phase - number * pulse.period
        weight = part.salience * np.square(np.maximum(0, 1 - np.square(late / scale)))
        if np.count_nonzero(weight > 0) < 3 or np.ptp(number[weight > 0]) < 2:
            return pulse
        center = np.average(number, weights=weight)
        away = number - center
        slope = float((weight * away * late).sum() / (weight * away * away).sum())
        offset = float(np.average(late, weights=weight))
        pulse = Pulse(pulse.period + slope, pulse.phase + offset - slope * float(center))
    return pulse


def pulse_find(onsets: Onsets, start: float, end: float) -> tuple[Pulse, float] | None:
    """Return the pulse to tap in [start, end) with its level score, or None where there are too few onsets."""
    part = onsets.between(start, end)
    if len(part.times) < 4:
        return None
    best: tuple[Pulse, float] | None = None
    for period in _periods(part, end - start):
        for phase in _phases(part, period):
            pulse = pulse_refine(part, Pulse(period, phase), start, end)
            if not SLOWEST_BPM <= pulse.bpm <= FASTEST_BPM:
                continue
            score = level_score(part, pulse, start, end)
            if best is None or score > best[1]:
                best = (pulse, score)
    return best


def pulse_levels(pulse: Pulse) -> list[Pulse]:
    """Return the same rhythm counted at other levels and from other phases."""
    found = []
    for ratio in LEVELS:
        period = pulse.period * ratio
        if SLOWEST_BPM <= 60 / period <= FASTEST_BPM:
            steps = {0.0, 0.5, *(step / max(ratio, 1) for step in range(round(max(ratio, 1))))}
            found += [Pulse(period, pulse.phase + step * period) for step in steps]
    return found


def _periods(part: Onsets, seconds: float) -> list[float]:
    """Return candidate periods: where the onsets and their subdivisions line up best (a Fourier sum over onsets)."""
    # A peak is as wide as one over the length; steps of a fifth of that can't miss one.
    step = max(0.2, min(1.0, 12.0 / max(seconds, 1.0)))
    frequency = np.arange(SLOWEST_BPM, FASTEST_BPM, step) / 60
    turns = np.exp(2j * np.pi * part.times[None, :] * frequency[:, None])
    aligned = np.zeros(len(frequency))
    power = np.ones_like(turns)
    for worth in (1.0, 0.8, 0.4, 0.5):  # the beat, its halves, thirds and quarters
        power = power * turns
        aligned += worth * np.abs((power * part.salience).sum(axis=1))
    aligned = scipy.ndimage.gaussian_filter1d(aligned, 1.0)
    tops = np.flatnonzero((aligned == scipy.ndimage.maximum_filter1d(aligned, 9)) & (aligned > 0))
    tops = tops[np.argsort(-aligned[tops])][:6]
    periods = {round(ratio / frequency[top], 5) for top in tops for ratio in LEVELS}
    return sorted(period for period in periods if SLOWEST_BPM <= 60 / period <= FASTEST_BPM)


def _phases(part: Onsets, period: float) -> list[float]:
    """Return the two phases with the most notes."""
    bins = 48
    position = ((part.times % period) / period * bins).astype(int) % bins
    played = scipy.ndimage.gaussian_filter1d(np.bincount(position, part.salience, bins), 1.2, mode="wrap")
    tops = np.flatnonzero(played == scipy.ndimage.maximum_filter1d(played, 7, mode="wrap"))
    tops = tops[np.argsort(-played[tops])][:2]
    return [(float(top) + 0.5) / bins * period for top in tops]
