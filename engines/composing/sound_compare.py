"""How one sound differs from another: in time, level, likeness and channels, and by gaps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import zip_longest

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.media.samples import Samples

_BLOCK_SECONDS = 5
# Blocks below this level (-80 dB) don't show an offset.
_QUIET = 1e-4
# Three 16-bit steps (-80 dB), or a hundredth of a quiet song's own level: decoders differ by less.
_SAME = 1e-4
_SAME_SHARE = 0.01
_WIDEST_OFFSET_SECONDS = 0.25
# For a steady tone, every period fits nearly as well as the right position.
_AS_GOOD = 0.999
_TELLS_OFFSET = 0.5
# Limits below which differences in time and level are inaudible.
OFFSET_LIMIT_SECONDS = 0.005
_SAME_LEVEL_DB = 0.1
_SAME_CORRELATION = 0.98
# A gap is this long, and 20 dB below a sound that is above -50 dB.
GAP_LIMIT_SECONDS = 0.03
_WINDOWS_PER_SECOND = 100
_HEARD_POWER = 1e-5
_LOST_SHARE = 0.01
# Below this share of the power, the difference between the channels is lost in encoding.
_LEAST_SIDE = 1e-3
_SWAPPED = -0.5
_NOTHING: Samples = np.zeros((1, 0), np.float32)


@dataclass(frozen=True)
class SoundFacts:
    """`offset_seconds` is positive when the video's sound is late; `level_db` is its level relative to the master.
    `worst_correlation` and `worst_level_db` are those of the worst five seconds. `missing_seconds`: how much too early
    it ends; `gap_seconds`: the longest silence where the master isn't silent, at `gap_at_seconds`; `swapped`: left is
    right; `damaged`: part of it couldn't be decoded or has a different format from the rest."""

    identical: bool
    offset_seconds: float
    correlation: float
    level_db: float
    missing_seconds: float = 0.0
    damaged: bool = False
    worst_correlation: float = 1.0
    worst_level_db: float = 0.0
    gap_seconds: float = 0.0
    gap_at_seconds: float = 0.0
    swapped: bool = False

    @property
    def whole(self) -> bool:
        return not self.damaged and self.missing_seconds < OFFSET_LIMIT_SECONDS

    @property
    def without_gaps(self) -> bool:
        return self.gap_seconds < GAP_LIMIT_SECONDS

    @property
    def in_place(self) -> bool:
        return abs(self.offset_seconds) < OFFSET_LIMIT_SECONDS

    @property
    def faithful(self) -> bool:
        """Whether copied packets play like the master. Their noise may differ: AAC decoders generate it randomly, and
        some codecs need a run-up."""
        alike = self.in_place and abs(self.level_db) < _SAME_LEVEL_DB and self.correlation > _SAME_CORRELATION
        return self.whole and (self.identical or (alike and self.without_gaps and not self.swapped))


def compare(
    ours: Iterable[Samples], master: Iterable[Samples], rate: int, length: Fraction, margins: tuple[float, float]
) -> SoundFacts:
    """Compare block by block. `margins` are the seconds at both ends where the level is meant to differ."""
    found = _Comparison(rate, float(length), margins)
    block = rate * _BLOCK_SECONDS
    for left, right in zip_longest(_even(ours, block), _even(master, block), fillvalue=_NOTHING):
        found.add(left, right)
    return found.facts()


@dataclass
class _Comparison:
    rate: int
    length: float
    margins: tuple[float, float]
    identical: bool = True
    position: float = 0.0
    lengths: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    energies: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    # (the master's energy, offset in seconds, correlation, level in dB) of each block that can be heard.
    blocks: list[tuple[float, float, float, float]] = field(default_factory=list)
    # Products of the channels' differences: ours with the master's, ours, the master's.
    sides: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    run: int = 0
    gap: tuple[int, float] = (0, 0.0)

    def add(self, left: Samples, right: Samples) -> None:
        """Compare the next stretch of both; only the last ones may differ in length."""
        self.lengths += left.shape[1], right.shape[1]
        size = min(left.shape[1], right.shape[1])
        left, right = left[:, :size], right[:, :size]
        allowed = min(_SAME, _SAME_SHARE * float(np.abs(right).max(initial=0.0)))
        self.identical = self.identical and bool(np.abs(left - right).max(initial=0.0) <= allowed)
        end = self.position + size / self.rate
        if size and self.position >= self.margins[0] and end <= self.length - self.margins[1]:
            self._add_plain(left, right)
        self.position = end

    def _add_plain(self, left: Samples, right: Samples) -> None:
        power = np.array([float(np.square(left).sum()), float(np.square(right).sum())]) / len(left)
        self.energies += power
        size = left.shape[1]
        if size > self.rate // 2 and power[1] / size > _QUIET**2:
            # Copied sound mostly is the same, and looking for the best fit takes longest.
            same = np.array_equal(left, right)
            offset, likeness = (0.0, 1.0) if same else _offset(left, right, self.rate)
            self.blocks.append((power[1], offset, likeness, _decibels(power[0], power[1])))
            left, right = _aligned(left, right, round(offset * self.rate))
            if len(left) == 2:
                ours, theirs = left[0] - left[1], right[0] - right[1]
                self.sides += float(ours @ theirs), float(ours @ ours), float(theirs @ theirs)
        self._find_gaps(left, right)

    def _find_gaps(self, left: Samples, right: Samples) -> None:
        ours, theirs = _window_powers(left, self.rate), _window_powers(right, self.rate)
        ratio = ours.sum() / max(theirs.sum(), 1e-12)
        lost = (theirs > _HEARD_POWER) & (ours < _LOST_SHARE * ratio * theirs)
        for window, silent in enumerate(lost):
            self.run = self.run + 1 if silent else 0
            if self.run > self.gap[0]:
                self.gap = self.run, self.position + (window + 1 - self.run) / _WINDOWS_PER_SECOND

    def facts(self) -> SoundFacts:
        identical = self.identical and bool(abs(self.lengths[0] - self.lengths[1]) <= 1 and self.lengths[0] > 0)
        missing = max(0.0, float(self.lengths[1] - self.lengths[0]) / self.rate)
        level = _decibels(*(self.energies + self.lengths[1] * _QUIET**2))
        if not self.blocks:
            return SoundFacts(identical, 0.0, 1.0, level, missing)
        weights = np.array([energy for energy, *_ in self.blocks])
        loud = [block for block in self.blocks if block[0] > 0.01 * weights.mean()]
        # If two blocks have little in common, such as pure noise, their best fit is random.
        offsets = (offset for _, offset, likeness, _ in self.blocks if likeness > _TELLS_OFFSET)
        return SoundFacts(
            identical,
            float(max(offsets, key=abs, default=0.0)),
            float(np.average([likeness for _, _, likeness, _ in self.blocks], weights=weights)),
            level,
            missing,
            worst_correlation=min(likeness for _, _, likeness, _ in loud),
            worst_level_db=max((louder for *_, louder in loud), key=abs),
            gap_seconds=self.gap[0] / _WINDOWS_PER_SECOND,
            gap_at_seconds=round(self.gap[1], 2),
            swapped=self._swapped(),
        )

    def _swapped(self) -> bool:
        together, ours, theirs = self.sides
        if theirs < _LEAST_SIDE * 2 * self.energies[1] or ours <= 0:
            return False
        return bool(together / np.sqrt(ours * theirs) < _SWAPPED)


def _even(blocks: Iterable[Samples], size: int) -> Iterator[Samples]:
    waiting: list[Samples] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += block.shape[1]
        if held >= size:
            whole = np.concatenate(waiting, axis=1)
            for start in range(0, held - size + 1, size):
                yield whole[:, start : start + size]
            rest = whole[:, held // size * size :]
            waiting, held = [rest], rest.shape[1]
    if held:
        yield np.concatenate(waiting, axis=1)


def _offset(left: Samples, right: Samples, rate: int) -> tuple[float, float]:
    """Return (seconds by which left is late, correlation there), over all channels."""
    widest = int(rate * _WIDEST_OFFSET_SECONDS)
    # Only what is shifted by more than is looked at comes round from the other end.
    size = scipy.fft.next_fast_len(left.shape[1] + widest + 1, real=True)
    spectra = scipy.fft.rfft(left, size) * np.conj(scipy.fft.rfft(right, size))
    product = scipy.fft.irfft(spectra.sum(axis=0), size)
    near = np.concatenate((product[-widest:], product[: widest + 1]))
    best = int(near.argmax())
    if near[widest] >= _AS_GOOD * near[best]:
        best = widest
    scale = float(np.sqrt(np.square(left).sum() * np.square(right).sum())) + 1e-12
    return (best - widest) / rate, float(near[best]) / scale


def _aligned(left: Samples, right: Samples, late: int) -> tuple[Samples, Samples]:
    if late > 0:
        return left[:, late:], right[:, : right.shape[1] - late]
    return left[:, : left.shape[1] + late], right[:, -late:]


def _window_powers(samples: Samples, rate: int) -> NDArray[np.float32]:
    """Return the mean power of each hundredth of a second."""
    size = max(1, rate // _WINDOWS_PER_SECOND)
    count = samples.shape[1] // size
    powers: NDArray[np.float32] = np.square(samples[:, : count * size]).reshape(len(samples), count, size).mean((0, 2))
    return powers


def _decibels(ours: float, theirs: float) -> float:
    return 10 * float(np.log10((ours + 1e-12) / (theirs + 1e-12)))
