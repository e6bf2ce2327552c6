"""Decoding a song block by block, so that memory does not grow with its length."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from apps.core.errors import InputError
from apps.media.probe import open_media

# Everything is analysed at this rate; most songs have it, so that nothing is resampled.
SAMPLE_RATE = 44_100
BLOCK_SAMPLES = SAMPLE_RATE * 4
# A file in which more packets than this fail to decode is not the song that was meant.
MOST_BROKEN_SHARE = 0.25

Stereo = NDArray[np.float32]
NOT_AUDIO = "This file holds no sound that can be read. Upload an mp3, wav, flac, m4a, ogg or opus file."


def audio_blocks(path: Path, *, max_seconds: float | None = None) -> Iterator[Stereo]:
    """Yield the song as (2, n) float32 blocks at SAMPLE_RATE, full scale ±1; mono is on both channels.

    Time zero is the first sample a player plays: encoder delay that the file declares is dropped. Raises
    InputError when there is no sound, when most of it is damaged, or when it is longer than `max_seconds`.
    """
    pending: list[Stereo] = []
    held = total = 0
    for piece in _pieces(path):
        pending.append(piece)
        held += piece.shape[1]
        total += piece.shape[1]
        if max_seconds is not None and total > max_seconds * SAMPLE_RATE:
            raise InputError(
                f"The song is longer than {max_seconds / 60:.0f} minutes. Cut it and upload the part you need.",
                code="song_too_long",
            )
        if held >= BLOCK_SAMPLES:
            yield np.concatenate(pending, axis=1)
            pending, held = [], 0
    if held:
        yield np.concatenate(pending, axis=1)
    if not total:
        raise InputError(NOT_AUDIO, code="not_audio")


def _pieces(path: Path) -> Iterator[Stereo]:
    with open_media(path) as container:
        if not container.streams.audio:
            raise InputError(NOT_AUDIO, code="not_audio")
        resampler = _Resampler()
        for frame in _frames(container):
            yield from resampler.push(frame)
        yield from resampler.flush()


def _frames(container: av.container.InputContainer) -> Iterator[AudioFrame]:
    stream = container.streams.audio[0]
    good = broken = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            break
        except av.error.FFmpegError:
            broken += 1
            if broken > 50 + good:  # a demuxer that never recovers must not spin
                break
            continue
        good += 1
        for frame in frames:
            if isinstance(frame, AudioFrame):
                yield frame
    if broken > MOST_BROKEN_SHARE * (good + broken):
        raise InputError(
            "This audio file is damaged: most of it cannot be decoded. Export it again and upload that.",
            code="damaged_audio",
            evidence={"packets_good": good, "packets_broken": broken},
        )


class _Resampler:
    """libswresample for a stream whose format may change half-way, as joined mp3 files do."""

    def __init__(self) -> None:
        self._format: tuple[object, ...] | None = None
        self._resampler: AudioResampler | None = None

    def push(self, frame: AudioFrame) -> Iterator[Stereo]:
        found = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or found != self._format:
            yield from self.flush()
            self._format = found
            self._resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        # Gaps in the timestamps must not become silence: players join the samples too.
        frame.pts = None
        yield from self._resample(self._resampler, frame)

    def flush(self) -> Iterator[Stereo]:
        if self._resampler is not None:
            yield from self._resample(self._resampler, None)
            self._resampler = None

    def _resample(self, resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Stereo]:
        for out in resampler.resample(frame):
            if out.samples:
                yield out.to_ndarray().astype(np.float32, copy=False)
