"""Loudness according to ITU-R BS.1770-4 and EBU R128, computed while the song streams."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.listening.decoding import SAMPLE_RATE, Stereo

# BS.1770 gates 400 ms blocks that overlap by 75 %, which are four steps of 100 ms.
STEP_SAMPLES = SAMPLE_RATE // 10
STEPS_PER_SECOND = 10
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0  # EBU Tech 3342
SILENCE_LUFS = -120.0
# What the weighting still remembers: after this many samples, its answer to a click has fallen by 200 dB.
_MEMORY = 8192
OFFSET_LU = -0.691  # makes a 997 Hz full-scale sine in one channel read -3.01 LUFS

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Loudness:
    """`integrated_lufs` is None for silence. `range_lu` follows EBU Tech 3342. `peak_dbfs` is the sample peak."""

    integrated_lufs: float | None
    range_lu: float
    peak_dbfs: float | None


def k_weighting() -> Curve:
    """Return BS.1770's two filters as second-order sections for SAMPLE_RATE (the standard lists only 48 kHz).

    The analog prototypes are the ones libebur128 derives its coefficients from.
    """
    k = np.tan(np.pi * 1681.974450955533 / SAMPLE_RATE)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]
    first = [value / a0 for value in (*shelf, a0, 2 * (k * k - 1), 1 - k / q + k * k)]
    k = np.tan(np.pi * 38.13547087602444 / SAMPLE_RATE)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    second = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([first, second])


@lru_cache(maxsize=2)
def _response(size: int) -> NDArray[np.complex64]:
    """Return what the weighting does to each frequency of a spectrum of `size` samples."""
    late = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    answer = np.ones(len(late), complex)
    for b0, b1, b2, a0, a1, a2 in k_weighting():
        answer *= (b0 + late * (b1 + late * b2)) / (a0 + late * (a1 + late * a2))
    return answer.astype(np.complex64)


class LoudnessMeter:
    """Feed blocks with `add`; read `steps` (K-weighted power per 100 ms) and `loudness()` at the end."""

    def __init__(self) -> None:
        self._before = np.zeros((2, _MEMORY), np.float32)
        self._rest = np.zeros(0)
        self._steps: list[Curve] = []
        self._peak = 0.0

    def add(self, block: Stereo) -> None:
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        power = np.concatenate([self._rest, np.square(self._weighted(block)).sum(axis=0, dtype=np.float64)])
        whole = len(power) // STEP_SAMPLES * STEP_SAMPLES
        self._steps.append(power[:whole].reshape(-1, STEP_SAMPLES).mean(axis=1))
        self._rest = power[whole:]

    def _weighted(self, block: Stereo) -> Stereo:
        """Filter by spectrum, which is as fast as sample by sample. (Loading scipy.signal for its filter would take a
        second and 40 MB.)"""
        joined = np.concatenate([self._before, block], axis=1)
        self._before = joined[:, -_MEMORY:]
        size = scipy.fft.next_fast_len(joined.shape[1], real=True)
        filtered = scipy.fft.irfft(scipy.fft.rfft(joined, size) * _response(size), size)
        return np.asarray(filtered[:, _MEMORY : joined.shape[1]])

    def steps(self) -> Curve:
        """Mean K-weighted power, both channels summed, per tenth of a second; the last may be shorter."""
        tail = [np.array([self._rest.mean()])] if len(self._rest) else []
        return np.concatenate([*self._steps, *tail]) if self._steps or tail else np.zeros(0)

    def loudness(self) -> Loudness:
        steps = self.steps()
        blocks = _sliding_mean(steps, 4)
        integrated = _gated_mean(blocks)
        peak = 20 * np.log10(self._peak) if self._peak > 0 else None
        return Loudness(
            integrated_lufs=None if integrated is None else round(integrated, 2),
            range_lu=round(_range(_sliding_mean(steps, 30)), 2),
            peak_dbfs=None if peak is None else round(float(peak), 2),
        )


def lufs(power: Curve) -> Curve:
    """Convert power to loudness, elementwise; silence becomes SILENCE_LUFS."""
    return np.asarray(OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12)))


def _sliding_mean(steps: Curve, width: int) -> Curve:
    if len(steps) < width:
        return np.array([steps.mean()]) if len(steps) else steps
    return np.convolve(steps, np.full(width, 1 / width), mode="valid")


def _gated_mean(blocks: Curve) -> float | None:
    """Apply BS.1770's two gates: absolute, then relative to the mean of what passed the first."""
    loud = blocks[lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return None
    threshold = float(lufs(loud.mean())) + RELATIVE_GATE_LU
    return float(lufs(loud[lufs(loud) > threshold].mean()))


def _range(blocks: Curve) -> float:
    """Return the loudness range: the 10th to 95th percentile of gated three-second loudness."""
    loud = blocks[lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return 0.0
    levels = lufs(loud)
    levels = levels[levels > float(lufs(loud.mean())) + RANGE_GATE_LU]
    low, high = np.percentile(levels, [10, 95])
    return float(high - low)
