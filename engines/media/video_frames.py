"""The only reader of decoded pictures: posters, checks and the draft lip-sync see what composing sees, at its times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engines.errors import InputError
from engines.media.facts import MediaFacts
from engines.media.filters import BLIND_SEEK_SECONDS, WITHOUT_INDEX
from engines.media.packets import Damage, media_packets
from engines.media.probe import decode_on_all_cores, media_facts, open_media
from engines.media.timeline import frame_seconds
from engines.media.tracks import picture_stream

# Containers index key frames by when they are decoded, which is a few frames before they are shown.
_EARLY_SECONDS = 0.3


@dataclass(frozen=True)
class Picture:
    """A picture as stored (not rotated), and when it is shown on the file's clock."""

    seconds: float
    frame: VideoFrame


def shown_pictures(
    path: Path, *, from_seconds: float = 0.0, key_frames_only: bool = False, damage: Damage | None = None
) -> Iterator[Picture]:
    """Yield the pictures in order. With `from_seconds`, start at a key frame before that time, if there is one.

    What can't be decoded is skipped (recorded in `damage`). Raises InputError (code no_video) without a picture."""
    with PictureReader.opened(path, damage) as reader:
        decode_on_all_cores(reader.stream)
        if key_frames_only:
            reader.stream.codec_context.skip_frame = "NONKEY"
        yield from reader.pictures(from_seconds)


@dataclass
class PictureReader:
    """Reads pictures at several times of a file that is opened once."""

    facts: MediaFacts
    container: InputContainer
    stream: VideoStream
    damage: Damage
    moved: bool = False

    @classmethod
    @contextmanager
    def opened(cls, path: Path, damage: Damage | None = None) -> Iterator["PictureReader"]:
        """Open the file until the block ends. Raises InputError (code no_video) without a picture."""
        facts = media_facts(path)
        with open_media(path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise InputError("The file has no video.", code="no_video")
            yield cls(facts, container, stream, damage if damage is not None else Damage())

    def pictures(self, from_seconds: float = 0.0) -> Iterator[Picture]:
        """Yield the pictures in order from a key frame before that time, if there is one, or from the first."""
        facts, stream = self.facts, self.stream
        zero = facts.file_zero(self.container.start_time)
        early = BLIND_SEEK_SECONDS if facts.container in WITHOUT_INDEX else _EARLY_SECONDS
        if self.moved or from_seconds - early > facts.picture_start:
            place = (zero + Fraction(from_seconds - early)) / (stream.time_base or Fraction(1, 90_000))
            self.container.seek(int(place), stream=stream, backward=True)
        self.moved = True
        for number, frame in enumerate(_frames(self.container, stream, self.damage)):
            timed = frame.pts is not None
            yield Picture(float(frame_seconds(frame) - zero if timed else number / (facts.fps or 24)), frame)


def decodes_to_end(path: Path) -> bool:
    """Return whether all of a video's pictures can be decoded. Reads the whole file, many times faster than
    playback."""
    damage = Damage()
    try:
        for _ in shown_pictures(path, damage=damage):
            pass
    except InputError:
        return False
    return damage.broken == 0


def _frames(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    reached = [0.0]
    for packet in media_packets(container, stream, failed=lambda: damage.note(reached[0])):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damage.note(reached[0])
            continue
        damage.good += 1
        for frame in frames:
            if isinstance(frame, VideoFrame):
                reached[0] = frame.time or reached[0]
                yield frame
