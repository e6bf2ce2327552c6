"""What each beat sounds like: how much like a downbeat, how it divides, and whether it repeats earlier ones."""

from dataclasses import dataclass

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.listening.onsets import Onsets
from engines.listening.spectra import LONG_RATE, Spectra

# A beat's rhythm is compared at this many places: quarters and thirds of it fall on whole ones.
PLACES = 12
# Repetition is judged over this many beats.
AROUND_BEATS = 8
# Beats divide into three when their thirds have this many times the notes of their halves.
COMPOUND_RATIO = 1.5

# An onset weaker than this in a band isn't a note.
LEAST_PLAYED = 0.05
# Some chords differ more than others; a cue above this says nothing more.
CLEAR_ENOUGH = 2.2

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class BeatCues:
    """`downbeat` (n,): about 0 on average, above 1 for a likely downbeat. `rhythm` (n, …): what is played where in
    the beat, centered and of unit length. `compound`: the beats divide into three, as in 6/8. `played`: the share of
    beats on which something is played. `grounded`: how much more the low instruments play on the beats than halfway.
    `divided`: the share of beats within which something is played."""

    downbeat: Vector
    rhythm: Vector
    compound: bool
    played: float
    grounded: float
    divided: float

    def repeats(self, length: int) -> Vector:
        """Return how much each beat repeats the one `length` beats before, -1…1; 0 where there is none."""
        found = np.zeros(len(self.rhythm))
        if len(found) > length:
            found[length:] = (self.rhythm[length:] * self.rhythm[:-length]).sum(axis=1)
            found = scipy.ndimage.uniform_filter1d(found, AROUND_BEATS, mode="nearest")
        return np.asarray(found)


def beat_cues(beats: Vector, onsets: Onsets, spectra: Spectra) -> BeatCues:
    """Describe the beats (ascending times in seconds)."""
    accents = np.minimum(onsets.accents, 1)
    changes = _standard(_harmony_changes(beats, spectra), least=0.02)
    low = _standard(_near(beats, onsets, onsets.strengths[0] * accents), least=0.25)
    snare = _standard(_near(beats, onsets, onsets.strengths[2] * accents * (onsets.strengths[0] < 0.3)), least=0.25)
    played = _played(beats, onsets, accents)
    centered = played - played.mean(axis=0)
    rhythm = centered / np.maximum(np.linalg.norm(centered, axis=1), 0.3)[:, None]
    downbeat = np.minimum(1.5 * changes + 0.7 * low - 0.5 * snare, CLEAR_ENOUGH)
    anything = _near(beats, onsets, np.minimum(onsets.salience / 0.3, 1))
    within = played.reshape(len(beats), 3, PLACES)[:, :, 2:-1].max(axis=(1, 2)) > LEAST_PLAYED
    return BeatCues(
        downbeat=np.asarray(downbeat),
        rhythm=rhythm,
        compound=_compound(played),
        played=float(anything.mean()) if len(beats) else 0.0,
        grounded=_grounded(played),
        divided=float(within.mean()) if len(beats) else 0.0,
    )


def _played(beats: Vector, onsets: Onsets, accents: Vector) -> Vector:
    """Return (beats, 3 × PLACES): how strongly each band plays at each place of each beat."""
    found = np.zeros((len(beats), 3, PLACES))
    if len(beats) < 2 or not len(onsets.times):
        return found.reshape(len(beats), -1)
    edges = np.append(beats, 2 * beats[-1] - beats[-2])
    position = np.interp(onsets.times, edges, np.arange(len(edges)), left=-1, right=len(beats))
    place = np.round(position * PLACES).astype(int)
    inside = (place >= 0) & (place < len(beats) * PLACES)
    beat, part = np.divmod(place[inside], PLACES)
    for band, worth in enumerate(onsets.strengths * accents):
        np.maximum.at(found[:, band], (beat, part), worth[inside])
    return found.reshape(len(beats), -1)


def _compound(played: Vector) -> bool:
    """Return whether the beats divide into three rather than two or four."""
    places = played.reshape(len(played), 3, PLACES).sum(axis=(0, 1)) if len(played) else np.zeros(PLACES)
    half, thirds = places[5:8].sum(), 2 * min(places[3:6].sum(), places[7:10].sum())
    return bool(thirds > COMPOUND_RATIO * half + 0.1 * places.sum())


def _grounded(played: Vector) -> float:
    low = played.reshape(len(played), 3, PLACES)[:, 0].sum(axis=0) if len(played) else np.zeros(PLACES)
    return float((low[0] - low[PLACES // 2]) / max(low.sum(), 1e-9))


def _harmony_changes(beats: Vector, spectra: Spectra) -> Vector:
    """Return one minus the similarity of the chroma before and after each beat (up to two beats on each side)."""
    edges = np.clip(np.round(beats * LONG_RATE).astype(int), 0, spectra.chroma.shape[1])
    totals = np.concatenate([np.zeros((12, 1)), np.cumsum(np.sqrt(spectra.chroma), axis=1)], axis=1)
    bounds = np.concatenate([[0, 0], edges, [spectra.chroma.shape[1]] * 2])
    here = totals[:, edges]
    before, after = here - totals[:, bounds[:-4]], totals[:, bounds[4:]] - here
    size = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
    return np.asarray(np.where(size > 0, 1 - (before * after).sum(axis=0) / np.maximum(size, 1e-12), 0.0))


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
