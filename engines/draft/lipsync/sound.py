"""The sound of a lip-synced clip: assembled on disk at the clip's length, then encoded along with the picture."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from engines.errors import InputError
from engines.media.samples import sound_blocks

_RATE = 48_000
_BLOCK = 1024


class Sound:
    """Stereo samples of the whole clip, in a file next to the output rather than in memory."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._length = max(1, round(seconds * _RATE))
        self._samples = np.memmap(file, np.int16, "w+", shape=(2, self._length))
        self._stream: AudioStream | None = None
        self._position = 0

    def add_original(self, video: Path) -> None:
        """Add the video's own sound, if it has any, before anything else."""
        try:
            self.replace(video, (0.0, self._length / _RATE), (0.0, None))
        except InputError as error:
            if error.code != "no_audio":
                raise

    def replace(self, audio: Path, where: tuple[float, float], heard: tuple[float, float | None]) -> None:
        """Replace the sound in `where` (start, end) with the seconds `heard` of the audio, silence after its end."""
        first, last = round(where[0] * _RATE), min(self._length, round(where[1] * _RATE))
        skip = round(heard[0] * _RATE)
        stop = None if heard[1] is None else round(heard[1] * _RATE)
        silenced = False
        seen = 0
        for block in sound_blocks(audio, rate=_RATE):
            if not silenced:
                self._samples[:, first:last] = 0
                silenced = True
            begin, finish = max(skip, seen), seen + block.shape[1] if stop is None else min(stop, seen + block.shape[1])
            target = first + begin - skip
            count = min(finish - begin, last - target)
            if count > 0:
                piece = block[:, begin - seen : begin - seen + count]
                self._samples[:, target : target + count] = _as_integers(piece)
            seen += block.shape[1]
            if target >= last or (stop is not None and seen >= stop):
                return

    def open(self, container: OutputContainer) -> None:
        """Add the audio stream to the container."""
        self._stream = container.add_stream("aac", rate=_RATE, layout="stereo")
        self._stream.bit_rate = 192_000

    def write(self, container: OutputContainer, *, until_seconds: float | None) -> None:
        """Encode up to a time, so that sound and picture are interleaved in the file; None encodes all that is left."""
        if self._stream is None:
            return
        last = self._length if until_seconds is None else min(self._length, round(until_seconds * _RATE))
        while self._position < last:
            piece = np.ascontiguousarray(self._samples[:, self._position : min(self._position + _BLOCK, self._length)])
            frame = av.AudioFrame.from_ndarray(piece.astype(np.float32) / 32768, format="fltp", layout="stereo")
            frame.sample_rate = _RATE
            frame.pts = self._position
            container.mux(self._stream.encode(frame))
            self._position += piece.shape[1]
        if until_seconds is None:
            container.mux(self._stream.encode(None))


def _as_integers(piece: Any) -> Any:
    return np.clip(np.round(piece * 32767), -32768, 32767).astype(np.int16)
