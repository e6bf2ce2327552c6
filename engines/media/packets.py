"""Decoding audio with the same tolerance everywhere: what can't be decoded is recorded, and silent where the file's
clock runs on over it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from engines.media.tracks import sound_stream

# A demuxer that fails this often without a packet in between never recovers.
_MOST_FAILURES = 50
_MOST_PLACES = 100
# Less than half of the shortest usual packet; rounded timestamps (1 ms in Matroska and FLV) stay below it.
_GAP_SECONDS = 0.01
# More than encoders pad, and less than anyone would miss.
_END_SECONDS = 0.25
# Raw streams have no clock of their own: players join what is left.
_RAW_FORMATS = {"mp3", "aac"}
_SILENCE_SAMPLES = 48_000


@dataclass(frozen=True)
class Gap:
    """A place where `missing_seconds` of sound are lost, at `at_seconds` of playback."""

    at_seconds: float
    missing_seconds: float


@dataclass
class Damage:
    """What couldn't be decoded: packet counts, and `gaps`, at most one for each second of playback. `changes` counts
    format changes along the way, which we can handle but many players can't."""

    good: int = 0
    broken: int = 0
    changes: int = 0
    gaps: list[Gap] = field(default_factory=list)

    def note(self, at_seconds: float, missing_seconds: float = 0.0) -> None:
        """Record a broken place; places in the same second are added up."""
        self.broken += 1
        last = self.gaps[-1] if self.gaps else None
        if last is not None and int(last.at_seconds) == int(at_seconds):
            self.gaps[-1] = Gap(last.at_seconds, last.missing_seconds + missing_seconds)
        elif len(self.gaps) < _MOST_PLACES:
            self.gaps.append(Gap(at_seconds, missing_seconds))

    @property
    def places(self) -> list[int]:
        """The whole seconds of playback around each gap."""
        return [int(gap.at_seconds) for gap in self.gaps]

    @property
    def share(self) -> float:
        return self.broken / max(1, self.good + self.broken)


def audio_frames(container: InputContainer, damage: Damage, *, heard: float = 0.0) -> Iterator[AudioFrame]:
    """Yield the frames of the sound track. Their format may change along the way, as in joined files.

    Where the file's timestamps leave a gap, silent frames fill it, so that later sound keeps its time. `heard` are the
    seconds of playback before this container, for a file of several."""
    clock = _Clock(container, damage, heard)
    for packet in _packets(container, damage, clock):
        clock.read(packet)
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            clock.failed(packet)
            continue
        damage.good += 1
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.sample_rate and frame.samples:
                yield from clock.filled(frame)
                yield frame


class _Clock:
    """Compares the samples heard so far with the file's timestamps."""

    def __init__(self, container: InputContainer, damage: Damage, heard: float) -> None:
        self._damage = damage
        self.heard = heard
        self._raw = container.format.name in _RAW_FORMATS
        duration = container.duration / av.time_base if container.duration else 0.0
        self._end = heard + duration + 1.0
        # With pictures, the length is theirs; raw streams only have an estimate.
        self._declared = 0.0 if self._raw or container.streams.video else duration
        self._before = heard
        # What to subtract from a timestamp for the time heard, and the end of the frame before on the file's clock.
        self._zero: float | None = None
        self._last_end = 0.0
        self._failures = self._failed_bytes = self._bytes = 0

    def read(self, packet: "Packet[AudioStream]") -> None:
        """Count a packet before it is decoded."""
        self._bytes += packet.size

    def failed(self, packet: "Packet[AudioStream]") -> None:
        """Count a packet that can't be decoded; the next frame tells how much is missing."""
        self._failures += 1
        self._failed_bytes += packet.size

    def filled(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Yield the silence that belongs before a frame, and count the frame."""
        seconds = frame.samples / frame.sample_rate
        time = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        gap = 0.0
        if time is not None:
            if self._zero is None or time < self._last_end - 1.0:
                self._zero = time - self.heard  # the first frame, or a clock that starts again
            elif time - self._last_end > _GAP_SECONDS and not self._raw:
                gap = time - self._zero - self.heard
        if gap > _GAP_SECONDS and self.heard + gap <= self._end:
            self._noted(gap)
            yield from _silence(frame, round(gap * frame.sample_rate))
            self.heard += gap
        elif gap > _GAP_SECONDS:
            self._noted(0.0)
            self._zero = (time or 0.0) - self.heard
        elif self._failures:
            self._noted(0.0)
        self._failures = 0
        self.heard += seconds
        self._last_end = (time if time is not None else self._last_end) + seconds

    def _noted(self, missing: float) -> None:
        good = self._bytes - self._failed_bytes
        if self._raw and good > 0:
            # The parser hands over what it can't read in one piece, however long.
            missing = max(missing, self._failed_bytes * self.heard / good)
        self._damage.note(self.heard, missing)
        self._bytes, self._failed_bytes = good, 0
        # Each failed packet counts towards the share of the file that is broken.
        self._damage.broken += max(0, self._failures - 1)

    def ended(self) -> None:
        """Record what failed after the last frame, and an end that is missing."""
        # Some recordings count from before their first sound.
        reached = max(self._last_end, self.heard - self._before)
        missing = self._declared - reached if reached else 0.0
        if missing > _END_SECONDS:
            self._noted(missing)
        elif self._failures:
            self._noted(0.0)
            self._failures = 0


def _silence(like: AudioFrame, samples: int) -> Iterator[AudioFrame]:
    while samples > 0:
        count = min(samples, _SILENCE_SAMPLES)
        frame = AudioFrame(format=like.format.name, layout=like.layout.name, samples=count)
        frame.sample_rate = like.sample_rate
        for plane in frame.planes:
            # Unsigned bytes are silent in the middle.
            plane.update((b"\x80" if like.format.name.startswith("u8") else b"\0") * plane.buffer_size)
        samples -= count
        yield frame


def _packets(container: InputContainer, damage: Damage, clock: _Clock) -> Iterator["Packet[AudioStream]"]:
    stream = sound_stream(container)
    if stream is None:
        return
    yield from media_packets(container, stream, failed=lambda: damage.note(clock.heard))
    clock.ended()


def media_packets(
    container: InputContainer, *streams: AudioStream | VideoStream, failed: Callable[[], None]
) -> Iterator["Packet[Any]"]:
    """Yield the packets of these tracks; continue after damage, calling `failed` for each."""
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(*streams):
                failures = 0
                yield packet
        except av.error.FFmpegError:
            failures += 1
            failed()
        else:
            return
