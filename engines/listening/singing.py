"""Whether someone sings or speaks in a mix.

A voice's pitch glides while keys and frets hold theirs, its vowels change while it sounds, and its loudness follows
syllables. None of the three is reliable alone (bent strings, filters, drums), so they are weighed together. Takes
stereo samples at RATE and returns a probability per second.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

RATE = 8_000
_WINDOW, _HOP, _FFT = 512, 160, 1024  # 64 ms every 20 ms, 7.8 Hz a bin
_FRAMES = RATE // _HOP
_CENTS = 10.0
# Pitches from 80 to 640 Hz.
_PITCHES = 80 * 2 ** (np.arange(360) * _CENTS / 1200)
_HARMONICS = 8
_STEPS = np.arange(-10, 11, 2)  # how far a pitch can glide in a frame, in _CENTS
# Each estimate uses this many seconds around it.
CONTEXT_SECONDS = 4.0
# Fitted (logistic) on 33 instrumental pieces, with and without real voices, spoken and sung, at about their loudness.
# A piece held out of the fit is told apart from itself with a voice in 87 (spoken) to 92 (sung) of 100 pairs.
_WEIGHTS = np.array([1.718, -2.011, 8.779, 0.808, 1.309, 2.981])
_BIAS = -1.705
# The amount processed at a time, so that memory use doesn't grow with the song.
_PART_SECONDS = 40
_QUIET = 1e-8

Values = NDArray[Any]


@dataclass(frozen=True)
class _Frames:
    """Per frame: whether the pitch is clear, how far it stands out, how fast it moves (cents per 100 ms), how loud the
    vowel band is, and how loud the bands are in which vowels differ (9, n)."""

    clear: Values
    salience: Values
    slope: Values
    loud: Values
    vowels: Values


def singing_probability(sound: NDArray[Any]) -> Values:
    """Return 0…1 for each second (the last may be shorter) of (2, n) samples at RATE: floats, full scale ±1, or 16-bit
    integers, which take half of the memory."""
    seconds = max(1, int(np.ceil(sound.shape[1] / RATE)))
    frames = _all_frames(sound)
    reach = round(CONTEXT_SECONDS * _FRAMES / 2)
    scores = np.zeros(seconds)
    for second in range(seconds):
        middle = (second * 2 + 1) * _FRAMES // 2
        part = slice(max(0, middle - reach), middle + reach)
        if len(frames.loud[part]) >= _FRAMES and float(frames.loud[part].max()) > np.log(_QUIET) + 2:
            scores[second] = 1 / (1 + np.exp(-float(_features(frames, part) @ _WEIGHTS + _BIAS)))
    return scores


def _all_frames(sound: NDArray[Any]) -> _Frames:
    parts = [
        _frames(_floats(sound[:, start : start + _PART_SECONDS * RATE]))
        for start in range(0, sound.shape[1], _PART_SECONDS * RATE)
        if sound.shape[1] - start >= _WINDOW
    ]
    if not parts:
        none = np.zeros(0)
        return _Frames(none, none, none, none, np.zeros((1, 0)))
    clear, salience, slope, loud = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("clear", "salience", "slope", "loud")
    )
    return _Frames(clear, salience, slope, loud, np.concatenate([part.vowels for part in parts], axis=1))


def _floats(sound: NDArray[Any]) -> NDArray[Any]:
    return sound.astype(np.float32) / 32768 if sound.dtype == np.int16 else sound


def _frames(sound: NDArray[Any]) -> _Frames:
    middle, side = (sound[0] + sound[1]) / 2, (sound[0] - sound[1]) / 2
    magnitude = _spectrum(middle)
    if float(np.abs(side).max(initial=0.0)) > 1e-4:
        # Voices are mixed to the center; anything wide is music.
        power = magnitude**2
        magnitude = np.sqrt(np.maximum(power - 1.5 * _spectrum(side) ** 2, 0.05 * power))
    hertz = np.fft.rfftfreq(_FFT, 1 / RATE)
    power = magnitude**2
    salience = _salience(magnitude)
    path = _followed(salience)
    spread = salience.std(axis=0) + 1e-6
    found = (salience[path, np.arange(salience.shape[1])] - np.median(salience, axis=0)) / spread
    smooth = scipy.ndimage.gaussian_filter1d(path * _CENTS, 1.5)
    slope = np.abs(np.gradient(smooth)) * 5 if len(smooth) > 1 else np.zeros(len(smooth))
    edges = np.geomspace(400, 3600, 10)
    vowels = [np.log(power[(hertz >= low) & (hertz < high)].sum(axis=0) + _QUIET) for low, high in pairwise(edges)]
    loud = np.log(power[(hertz > 600) & (hertz < 3000)].sum(axis=0) + _QUIET)
    return _Frames(found > 4.0, found, slope, loud, np.array(vowels))


def _spectrum(wave: NDArray[Any]) -> Values:
    _, _, spectrum = scipy.signal.stft(
        wave, RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, nfft=_FFT, padded=False, boundary=None
    )
    magnitude: Values = np.abs(spectrum)
    return magnitude


def _salience(magnitude: Values) -> Values:
    """Score each pitch by how strong its harmonics are in a frame against the points half-way between them."""
    level = np.sqrt(magnitude)
    level /= scipy.ndimage.uniform_filter1d(level, 61, axis=0) + 1e-4 * float(level.max(initial=0.0)) + 1e-9
    salience = np.zeros((len(_PITCHES), level.shape[1]))
    for harmonic in range(1, _HARMONICS + 1):
        weight = 0.84 ** (harmonic - 1)
        for place, share in ((harmonic, weight), (harmonic - 0.5, -0.6 * weight)):
            bins = np.clip(np.round(_PITCHES * place * _FFT / RATE).astype(int), 0, len(level) - 1)
            salience += share * level[bins]
    return salience


def _followed(salience: Values) -> NDArray[np.intp]:
    """Track the most salient pitch, preferring glides over leaps (dynamic programming)."""
    count, frames = salience.shape
    numbers, reach = np.arange(count), int(_STEPS[-1])
    back = np.zeros((frames, count), np.int32)
    total = salience[:, 0].copy()
    for frame in range(1, frames):
        padded = np.pad(total, reach, constant_values=-1e9)
        ways = np.stack([padded[reach + step : reach + step + count] - 0.03 * abs(step) for step in _STEPS])
        best = ways.argmax(axis=0)
        gained = ways[best, numbers]
        leap, leapt = int(total.argmax()), float(total.max()) - 3.0
        back[frame] = np.where(gained < leapt, leap, np.clip(numbers + _STEPS[best], 0, count - 1))
        total = np.maximum(gained, leapt) + salience[:, frame]
    path = np.zeros(frames, np.intp)
    path[-1] = int(total.argmax())
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def _features(frames: _Frames, part: slice) -> Values:
    clear, slope = frames.clear[part], frames.slope[part]
    gliding = clear & (slope > 8) & (slope < 250)
    loud = frames.loud[part]
    syllables = loud - scipy.ndimage.gaussian_filter1d(loud, 30)
    vowels = scipy.ndimage.gaussian_filter1d(frames.vowels[:, part], 1, axis=1)
    vowels = vowels - vowels.mean(axis=0)
    change = np.sqrt((np.diff(vowels[:, ::3], axis=1) ** 2).mean(axis=0))
    return np.array(
        [
            float(clear.mean()),
            float(np.median(frames.salience[part])),
            float(gliding.mean()),
            float(np.log(np.median(slope[clear]) + 5)) if clear.sum() > 10 else np.log(5.0),
            float(syllables.std()),
            float(np.median(change)) if len(change) else 0.0,
        ]
    )
