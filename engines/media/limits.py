"""Limits for untrusted files, checked from their headers before anything is decoded."""

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from engines.errors import InputError

# 8K video is 33 million; one frame takes 50 MB.
MOST_VIDEO_PIXELS = 2**25
# 8192 × 8192: more than any model accepts; 200 MB decoded.
MOST_IMAGE_PIXELS = 2**26
# 200-megapixel phones; a JPEG can be decoded at half its size and less.
MOST_JPEG_PIXELS = 2**28
LONGEST_SIDE = 16_384
# An hour at 120 per second.
MOST_FRAMES = 432_000
# Films with many languages have a few dozen.
MOST_STREAMS = 64
# 7.1 surround; the decoding library itself fails with more.
MOST_CHANNELS = 8
SAMPLE_RATES = range(1_000, 768_001)


def check_streams(container: InputContainer, video: VideoStream | None) -> None:
    """Raise InputError for too many tracks, or for too large or too many pictures."""
    if len(container.streams) > MOST_STREAMS:
        raise _too_much(f"The file has {len(container.streams)} tracks. Export it with one video and one audio track.")
    if video is None:
        return
    check_size(video.codec_context.width, video.codec_context.height, MOST_VIDEO_PIXELS)
    rate = video.average_rate or video.guessed_rate or 0
    frames = max(video.frames, int(rate * (container.duration or 0) / av.time_base))
    if frames > MOST_FRAMES:
        raise _too_much(f"The video has {frames:,} frames; the limit is {MOST_FRAMES:,}. Cut it first.")


def check_size(width: int, height: int, most_pixels: int) -> None:
    """Raise InputError for a picture that is too large."""
    if width * height > most_pixels or max(width, height) > LONGEST_SIDE:
        raise _too_much(f"The picture is too large at {width}×{height}. Make it smaller.")


def check_sound(channels: int, rate: int) -> None:
    """Raise InputError for too many channels or an implausible sample rate; 0 where the library can't tell."""
    if not channels or not rate:
        raise InputError("The sound's format can't be recognized. Export it as AAC.", code="unsupported_codec")
    if channels > MOST_CHANNELS:
        raise _too_much(f"The sound has {channels} channels; the limit is {MOST_CHANNELS}. Mix it down.")
    if rate not in SAMPLE_RATES:
        raise _too_much(f"The sound has {rate:,} samples per second. Export it with 44,100 or 48,000.")


def _too_much(message: str) -> InputError:
    return InputError(message, code="too_demanding")
