"""What a media file is, judged by its content and never by its name."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream
from PIL import Image, UnidentifiedImageError

from engines.cores import usable_cores
from engines.errors import InputError, MediaToolError
from engines.media.limits import MOST_IMAGE_PIXELS, MOST_VIDEO_PIXELS, check_size, check_sound, check_streams
from engines.media.packets import Damage, audio_frames

# Common media containers. No playlists, no scripts, nothing that opens other files.
ALLOWED_DEMUXERS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf"),
    *("mp3", "wav", "w64", "flac", "ogg", "aac", "aiff", "caf"),
)
_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# Raw streams have no length, only a bit rate to estimate from; shorter ones are counted packet by packet.
_GUESSED_LENGTH_FORMATS = {"mp3", "aac"}
_LONGEST_COUNTED_SECONDS = 1800
_TIMING_SAMPLE = 2000
# Same as ffmpeg; each thread holds a picture.
_MOST_THREADS = 16


@dataclass(frozen=True)
class MediaFacts:
    """Width and height are as displayed: after rotation, with square pixels. `frames` is None if the container
    doesn't say."""

    kind: Literal["audio", "video", "image"]
    container: str
    size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    fps: Fraction | None = None
    frames: int | None = None
    variable_frame_rate: bool = False
    video_codec: str = ""
    pixel_format: str = ""
    audio_codec: str = ""
    audio_channels: int | None = None
    sample_rate: int | None = None


def probe_media(path: Path) -> MediaFacts:
    """Describe a file. Reads its header and index, never all of a long file.

    Raises InputError when it isn't audio, video or an image, MediaToolError when it is damaged.
    """
    size = path.stat().st_size
    if size == 0:
        raise InputError("The file is empty. Choose an audio, video or image file.", code="empty_file")
    image = _probe_image(path, size)
    if image is not None:
        return image
    try:
        with open_media(path) as container:
            return _describe(container, size)
    except av.error.FFmpegError as error:
        raise MediaToolError(
            "The file can't be decoded: it is damaged, or its picture is larger than 8K. Export it again.",
            code="damaged_media",
            evidence={"stderr": str(error)},
        ) from error


def open_media(path: Path) -> InputContainer:
    """Open for reading with only the local-file protocol and the allowed demuxers. Pictures above the limit are never
    decoded."""
    most_pixels = {"max_pixels": str(MOST_VIDEO_PIXELS)}
    try:
        container = av.open(
            f"file:{path}",
            metadata_errors="replace",
            options={
                "protocol_whitelist": "file",
                "format_whitelist": ",".join(ALLOWED_DEMUXERS),
                # Opening already decodes a little.
                **most_pixels,
            },
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise InputError(
            "This isn't a supported audio, video or image file. Choose a file such as mp3, wav, mp4 or png.",
            code="not_media",
            evidence={"stderr": str(error)},
        ) from error
    for stream in container.streams.video:
        stream.codec_context.options = most_pixels
    return container


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the video stream, ignoring a song's cover art."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def decode_on_all_cores(video: VideoStream) -> None:
    """Set the thread count: by default ffmpeg counts the machine's cores, even if a quota allows fewer."""
    video.thread_type = "AUTO"
    video.codec_context.thread_count = min(usable_cores(), _MOST_THREADS)


def decodes_to_end(path: Path) -> bool:
    """Return whether a video's picture decodes to the end. Reads the whole file, many times faster than playback."""
    with open_media(path) as container:
        video = picture_stream(container)
        if video is None:
            return False
        decode_on_all_cores(video)
        try:
            for _ in container.decode(video):
                pass
        except av.error.FFmpegError:
            return False
    return True


def has_other_colours(path: Path) -> bool:
    """Return whether a video is tagged as anything but limited-range BT.709 (older SD material, phones, full range)."""
    with open_media(path) as container:
        video = picture_stream(container)
        if video is None:
            return False
        context = video.codec_context
        # 1 is BT.709; 2 is untagged, which players treat as BT.709 at these sizes. Range 2 is full.
        full = context.color_range == 2 or (context.pix_fmt or "").startswith("yuvj")
        return full or context.colorspace not in (1, 2)


def _describe(container: InputContainer, size: int) -> MediaFacts:
    video = picture_stream(container)
    audio = next(iter(container.streams.audio), None)
    if video is None and audio is None:
        raise InputError("The file has neither audio nor video.", code="not_media")
    check_streams(container, video)
    if audio is not None:
        check_sound(audio.codec_context.channels, audio.codec_context.sample_rate)
    for stream in (video, audio):
        if stream is not None:
            _check_whole(stream, size)
    rotation, width, height = _picture_shape(container, video) if video else (0, None, None)
    _check_sound(container, audio)
    frames, varies = _timing(container, video) if video else (None, False)
    return MediaFacts(
        kind="video" if video else "audio",
        container=container.format.name.split(",")[0],
        size_bytes=size,
        duration_seconds=_duration(container, video or audio),
        width=width,
        height=height,
        rotation=rotation,
        fps=_fps(video),
        frames=frames,
        variable_frame_rate=varies,
        video_codec=video.codec_context.name if video else "",
        pixel_format=(video.codec_context.pix_fmt or "") if video else "",
        audio_codec=_codec_name(audio),
        audio_channels=audio.codec_context.channels if audio else None,
        sample_rate=audio.codec_context.sample_rate if audio else None,
    )


def _codec_name(audio: AudioStream | None) -> str:
    # ffmpeg picks the float decoder; people know the codec by its own name.
    return audio.codec_context.codec.canonical_name if audio else ""


def _picture_shape(container: InputContainer, video: VideoStream) -> tuple[int, int, int]:
    container.seek(0)
    frame = next(container.decode(video), None)
    if frame is None:
        raise MediaToolError("The file is damaged: its video can't be decoded.", code="damaged_media")
    rotation = frame.rotation % 360
    aspect = video.sample_aspect_ratio or Fraction(1)
    width, height = round(frame.width * aspect), frame.height
    check_size(width, height, MOST_VIDEO_PIXELS)
    return (rotation, height, width) if rotation in (90, 270) else (rotation, width, height)


def _check_sound(container: InputContainer, audio: AudioStream | None) -> None:
    if audio is None:
        return
    container.seek(0)
    if next(audio_frames(container, Damage()), None) is None:
        raise MediaToolError("The file is damaged: its audio can't be decoded.", code="damaged_media")


def _check_whole(stream: Stream, size: int) -> None:
    """Raise if the index points past the end of the file, which means that the file was truncated."""
    entries = stream.index_entries
    if len(entries) and entries[-1].pos + entries[-1].size > size:
        raise MediaToolError("The file is incomplete: its end is missing. Upload it again.", code="damaged_media")


def _fps(video: VideoStream | None) -> Fraction | None:
    if video is None:
        return None
    return video.average_rate or video.guessed_rate or video.base_rate


def _timing(container: InputContainer, video: VideoStream) -> tuple[int | None, bool]:
    """Return (frames, whether the time between them varies)."""
    entries = video.index_entries
    if container.format.name.startswith("mov") and len(entries) > 1:
        times = [entries[index].timestamp for index in range(min(len(entries), _TIMING_SAMPLE))]
        frames: int | None = video.frames or len(entries)
    else:
        container.seek(0)
        packets = islice(container.demux(video), 150)
        times = sorted(packet.pts for packet in packets if packet.pts is not None)
        frames = video.frames or None
    steps = [later - earlier for earlier, later in pairwise(times)]
    # Containers with a coarse clock (1 ms in Matroska) round each step by up to one tick.
    return frames, bool(steps) and max(steps) - min(steps) > max(1, min(steps) // 20)


def _duration(container: InputContainer, stream: Stream | None) -> float | None:
    declared = container.duration / av.time_base if container.duration else None
    if stream is None:
        return declared
    guessed = container.format.name in _GUESSED_LENGTH_FORMATS
    if declared is not None and (not guessed or declared > _LONGEST_COUNTED_SECONDS):
        return declared
    container.seek(0)
    last = 0
    for packet in container.demux(stream):
        if packet.pts is not None:
            last = max(last, packet.pts + (packet.duration or 0))
    counted = float((last - (stream.start_time or 0)) * (stream.time_base or 0))
    # A declared length within a tenth of a second is the better one: it leaves out the encoder's padding.
    return declared if declared is not None and abs(declared - counted) < 0.1 else counted


def _probe_image(path: Path, size: int) -> MediaFacts | None:
    try:
        with Image.open(path, formats=_IMAGE_FORMATS) as image:
            check_size(image.width, image.height, MOST_IMAGE_PIXELS)
            name = (image.format or "").lower()
            turned = image.getexif().get(0x0112, 1)
            image.load()
            width, height = image.size
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError as error:
        raise InputError("The picture is too large. Make it smaller.", code="too_demanding") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise MediaToolError(
            "The picture is damaged and can't be opened.", code="damaged_media", evidence={"stderr": str(error)}
        ) from error
    rotation = {3: 180, 6: 270, 8: 90}.get(turned, 0)
    if rotation in (90, 270):
        width, height = height, width
    return MediaFacts(
        kind="image", container=name, size_bytes=size, width=width, height=height, rotation=rotation, frames=1
    )
