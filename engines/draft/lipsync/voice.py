"""Derive the mouth from sound: how open and how wide it is in each frame, and whether there is a voice at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.draft.lipsync.findings import STEPS_PER_TENTH, HeardVoice
from engines.errors import WorkCancelled
from engines.listening.singing import RATE as SINGING_RATE
from engines.listening.singing import singing_probability
from engines.media.frames import as_seconds
from engines.media.samples import sound_range

Vector = npt.NDArray[Any]

_RATE = 16_000
_HOP = 160  # 10 ms
_WINDOW = 512
# A mouth forms its shape slightly before the sound is heard.
_LEAD_SECONDS = 0.03
# Below this, nothing is audible.
_SILENCE_DB = -52.0
# Processed in parts this long, so that memory does not grow with the song.
_PART_SECONDS = 40


@dataclass(frozen=True)
class VoiceTrack:
    """One value per video frame. `opening` 0 closed … 1 wide open; `spread` -1 rounded (oo) … 1 wide (ee)."""

    opening: Vector
    spread: Vector


@dataclass(frozen=True)
class _Bands:
    """Power per 10 ms: chest (80-300 Hz), the two halves of the first and second formants, hiss."""

    chest: Vector
    low_vowel: Vector
    open_vowel: Vector
    back: Vector
    front: Vector
    hiss: Vector


def voice_track(
    path: Path, *, fps: Fraction, frames: int, start_seconds: float = 0.0, end_seconds: float | None = None
) -> VoiceTrack:
    """Return the mouth for `frames` frames, starting at `start_seconds` of the sound; closed once the sound has ended.

    Raises InputError when the file has no sound."""
    bands = _bands(_decode(path, start_seconds, end_seconds))
    # Sound from an open mouth lies above the throat's own: in aligned speech, open vowels are at the top of this
    # band's level, ee and oo 15 dB below, and m, n and the stops at least 25 dB below.
    level = _level(bands.open_vowel + bands.back + bands.front, most_db=25.0)
    vowel = 0.65 + 0.35 * _share(bands.open_vowel, bands.low_vowel + bands.chest)
    opening = level**0.8 * _closed_sounds(bands, _voice(bands)) * vowel
    # Brief lip closures are visible, so don't let smoothing with the surrounding vowels remove them.
    opening = scipy.ndimage.gaussian_filter1d(scipy.ndimage.grey_erosion(opening, 3), 1.5) if len(opening) else opening
    opening = np.where(opening < 0.05, 0.0, opening)
    spread = _spread(bands, level)
    times = np.arange(frames) / float(fps) + _LEAD_SECONDS
    steps = np.arange(len(opening)) * _HOP / _RATE
    return VoiceTrack(
        opening=np.interp(times, steps, opening, right=0.0) if len(steps) else np.zeros(frames),
        spread=np.interp(times, steps, scipy.ndimage.gaussian_filter1d(spread, 5.0), right=0.0)
        if len(steps)
        else np.zeros(frames),
    )


def voice_heard(path: Path, *, cancelled: Callable[[], bool] = lambda: False) -> HeardVoice:
    """Analyze the whole file for voices.

    Raises InputError when it has no sound, WorkCancelled soon after `cancelled()` turns true."""
    audible: list[int] = []
    small: list[npt.NDArray[np.int16]] = []
    for part in _parts(path):
        if cancelled():
            raise WorkCancelled
        audible.extend(_audible(part))
        slow = scipy.signal.resample_poly(part, SINGING_RATE, _RATE, axis=1)
        small.append(np.clip(slow * 32768, -32768, 32767).astype(np.int16))
    sound = np.concatenate(small, axis=1) if small else np.zeros((2, 0), np.int16)
    likely = singing_probability(sound.astype(np.float32) / 32768)
    return HeardVoice(tuple(audible), tuple(round(float(value), 3) for value in likely))


def _parts(path: Path) -> Iterator[npt.NDArray[Any]]:
    """Yield the sound, stereo at _RATE, in parts of _PART_SECONDS."""
    wanted, held, count = _PART_SECONDS * _RATE, [], 0
    for block in sound_range(path, as_seconds(0.0), None, rate=_RATE):
        held.append(block)
        count += block.shape[1]
        while count >= wanted:
            joined = np.concatenate(held, axis=1)
            yield joined[:, :wanted]
            held, count = [joined[:, wanted:]], count - wanted
    if count:
        yield np.concatenate(held, axis=1)


def _audible(sound: npt.NDArray[Any]) -> list[int]:
    """Return, for each tenth of a second, how many of its hundredths have sound in the voice range."""
    voice = _voice(_bands(sound))[: sound.shape[1] // _HOP]
    loud = 10 * np.log10(voice + 1e-12) > _SILENCE_DB
    tenths = np.pad(loud, (0, -len(loud) % STEPS_PER_TENTH)).reshape(-1, STEPS_PER_TENTH)
    return [int(count) for count in tenths.sum(axis=1)]


def _decode(path: Path, start_seconds: float, end_seconds: float | None) -> npt.NDArray[Any]:
    """Return stereo floats at 16 kHz, shaped (2, samples)."""
    start = as_seconds(start_seconds)
    seconds = None if end_seconds is None else as_seconds(end_seconds) - start
    parts = list(sound_range(path, start, seconds, rate=_RATE))
    return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0), np.float32)


def _bands(sound: npt.NDArray[Any]) -> _Bands:
    if sound.shape[1] < _WINDOW:
        empty = np.zeros(0)
        return _Bands(empty, empty, empty, empty, empty, empty)
    middle, side = (sound[0] + sound[1]) / 2, (sound[0] - sound[1]) / 2
    frequencies, _, spectrum = scipy.signal.stft(middle, _RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, padded=False)
    power = np.abs(spectrum) ** 2
    if float(np.abs(side).max(initial=0.0)) > 1e-4:
        # The voice is in the center of the stereo image; what is at the sides is music.
        _, _, wide = scipy.signal.stft(side, _RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, padded=False)
        power = np.maximum(power - 1.5 * np.abs(wide) ** 2, power * 0.05)

    def band(low: float, high: float) -> Vector:
        summed: Vector = power[(frequencies >= low) & (frequencies < high)].sum(axis=0)
        return summed

    return _Bands(
        chest=band(80, 300), low_vowel=band(300, 560), open_vowel=band(560, 1000), back=band(1000, 1600),
        front=band(1600, 3200), hiss=band(4000, 7600),
    )  # fmt: skip


def _voice(bands: _Bands) -> Vector:
    """Return the power in the voice bands, the lowest one weighted down because a bass is in it too."""
    return 0.35 * bands.chest + bands.low_vowel + bands.open_vowel + bands.back + bands.front


def _spread(bands: _Bands, level: Vector) -> Vector:
    """Return -1 for this voice's darkest vowels, 1 for its brightest."""
    bright = _ratio_db(bands.front, bands.back)
    heard = bright[level > 0.2]
    if not len(heard):
        return np.zeros(len(bright))
    # Voices, rooms and microphones differ from each other more than an oo does from an ee.
    spread: Vector = np.tanh((bright - np.median(heard)) / 9)
    return spread


def _level(voice: Vector, *, most_db: float = 30.0) -> Vector:
    """Return 0 at this sound's quiet level and 1 at its loud one, at most `most_db` apart; all 0 when it is silent."""
    if not len(voice):
        return voice
    decibels = 10 * np.log10(voice + 1e-12)
    loud = float(np.percentile(decibels, 95))
    if loud < _SILENCE_DB:
        return np.zeros_like(decibels)
    floor = float(np.clip(np.percentile(decibels, 10) + 3, loud - most_db, loud - 10))
    heard: Vector = np.clip((decibels - floor) / (loud - floor), 0, 1)
    return heard


def _closed_sounds(bands: _Bands, voice: Vector) -> Vector:
    """Return near 0 for m, n, b (sound in the chest and nothing above) and for s, f, sh (hiss only), 1 for vowels.

    An ee also has its first formant in the chest band, but unlike a hum it has a second one far above."""
    base = bands.chest + bands.low_vowel
    bright = np.maximum(_ratio_db(bands.open_vowel + bands.back, base), _ratio_db(bands.front, base) + 8)
    hum = np.clip((bright + 27) / 9, 0, 1)
    hiss = np.clip(1 - (_ratio_db(bands.hiss, voice) + 2) / 10, 0.15, 1)
    closed: Vector = hum * hiss
    return closed


def _ratio_db(above: Vector, below: Vector) -> Vector:
    ratio: Vector = 10 * np.log10((above + 1e-10) / (below + 1e-10))
    return ratio


def _share(part: Vector, rest: Vector) -> Vector:
    share: Vector = part / (part + rest + 1e-12)
    return share
