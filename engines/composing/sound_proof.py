"""Comparing a composed video's sound with its master."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path

import numpy as np

from engines.composing.cache import Session, content_key, track_sha256
from engines.composing.shot_plan import ShotPlan
from engines.composing.sound import Sound, song_end_seconds, sound_channels
from engines.media.mp4 import read_track
from engines.media.packets import Damage
from engines.media.samples import Samples, sound_range

_RECIPE_VERSION = 2
_BLOCK_SECONDS = 5
# Blocks below this level (-60 dB) don't show an offset.
_QUIET = 1e-3
# Three 16-bit steps (-80 dB): AAC decoders fill noise bands randomly, which starting mid-song changes.
_SAME = 1e-4
_WIDEST_OFFSET_SECONDS = 0.25
# For a steady tone, every period fits nearly as well as the right position.
_AS_GOOD = 0.999
# Limits below which differences in time and level are inaudible.
OFFSET_LIMIT_SECONDS = 0.005
_SAME_LEVEL_DB = 0.1
_SAME_CORRELATION = 0.98
_TELLS_OFFSET = 0.5
_NOTHING: Samples = np.zeros((1, 0), np.float32)


@dataclass(frozen=True)
class SoundFacts:
    """`offset_seconds` is positive when the video's sound is late; `level_db` is its level relative to the master.
    `missing_seconds`: how much too early it ends; `damaged`: part of it couldn't be decoded or has a different format
    from the rest."""

    identical: bool
    offset_seconds: float
    correlation: float
    level_db: float
    missing_seconds: float = 0.0
    damaged: bool = False

    @property
    def whole(self) -> bool:
        return not self.damaged and self.missing_seconds < OFFSET_LIMIT_SECONDS

    @property
    def in_place(self) -> bool:
        return abs(self.offset_seconds) < OFFSET_LIMIT_SECONDS

    @property
    def faithful(self) -> bool:
        """Whether copied packets play like the master. Their noise may differ: AAC decoders generate it randomly, and
        some codecs need a run-up."""
        alike = self.in_place and abs(self.level_db) < _SAME_LEVEL_DB and self.correlation > _SAME_CORRELATION
        return self.whole and (self.identical or alike)


def compare_sound(path: Path, plan: ShotPlan, sound: Sound | None, session: Session) -> SoundFacts | None:
    """Compare the sound; None where there is no master to compare with (a mix of clips, or a mix over the song)."""
    mixed = any(shot.audio_gain_db is not None and shot.source.facts.sample_rate for shot in plan.shots)
    if plan.song is None or sound is None or mixed:
        return None
    track = read_track(path, b"soun")
    key = content_key(
        compared=sound.key,
        samples=track_sha256(track),
        edit=track.edit_start,
        header=track.entry.hex(),
        recipe=_RECIPE_VERSION,
    )
    known = session.note(key)
    if known is not None:
        return SoundFacts(**known)
    song, lane, damage = plan.song, sound.lane, Damage()
    rate, channels = lane.timescale, sound_channels(plan)
    length = song_end_seconds(plan, song) - song.start_seconds
    ours = sound_range(path, Fraction(0), Fraction(lane.edit_ticks, rate), rate=rate, channels=channels, damage=damage)
    master = sound_range(song.source.path, song.start_seconds, length, rate=rate, channels=channels)
    facts = _compare(ours, master, rate, length, (song.fade_in_seconds, song.fade_out_seconds))
    facts = replace(facts, damaged=damage.broken > 0 or damage.changes > 0)
    session.write_note(key, asdict(facts))
    return facts


def refuse_sound(sound: Sound, session: Session) -> None:
    """Remember that this sound doesn't play like the master."""
    session.write_note(_refusal(sound), {"refused": True})


def is_refused(sound: Sound, session: Session) -> bool:
    return session.note(_refusal(sound)) is not None


def _refusal(sound: Sound) -> str:
    return content_key(refused=sound.key, recipe=_RECIPE_VERSION)


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


def _compare(
    ours: Iterable[Samples], master: Iterable[Samples], rate: int, length: Fraction, margins: tuple[float, float]
) -> SoundFacts:
    identical, energies = True, np.zeros(2)
    found: list[tuple[float, float, float]] = []
    position, end = 0.0, float(length)
    lengths = np.zeros(2)
    block = rate * _BLOCK_SECONDS
    for left, right in zip_longest(_even(ours, block), _even(master, block), fillvalue=_NOTHING):
        lengths += left.shape[1], right.shape[1]
        size = min(left.shape[1], right.shape[1])
        left, right = left[:, :size], right[:, :size]  # noqa: PLW2901 - the shorter one ends the comparison
        identical = identical and bool(np.abs(left - right).max(initial=0.0) < _SAME)
        faded = position < margins[0] or position + size / rate > end - margins[1]
        if size and not faded:
            power = np.array([float(np.square(left).sum()), float(np.square(right).sum())]) / len(left)
            energies += power
            if size > rate // 2 and power[1] / size > _QUIET**2:
                found.append((power[1], *_offset(left, right, rate)))
        position += size / rate
    identical = identical and bool(abs(lengths[0] - lengths[1]) <= 1 and lengths[0] > 0)
    missing = max(0.0, float(lengths[1] - lengths[0]) / rate)
    if not found:
        return SoundFacts(identical, 0.0, 1.0, 0.0, missing)
    level = 10 * float(np.log10((energies[0] + 1e-12) / (energies[1] + 1e-12)))
    weights = sum(power for power, _, _ in found)
    correlation = float(sum(power * value for power, _, value in found) / weights)
    # If two blocks have little in common, such as pure noise, their best fit is random.
    worst = max((offset for _, offset, value in found if value > _TELLS_OFFSET), key=abs, default=0.0)
    return SoundFacts(identical, float(worst), correlation, level, missing)


def _offset(left: Samples, right: Samples, rate: int) -> tuple[float, float]:
    """Return (seconds by which left is late, correlation there), over all channels."""
    size = 1 << (left.shape[1] * 2 - 1).bit_length()
    spectra = np.fft.rfft(left, size) * np.conj(np.fft.rfft(right, size))
    product = np.fft.irfft(spectra.sum(axis=0), size)
    widest = int(rate * _WIDEST_OFFSET_SECONDS)
    near = np.concatenate((product[-widest:], product[: widest + 1]))
    best = int(near.argmax())
    if near[widest] >= _AS_GOOD * near[best]:
        best = widest
    scale = float(np.sqrt(np.square(left).sum() * np.square(right).sum())) + 1e-12
    return (best - widest) / rate, float(near[best]) / scale
