"""Where someone sings. In a mix it is a guess from how voices move; in a stem it is simply where there is sound."""

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from engines.listening.decoding import SAMPLE_RATE, Stereo
from engines.listening.loudness import lufs
from engines.listening.singing import RATE, singing_probability
from engines.listening.spectra import LONG_RATE

# The highest confidence a guess from a mix can have.
MIX_CEILING = 0.6
SUNG = 0.5
# A breath between two lines doesn't end a passage, and a shorter sound isn't one.
JOIN_SECONDS, SHORTEST_SECONDS = 0.6, 0.5
# A stem counts as silent this far below its loud moments (headphone bleed is that quiet).
STEM_FLOOR_DB = 32.0

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class VoiceActivity:
    """`ranges` are (start, end) seconds; `confidence` (0…1) applies to all of them."""

    ranges: tuple[tuple[float, float], ...]
    confidence: float


class VoiceCollector:
    """Feed a mix's blocks with `add`, read `activity()` at the end."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="s16p", layout="stereo", rate=RATE)
        self._parts: list[NDArray[Any]] = []

    def add(self, block: Stereo) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = None
        self._parts.extend(out.to_ndarray() for out in self._resampler.resample(frame))

    def activity(self) -> VoiceActivity:
        """Return stretches that sound like a voice; the more clearly they differ from the rest, the more confident."""
        self._parts.extend(out.to_ndarray() for out in self._resampler.resample(None))
        sound = np.concatenate(self._parts, axis=1) if self._parts else np.zeros((2, 0), np.int16)
        self._parts.clear()
        likely = singing_probability(sound)
        seconds = sound.shape[1] / RATE
        sure = float(np.mean(np.abs(likely - SUNG))) * 2
        active = np.repeat(likely > SUNG, round(LONG_RATE))
        return VoiceActivity(_ranges(active, seconds), round(MIX_CEILING * sure, 3))


def voice_in_stem(steps: Vector, seconds: float) -> VoiceActivity:
    """Find the voice in a stem from a LoudnessMeter's `steps`: power per tenth of a second."""
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
