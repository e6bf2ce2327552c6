"""Where somebody sings or speaks. In a mix it is a judgment; in a vocal stem it is simply where there is sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import av
import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from engines.listening.decoding import SAMPLE_RATE, Stereo
from engines.listening.loudness import lufs
from engines.listening.singing import RATE, STEPS_PER_SECOND, HeardVoices, voices_heard
from engines.listening.spectra import LONG_RATE

# A passage holds a moment at least this likely, and reaches as far as it stays at least that likely.
SURE, POSSIBLE = 0.5, 0.2
# A breath between two lines doesn't end a passage, and a shorter sound isn't one.
JOIN_SECONDS, SHORTEST_SECONDS = 0.6, 0.5
# With less than this in all, nobody sings; with more than the second and the shares below, somebody does.
NOBODY_SECONDS, SOMEBODY_SECONDS = 0.5, 2.0
# How much of the passages must be sure, and how much of what is heard as a voice must be agreed on.
_SURE_SHARE, _AGREED_SHARE = 0.4, 0.45
# This much of the song sounds like a voice at one speed and at no other: an instrument, or a voice deep in the mix.
_DOUBTFUL_SHARE = 0.3
# A part of a mix is surely without a voice if it resembles one this little, for this long.
_NO_VOICE, _STILL_SECONDS = 0.05, 0.8
# Talking over music hardly ever sounds like singing to the model, while singing often sounds like talking.
_SINGING = 0.05
# A stem counts as silent this far below its loud moments (headphone bleed is that quiet).
STEM_FLOOR_DB = 32.0
STEM_CONFIDENCE = 0.95

Vector = NDArray[np.float64]


class VoiceKind(StrEnum):
    SINGING = "singing"
    SPEECH = "speech"


@dataclass(frozen=True)
class VoiceSpan:
    """A passage with a voice, in seconds; `confidence` is 0…1."""

    start: float
    end: float
    kind: VoiceKind = VoiceKind.SINGING
    confidence: float = STEM_CONFIDENCE


@dataclass(frozen=True)
class VoiceActivity:
    """The passages with a voice in order of time. `sings` is None if it is uncertain whether there is any. `still` are
    the parts of a mix, in seconds, in which surely nobody sings or speaks."""

    spans: tuple[VoiceSpan, ...]
    sings: bool | None
    still: tuple[tuple[float, float], ...] = ()


class VoiceCollector:
    """Feed a mix's blocks with `add`, read `activity()` at the end."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="s16p", layout="stereo", rate=RATE)
        self._parts: list[NDArray[Any]] = []

    def add(self, block: Stereo) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = None
        self._take(frame)

    def activity(self) -> VoiceActivity:
        """Return the passages that sound like a voice at every speed."""
        self._take(None)
        sound = np.concatenate(self._parts, axis=1) if self._parts else np.zeros((1, 0), np.int16)
        self._parts.clear()
        return voice_in_mix(sound)

    def _take(self, frame: av.AudioFrame | None) -> None:
        for out in self._resampler.resample(frame):
            # Only the middle is judged.
            self._parts.append(out.to_ndarray().mean(axis=0, keepdims=True).astype(np.int16))


def voice_in_mix(sound: NDArray[Any]) -> VoiceActivity:
    """Find the voices in samples of a mix as `voices_heard` takes."""
    heard = voices_heard(sound)
    seconds = sound.shape[1] / RATE
    spans = _mix_spans(heard, seconds)
    sure = float(np.mean(heard.agreed > SURE)) * seconds if len(heard.agreed) else 0.0
    covered = sum(span.end - span.start for span in spans)
    plain = float(np.mean(heard.plain > SURE)) if len(heard.plain) else 0.0
    if sure < NOBODY_SECONDS:
        return VoiceActivity(spans, None if plain > _DOUBTFUL_SHARE else False)
    certain = sure >= SOMEBODY_SECONDS and sure >= _SURE_SHARE * covered and sure >= _AGREED_SHARE * plain * seconds
    return VoiceActivity(spans, True if certain else None, _still(heard, seconds))


def voice_in_stem(steps: Vector, seconds: float) -> VoiceActivity:
    """Find the voice in a stem from a LoudnessMeter's `steps`: power per tenth of a second."""
    level = lufs(scipy.ndimage.uniform_filter1d(steps, 3)) if len(steps) else steps
    if not len(level) or level.max() < -60:
        return VoiceActivity((), False)
    active = level > float(np.percentile(level, 98)) - STEM_FLOOR_DB
    spans = tuple(VoiceSpan(start, end) for start, end in _ranges(active, seconds, LONG_RATE))
    return VoiceActivity(spans, bool(spans))


def _still(heard: HeardVoices, seconds: float) -> tuple[tuple[float, float], ...]:
    """Return where not even the sound as it is resembles a voice, for a while."""
    silent = scipy.ndimage.binary_opening(heard.plain < _NO_VOICE, np.ones(round(_STILL_SECONDS * STEPS_PER_SECOND)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(int), [0]]))) / STEPS_PER_SECOND
    pairs = zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
    return tuple((round(start, 2), round(min(end, seconds), 2)) for start, end in pairs)


def _mix_spans(heard: HeardVoices, seconds: float) -> tuple[VoiceSpan, ...]:
    possible = heard.agreed > POSSIBLE
    labels, _ = scipy.ndimage.label(possible)
    seeded = np.unique(labels[heard.agreed > SURE])
    active = np.isin(labels, seeded[seeded > 0])
    return tuple(
        VoiceSpan(start, end, _kind(heard, start, end), _confidence(heard, start, end))
        for start, end in _ranges(active, seconds, STEPS_PER_SECOND)
    )


def _kind(heard: HeardVoices, start: float, end: float) -> VoiceKind:
    return VoiceKind.SINGING if float(_part(heard.singing, start, end).mean()) > _SINGING else VoiceKind.SPEECH


def _confidence(heard: HeardVoices, start: float, end: float) -> float:
    return round(float(_part(heard.agreed, start, end).mean()), 2)


def _part(values: Vector, start: float, end: float) -> Vector:
    first = int(start * STEPS_PER_SECOND)
    return values[first : max(first + 1, round(end * STEPS_PER_SECOND))]


def _ranges(active: NDArray[np.bool_], seconds: float, rate: float) -> Sequence[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
    joined: list[list[float]] = []
    for start, end in zip(edges[0::2] / rate, edges[1::2] / rate, strict=True):
        if joined and start - joined[-1][1] < JOIN_SECONDS:
            joined[-1][1] = float(end)
        else:
            joined.append([float(start), float(end)])
    return [(round(a, 2), round(min(b, seconds), 2)) for a, b in joined if b - a >= SHORTEST_SECONDS]
