"""How intense the song is over time, 0 (quiet) to 1 (its loudest)."""

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.listening.loudness import STEPS_PER_SECOND, lufs
from engines.listening.onsets import Onsets

ENERGY_RATE = float(STEPS_PER_SECOND)
# Modern masters vary by only a few dB; a passage counts as quiet when it is at least this far below the loud ones.
LEAST_RANGE_DB, MOST_RANGE_DB = 12.0, 30.0
# Anything below this is silence, however quiet the song's loudest moment.
SILENCE_LUFS = -60.0

Vector = NDArray[np.float64]


def energy_curve(steps: Vector) -> Vector:
    """Return the loudness of 0.4 s around each tenth of a second, scaled to 0…1 between the song's quiet and loud."""
    if not len(steps):
        return np.zeros(0)
    level = lufs(scipy.ndimage.uniform_filter1d(steps, 4))
    loud = max(float(np.percentile(level, 95)), SILENCE_LUFS + LEAST_RANGE_DB)
    quiet = float(np.clip(np.percentile(level, 10), loud - MOST_RANGE_DB, loud - LEAST_RANGE_DB))
    return np.asarray(np.clip((level - quiet) / (loud - quiet), 0, 1))


def activity_curve(onsets: Onsets, length: int) -> Vector:
    """Return accents per second over four seconds around each tenth of a second, 1 at the song's busiest."""
    counts = np.zeros(length)
    if not len(onsets.times) or not length:
        return counts
    at = np.clip((onsets.times * ENERGY_RATE).astype(int), 0, length - 1)
    np.add.at(counts, at, onsets.accents)
    smooth = scipy.ndimage.uniform_filter1d(counts, round(4 * ENERGY_RATE))
    return np.asarray(np.clip(smooth / max(float(np.percentile(smooth, 95)), 1e-9), 0, 1))


def intensity_curve(steps: Vector, onsets: Onsets) -> Vector:
    """Return the curve that scenes follow: mostly loudness, partly activity."""
    energy = energy_curve(steps)
    return np.asarray(0.75 * energy + 0.25 * activity_curve(onsets, len(energy)) * (energy > 0))
