"""Which of a file's tracks is the picture, and which the sound."""

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

# Cover art, and the pictures that players show over the seek bar.
_NOT_THE_PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails
# Some programs store cover art as a video of one picture.
_STILL_CODECS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff"}


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the track that players show: the default one if one is marked, else the largest."""
    streams = [stream for stream in container.streams.video if _decodable(stream)]
    moving = [stream for stream in streams if not stream.disposition & _NOT_THE_PICTURE]
    return max(moving, key=_rank, default=None)


def sound_stream(container: InputContainer) -> AudioStream | None:
    """Return the track that players play: the default one if one is marked, else the first."""
    streams = [stream for stream in container.streams.audio if _decodable(stream)]
    return max(streams, key=lambda stream: (_is_default(stream), -stream.index), default=None)


def _rank(stream: VideoStream) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    return (
        context.name not in _STILL_CODECS,
        _is_default(stream),
        context.width * context.height,
        -stream.index,
    )


def _is_default(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _decodable(stream: Stream) -> bool:
    # ffmpeg has no decoder for some sound tracks of recent phones.
    return stream.codec_context is not None
