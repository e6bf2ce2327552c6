"""Decoding audio with the same tolerance everywhere: anything that can't be decoded is skipped and recorded."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from engines.media.tracks import sound_stream

# A demuxer that fails this often without a packet in between never recovers.
_MOST_FAILURES = 50
_MOST_PLACES = 100


@dataclass
class Damage:
    """What was skipped: packet counts, and `places`, the whole seconds of playback around each gap. `changes` counts
    format changes along the way, which we can handle but many players can't."""

    good: int = 0
    broken: int = 0
    changes: int = 0
    places: list[int] = field(default_factory=list)

    def note(self, seconds: float) -> None:
        self.broken += 1
        if int(seconds) not in self.places and len(self.places) < _MOST_PLACES:
            self.places.append(int(seconds))

    @property
    def share(self) -> float:
        return self.broken / max(1, self.good + self.broken)


def audio_frames(container: InputContainer, damage: Damage) -> Iterator[AudioFrame]:
    """Yield the frames of the sound track. Their format may change along the way, as in joined files."""
    heard = 0.0
    for packet in _packets(container, damage):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damage.note(heard)
            continue
        damage.good += 1
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.sample_rate:
                heard += frame.samples / frame.sample_rate
                yield frame


def _packets(container: InputContainer, damage: Damage) -> Iterator["Packet[AudioStream]"]:
    stream = sound_stream(container)
    if stream is None:
        return
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
        except av.error.FFmpegError:
            # Continue reading after the damage.
            failures += 1
            damage.broken += 1
        else:
            return
