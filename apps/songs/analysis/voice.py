"""Where somebody sings. In a mix it is a guess from one thing only: a voice's pitch wanders (scoops, vibrato,
glides) where keys and frets hold theirs. In a vocal stem it is simply where there is sound."""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when first used: half a second of every process's start
from numpy.typing import NDArray

from apps.songs.analysis.loudness import lufs
from apps.songs.analysis.spectra import LONG_RATE, Spectra

# Chosen on synthetic songs with and without a singer, of which drums, keys and plucked strings stay below.
SUNG = 0.42
# No more than this is ever claimed for a guess from a mix.
MIX_CEILING = 0.6
# A breath between two lines does not end a passage; a shorter sound than this is not one.
JOIN_SECONDS, SHORTEST_SECONDS = 0.6, 0.5
# A stem is silent this far below its loud moments (bleed from headphones lies there).
STEM_FLOOR_DB = 32.0

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class VoiceActivity:
    """`ranges` are (start, end) seconds; `confidence` 0…1 is for all of them."""

    ranges: tuple[tuple[float, float], ...]
    confidence: float


def voice_in_mix(spectra: Spectra) -> VoiceActivity:
    """Stretches of tonal sound whose partials wander; the clearer they differ from the rest, the surer."""
    wander, tonal, power = (row.astype(float) for row in spectra.voice)
    if not len(power) or power.max() <= 0:
        return VoiceActivity((), 0.0)
    audible = power > 1e-4 * np.percentile(power, 95)
    sung = np.clip((wander - 0.03) / 0.2, 0, 1) * np.clip((tonal - 0.82) / 0.12, 0, 1) * audible
    sung = scipy.ndimage.uniform_filter1d(sung, 7)
    active = scipy.ndimage.median_filter((sung > SUNG).astype(np.uint8), size=7).astype(bool)
    doubt = float(np.mean(np.abs(sung[audible] - SUNG) < 0.1)) if audible.any() else 1.0
    return VoiceActivity(_ranges(active, spectra.seconds), round(MIX_CEILING * (1 - doubt), 3))


def voice_in_stem(steps: Vector, seconds: float) -> VoiceActivity:
    """`steps` are a LoudnessMeter's: power per tenth of a second of the stem."""
    level = lufs(scipy.ndimage.uniform_filter1d(steps, 3)) if len(steps) else steps
    if not len(level) or level.max() < -60:
        return VoiceActivity((), 0.9)
    active = level > float(np.percentile(level, 98)) - STEM_FLOOR_DB
    return VoiceActivity(_ranges(active, seconds), 0.95)


def _ranges(active: NDArray[np.bool_], seconds: float) -> tuple[tuple[float, float], ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
    joined: list[list[float]] = []
    for start, end in zip(edges[0::2] / LONG_RATE, edges[1::2] / LONG_RATE, strict=True):
        if joined and start - joined[-1][1] < JOIN_SECONDS:
            joined[-1][1] = float(end)
        else:
            joined.append([float(start), float(end)])
    kept = [(round(a, 2), round(min(b, seconds), 2)) for a, b in joined if b - a >= SHORTEST_SECONDS]
    return tuple(kept)
