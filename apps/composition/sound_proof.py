"""Comparing a composed video's sound with its master."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from apps.composition.cache import Session, content_key
from apps.composition.compose import Composed
from apps.composition.sound import song_end_seconds
from apps.media.probe import open_media

_RECIPE_VERSION = 1
_BLOCK_SECONDS = 5
# Blocks below this level (-60 dB) say nothing about an offset.
_QUIET = 1e-3
# Three steps of 16 bits (-80 dB): AAC decoders fill noise bands at random, which an entry in mid-song shifts.
_SAME = 1e-4
_WIDEST_OFFSET_SECONDS = 0.25

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class SoundFacts:
    """`offset_seconds` is positive when the video's sound is late; `level_db` is its level over the master's."""

    identical: bool
    offset_seconds: float
    correlation: float
    level_db: float


def compare_sound(composed: Composed, session: Session) -> SoundFacts | None:
    """None where there is no master to compare with (a mix of clips, or a mix over the song)."""
    plan, sound = composed.plan, composed.sound
    mixed = any(shot.audio_gain_db is not None and shot.source.facts.sample_rate for shot in plan.shots)
    if plan.song is None or sound is None or mixed:
        return None
    song = plan.song
    key = content_key(compared=sound.key, recipe=_RECIPE_VERSION)
    known = session.note(key)
    if known is not None:
        return SoundFacts(**known)
    rate = sound.lane.timescale
    margin = max(song.fade_in_seconds, 0.0), max(song.fade_out_seconds, 0.0)
    ours = _Reader(composed.path, rate, Fraction(0), _length(composed))
    master = _Reader(song.source.path, rate, song.start_seconds, song_end_seconds(plan, song) - song.start_seconds)
    facts = _compare(ours, master, rate, margin)
    session.write_note(key, asdict(facts))
    return facts


def _length(composed: Composed) -> Fraction:
    lane = composed.sound.lane  # type: ignore[union-attr]
    return Fraction(lane.edit_ticks, lane.timescale)


@dataclass(frozen=True)
class _Reader:
    path: Path
    rate: int
    start: Fraction
    length: Fraction

    def blocks(self) -> Iterator[Samples]:
        """Mono blocks of the range, counted in samples from the first that plays."""
        wanted, skip = round(self.length * self.rate), round(self.start * self.rate)
        block = self.rate * _BLOCK_SECONDS
        waiting = np.zeros(0, np.float32)
        for samples in self._decoded():
            waiting = np.concatenate((waiting, samples))
            if skip:
                dropped = min(skip, len(waiting))
                waiting, skip = waiting[dropped:], skip - dropped
            while len(waiting) >= block and wanted >= block:
                yield waiting[:block]
                waiting, wanted = waiting[block:], wanted - block
            if len(waiting) >= wanted:
                break
        if wanted:
            yield waiting[:wanted]

    def _decoded(self) -> Iterator[Samples]:
        resampler = av.AudioResampler(format="fltp", rate=self.rate)
        with open_media(self.path) as container:
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None  # the samples are counted, whatever the file says of their times
                for part in resampler.resample(frame):
                    yield part.to_ndarray().mean(axis=0)
            for part in resampler.resample(None):
                yield part.to_ndarray().mean(axis=0)


def _compare(ours: _Reader, master: _Reader, rate: int, margins: tuple[float, float]) -> SoundFacts:
    identical, energies = True, np.zeros(2)
    found: list[tuple[float, float, float]] = []
    position, end = 0.0, float(master.length)
    lengths = [0, 0]
    for left, right in zip(ours.blocks(), master.blocks(), strict=False):
        lengths[0] += len(left)
        lengths[1] += len(right)
        size = min(len(left), len(right))
        left, right = left[:size], right[:size]  # noqa: PLW2901 - the shorter one ends the comparison
        identical = identical and bool(np.abs(left - right).max(initial=0.0) < _SAME)
        faded = position < margins[0] or position + size / rate > end - margins[1]
        if not faded:
            power = np.array([float(np.square(left).sum()), float(np.square(right).sum())])
            energies += power
            if size > rate // 2 and power[1] / size > _QUIET**2:
                found.append((power[1], *_offset(left, right, rate)))
        position += size / rate
    identical = identical and abs(lengths[0] - lengths[1]) <= 1 and lengths[0] > 0
    if not found:
        return SoundFacts(identical, 0.0, 1.0, 0.0)
    level = 10 * float(np.log10((energies[0] + 1e-12) / (energies[1] + 1e-12)))
    worst = float(max((offset for _, offset, _ in found), key=abs))
    weights = sum(power for power, _, _ in found)
    correlation = float(sum(power * value for power, _, value in found) / weights)
    return SoundFacts(identical, worst, correlation, level)


def _offset(left: Samples, right: Samples, rate: int) -> tuple[float, float]:
    """(seconds that left is late, correlation there)."""
    size = 1 << (len(left) * 2 - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(left, size) * np.conj(np.fft.rfft(right, size)), size)
    widest = int(rate * _WIDEST_OFFSET_SECONDS)
    near = np.concatenate((product[-widest:], product[: widest + 1]))
    best = int(near.argmax())
    scale = float(np.sqrt(np.square(left).sum() * np.square(right).sum())) + 1e-12
    return (best - widest) / rate, float(near[best]) / scale
