"""Spectral features of a song, collected while it streams."""

from dataclasses import dataclass

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import ArrayLike, NDArray

from engines.listening.decoding import SAMPLE_RATE, Stereo

# Onsets: 23 ms windows every 5.8 ms.
WINDOW = 1024
HOP = 256
FRAME_RATE = SAMPLE_RATE / HOP
MEL_BANDS = 24
# Harmony and timbre: 186 ms windows ten times a second.
LONG_WINDOW = 8192
LONG_HOP = SAMPLE_RATE // 10
LONG_RATE = 10.0
TIMBRE_BANDS = 32
# Fine power, for an onset's exact time.
FINE_SAMPLES = 44
FINE_RATE = SAMPLE_RATE / FINE_SAMPLES

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Spectra:
    """Everything later steps need. Frame i of `mel` is centered at i / FRAME_RATE seconds, frame i of the long
    features at i / LONG_RATE; bin i of the fine power starts at i / FINE_RATE.

    `mel` (MEL_BANDS, n): magnitude; `timbre` (TIMBRE_BANDS, m): magnitude; `chroma` (12, m): energy per pitch
    class from A; `fine` (2, k): power of the signal and of its first difference (which shows consonants, hats and
    sticks). `seconds` is the exact duration.
    """

    mel: Matrix
    timbre: Matrix
    chroma: Matrix
    fine: Matrix
    seconds: float


class SpectraCollector:
    """Feed blocks with `add`, read `spectra()` once, at the end."""

    def __init__(self) -> None:
        self._samples = 0
        self._short = _Framer(WINDOW, HOP)
        self._long = _Framer(LONG_WINDOW, LONG_HOP)
        self._fine = np.zeros((1, 0), np.float32)
        self._last = np.float32(0)
        self._out: dict[str, list[Matrix]] = {key: [] for key in ("mel", "timbre", "chroma", "fine")}
        self._mel_weights = _triangles(MEL_BANDS, WINDOW, 30.0, 16_000.0)
        self._timbre_weights = _triangles(TIMBRE_BANDS, LONG_WINDOW, 40.0, 12_000.0)
        self._chroma_weights = _chroma_weights()

    def add(self, block: Stereo) -> None:
        self._samples += block.shape[1]
        middle = block.mean(axis=0, keepdims=True)
        self._add_short(self._short.push(middle))
        self._add_long(self._long.push(middle))
        self._add_fine(middle)

    def spectra(self) -> Spectra:
        self._add_short(self._short.finish())
        self._add_long(self._long.finish())
        # Those of an hour take a hundred megabytes: not twice.
        joined = {key: np.concatenate(self._out.pop(key), axis=1) for key in list(self._out)}
        return Spectra(**joined, seconds=self._samples / SAMPLE_RATE)

    def _add_short(self, frames: Matrix) -> None:
        magnitude = np.abs(scipy.fft.rfft(frames[0] * _hann(WINDOW), axis=1))
        self._out["mel"].append(self._mel_weights @ magnitude.T / WINDOW)

    def _add_long(self, frames: Matrix) -> None:
        magnitude = np.abs(scipy.fft.rfft(frames[0] * _hann(LONG_WINDOW), axis=1)) / LONG_WINDOW
        self._out["timbre"].append(self._timbre_weights @ magnitude.T)
        self._out["chroma"].append(self._chroma_weights @ np.square(magnitude).T)

    def _add_fine(self, middle: Matrix) -> None:
        samples = np.concatenate([self._fine, middle], axis=1)[0]
        whole = len(samples) // FINE_SAMPLES * FINE_SAMPLES
        used = samples[:whole]
        difference = np.diff(used, prepend=self._last)
        if whole:
            self._last = used[-1]
        power = np.stack([np.square(used), np.square(difference)])
        self._out["fine"].append(power.reshape(2, -1, FINE_SAMPLES).mean(axis=2))
        self._fine = samples[whole:].reshape(1, -1)


class _Framer:
    """Cuts a stream into overlapping centered frames; the ends are padded with silence."""

    def __init__(self, window: int, hop: int) -> None:
        self._window, self._hop = window, hop
        self._rest = np.zeros((1, window // 2), np.float32)

    def push(self, block: Matrix) -> Matrix:
        joined = np.concatenate([self._rest, block], axis=1)
        count = max(0, (joined.shape[1] - self._window) // self._hop + 1)
        self._rest = joined[:, count * self._hop :]
        if not count:
            return np.zeros((block.shape[0], 0, self._window), np.float32)
        view = np.lib.stride_tricks.sliding_window_view(joined, self._window, axis=1)
        return view[:, : count * self._hop : self._hop]

    def finish(self) -> Matrix:
        return self.push(np.zeros((1, self._window // 2), np.float32))


def _hann(size: int) -> NDArray[np.float32]:
    return np.hanning(size + 1)[:-1].astype(np.float32)


def _mel(hertz: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz, float) / 700))


def _triangles(bands: int, window: int, low: float, high: float) -> "scipy.sparse.csr_array":
    """Return triangular mel filters as a sparse (bands, bins) matrix; every band covers at least one bin."""
    centers = np.linspace(_mel(low), _mel(high), bands + 2)
    bins = _mel(np.fft.rfftfreq(window, 1 / SAMPLE_RATE))[:, None]
    rising = (bins - centers[:-2]) / np.diff(centers)[:-1]
    falling = (centers[2:] - bins) / np.diff(centers)[1:]
    weights = np.maximum(0, np.minimum(rising, falling))
    nearest = np.abs(bins - centers[1:-1]).argmin(axis=0)
    weights[nearest, np.arange(bands)] = np.maximum(weights[nearest, np.arange(bands)], 1.0)
    return scipy.sparse.csr_array(weights.T.astype(np.float32))


def _chroma_weights() -> "scipy.sparse.csr_array":
    """Return a sparse (12, bins) map from each bin to its nearest semitone, 55 Hz to 2 kHz; pitch class 0 is A."""
    hertz = np.fft.rfftfreq(LONG_WINDOW, 1 / SAMPLE_RATE)
    weights = np.zeros((12, len(hertz)), np.float32)
    used = np.flatnonzero((hertz >= 55) & (hertz <= 2000))
    weights[np.round(12 * np.log2(hertz[used] / 55)).astype(int) % 12, used] = 1
    return scipy.sparse.csr_array(weights)
