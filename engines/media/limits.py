"""What a file of a stranger may hold at most, by what its headers say, before anything of it is decoded."""

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from engines.errors import InputError

# 8K video is 33 million; a frame of it fills 50 MB.
MOST_VIDEO_PIXELS = 2**25
# 8192 × 8192: more than any model takes; decoded it fills 200 MB.
MOST_IMAGE_PIXELS = 2**26
LONGEST_SIDE = 16_384
# An hour at 120 a second.
MOST_FRAMES = 432_000
# Films with many languages have some dozens.
MOST_STREAMS = 64
# 7.1 surround; with more, the decoders' library itself breaks.
MOST_CHANNELS = 8
SAMPLE_RATES = range(1_000, 768_001)


def check_streams(container: InputContainer, video: VideoStream | None) -> None:
    """Raises InputError for too many tracks, and for too large or too many pictures."""
    if len(container.streams) > MOST_STREAMS:
        raise _too_much(f"The file holds {len(container.streams)} tracks. Export it with one picture and one sound.")
    if video is None:
        return
    check_size(video.codec_context.width, video.codec_context.height, MOST_VIDEO_PIXELS)
    rate = video.average_rate or video.guessed_rate or 0
    frames = max(video.frames, int(rate * (container.duration or 0) / av.time_base))
    if frames > MOST_FRAMES:
        raise _too_much(f"The video has {frames:,} pictures, and at most {MOST_FRAMES:,} are taken. Cut it first.")


def check_size(width: int, height: int, most_pixels: int) -> None:
    """Raises InputError for a picture that is too large."""
    if width * height > most_pixels or max(width, height) > LONGEST_SIDE:
        raise _too_much(f"The picture of {width}×{height} is too large. Make it smaller.")


def check_sound(channels: int, rate: int) -> None:
    """Raises InputError for too many channels, and for a rate that is no sound's."""
    if channels > MOST_CHANNELS:
        raise _too_much(f"The sound has {channels} channels, and at most {MOST_CHANNELS} are taken. Mix it down.")
    if rate not in SAMPLE_RATES:
        raise _too_much(f"The sound has {rate:,} samples a second. Export it with 44,100 or 48,000.")


def _too_much(message: str) -> InputError:
    return InputError(message, code="too_demanding")
