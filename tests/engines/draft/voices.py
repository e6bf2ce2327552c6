"""A tiny formant synthesizer: vowels, a hum, a hiss and silence, enough to drive a mouth."""

from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import lfilter

RATE = 16_000
FORMANTS = {
    "ah": ((730, 1090, 2440), 1.0),
    "ee": ((270, 2290, 3010), 0.9),
    "oo": ((300, 870, 2240), 0.9),
    "m": ((250,), 0.25),
}


def _sound(name: str, seconds: float) -> np.ndarray:
    count = round(seconds * RATE)
    if name == "silence":
        return np.zeros(count)
    if name == "s":
        return np.diff(np.random.default_rng(0).normal(0, 0.05, count), prepend=0)
    formants, loud = FORMANTS[name]
    phase = np.cumsum(np.full(count, 120 / RATE))
    # The spectral tilt of a glottis, less what the mouth and the formants above these three restore.
    wave = lfilter([1], [1, -0.8], np.diff(np.floor(phase), prepend=0))
    for formant in formants:
        radius = np.exp(-np.pi * 80 / RATE)
        wave = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2], wave)
    ramp = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
    return wave / np.abs(wave).max() * loud * 0.5 * ramp


def write_voice(path: Path, *parts: tuple[str, float]) -> Path:
    """Write consecutive (sound, seconds) as a WAV file."""
    samples = np.concatenate([_sound(name, seconds) for name, seconds in parts])
    wavfile.write(path, RATE, (samples * 32767).astype(np.int16))
    return path
