"""Waveform peaks for display."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.listening.decoding import SAMPLE_RATE, Stereo

# Bins of 5 ms are kept while the song streams (its length isn't known yet), then merged.
BIN_SAMPLES = SAMPLE_RATE // 200
DISPLAY_BUCKETS = 2000

Column = NDArray[np.float32]


@dataclass(frozen=True)
class Peaks:
    """The lowest and highest sample (-1…1, channels averaged) and the root mean square of each bucket.

    Buckets have equal lengths and together cover the whole song.
    """

    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    rms: tuple[float, ...]


class PeakCollector:
    """Feed blocks with `add`, read `peaks()` at the end."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._bins: list[Column] = []

    def add(self, block: Stereo) -> None:
        mono = np.concatenate([self._rest, block.mean(axis=0)])
        whole = len(mono) // BIN_SAMPLES * BIN_SAMPLES
        self._bins.append(_bins(mono[:whole].reshape(-1, BIN_SAMPLES)))
        self._rest = mono[whole:]

    def peaks(self, buckets: int = DISPLAY_BUCKETS) -> Peaks:
        rows = list(self._bins)
        if len(self._rest):
            rows.append(_bins(self._rest.reshape(1, -1)))
        bins = np.concatenate(rows, axis=1)
        edges = np.linspace(0, bins.shape[1], min(buckets, bins.shape[1]) + 1).astype(int)[:-1]
        counts = np.diff([*edges, bins.shape[1]])
        power = np.add.reduceat(bins[2], edges) / counts
        return Peaks(
            minimum=_rounded(np.minimum.reduceat(bins[0], edges)),
            maximum=_rounded(np.maximum.reduceat(bins[1], edges)),
            rms=_rounded(np.sqrt(power)),
        )


def _bins(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    if not rows.size:
        return np.zeros((3, 0), np.float32)
    return np.stack([rows.min(axis=1), rows.max(axis=1), np.square(rows).mean(axis=1)])


def _rounded(values: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.round(np.clip(values, -1, 1), 3))
