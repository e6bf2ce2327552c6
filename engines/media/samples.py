"""The only audio reader. Analysis, cutting, composing and the proof all count the same samples of a file."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from engines.errors import InputError
from engines.media.chains import ogg_parts
from engines.media.packets import Damage, audio_frames
from engines.media.probe import media_facts, open_media
from engines.media.tracks import picture_stream, sound_stream

# Far above full scale, which floats may exceed; higher values aren't sound and would overflow when squared.
_LOUDEST = 16.0
_SILENCE_BLOCK = 48_000

Samples = NDArray[np.float32]


def sound_blocks(path: Path, *, rate: int, channels: int = 2, damage: Damage | None = None) -> Iterator[Samples]:
    """Yield the sound track as (channels, n) float32, full scale ±1, mixed to one or two channels.

    Time zero is the first sample that a player plays; in a video, that of its clock (`MediaFacts`), so a sound that
    starts later than the picture has silence before it. Where the file's timestamps leave a gap there is silence, so
    that the rest keeps its time; where a raw stream (mp3, aac) lacks bytes, the rest moves up, as in players. Both are
    recorded in `damage`. Raises InputError when there is no audio track.
    """
    damage = damage if damage is not None else Damage()
    seconds, start = 0.0, _start(path)
    padding = max(0, round(-start * rate))
    yield from _silence(max(0, round(start * rate)), channels)
    for block in _mixed(path, _Resampler(rate, "mono" if channels == 1 else "stereo", damage), damage):
        heard, padding = block[:, padding:], max(0, padding - block.shape[1])
        if heard.shape[1]:
            yield _finite(heard, damage, seconds)
            seconds += heard.shape[1] / rate


def sound_range(
    path: Path,
    start: Fraction,
    seconds: Fraction | None,
    *,
    rate: int,
    channels: int = 2,
    damage: Damage | None = None,
) -> Iterator[Samples]:
    """Yield [start, start + seconds) of `sound_blocks`, counted in samples from the first; None: to the end."""
    first = round(start * rate)
    last = None if seconds is None else first + round(seconds * rate)
    seen = 0
    for block in sound_blocks(path, rate=rate, channels=channels, damage=damage):
        wanted = block[:, max(0, first - seen) : None if last is None else max(0, last - seen)]
        seen += block.shape[1]
        if wanted.shape[1]:
            yield wanted
        if last is not None and seen >= last:
            return


def _start(path: Path) -> Fraction:
    """Return when the sound starts on a video's clock, at the latest at the picture's end; 0 without a picture."""
    with open_media(path) as container:
        if picture_stream(container) is None or sound_stream(container) is None:
            return Fraction(0)
    facts = media_facts(path)
    return min(facts.sound_start, facts.picture_end)


def _silence(samples: int, channels: int) -> Iterator[Samples]:
    while samples > 0:
        count = min(samples, _SILENCE_BLOCK)
        yield np.zeros((1 if channels == 1 else 2, count), np.float32)
        samples -= count


def _mixed(path: Path, resampler: "_Resampler", damage: Damage) -> Iterator[Samples]:
    for frame in _frames(path, damage):
        yield from resampler.push(frame)
    yield from resampler.flush()


def _frames(path: Path, damage: Damage) -> Iterator[AudioFrame]:
    parts = ogg_parts(path)
    heard = 0.0
    for part in parts if len(parts) > 1 else [None]:
        with open_media(path, part) as container:
            if sound_stream(container) is None:
                raise InputError("The file has no sound.", code="no_audio")
            for frame in audio_frames(container, damage, heard=heard):
                heard += frame.samples / frame.sample_rate
                yield frame


def _finite(block: Samples, damage: Damage, seconds: float) -> Samples:
    """Replace NaN and clamp implausible values, which floating-point files may contain."""
    finite = np.isfinite(block)
    if not finite.all():
        damage.note(seconds)
        block = np.where(finite, block, np.float32(0))
    return np.clip(block, -_LOUDEST, _LOUDEST)


class _Resampler:
    """libswresample for a stream whose format may change midway."""

    def __init__(self, rate: int, layout: str, damage: Damage) -> None:
        self._rate, self._layout, self._damage = rate, layout, damage
        self._format: tuple[object, ...] | None = None
        self._resampler: AudioResampler | None = None

    def push(self, frame: AudioFrame) -> Iterator[Samples]:
        found = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or found != self._format:
            yield from self.flush()
            self._damage.changes += self._format is not None
            self._format = found
            self._resampler = AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        frame.pts = None
        yield from self._resample(self._resampler, frame)

    def flush(self) -> Iterator[Samples]:
        if self._resampler is not None:
            yield from self._resample(self._resampler, None)
            self._resampler = None

    def _resample(self, resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Samples]:
        try:
            mixed = resampler.resample(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise InputError(
                "The sound's channels can't be mixed down. Export it in stereo.",
                code="unusable_channels",
                evidence={"format": str(self._format), "stderr": str(error)},
            ) from error
        for out in mixed:
            if out.samples:
                yield out.to_ndarray().astype(np.float32, copy=False)
