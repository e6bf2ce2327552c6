"""What a media file is, judged by its content and never by its name."""

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import UnidentifiedImageError

from engines.cores import usable_cores
from engines.errors import InputError, MediaToolError, StudioError
from engines.media.boxes import is_protected, lacks_index
from engines.media.chains import FilePart, ogg_parts
from engines.media.colors import frame_colors
from engines.media.facts import MediaFacts
from engines.media.limits import MOST_VIDEO_PIXELS, check_size, check_sound, check_streams
from engines.media.packets import Damage, audio_frames
from engines.media.pictures import load, orientation_of, picture_opened, shown_size
from engines.media.reasons import PROTECTED, explained
from engines.media.timeline import picture_rate, read_timeline
from engines.media.tracks import picture_stream, sound_stream
from engines.media.upright import is_mirrored

# Common media containers. No playlists, no scripts, nothing that opens other files.
ALLOWED_DEMUXERS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "flv", "asf"),
    *("mp3", "wav", "w64", "flac", "ogg", "aac", "aiff", "caf"),
)
# Of an Exif orientation, in degrees counterclockwise.
_ROTATIONS = {3: 180, 4: 180, 5: 270, 6: 270, 7: 90, 8: 90}
_MIRRORED = {2, 4, 5, 7}
# Raw streams have no length, only a bit rate to estimate from; shorter ones are counted packet by packet.
_GUESSED_LENGTH_FORMATS = {"mp3", "aac"}
_LONGEST_COUNTED_SECONDS = 1800
# Same as ffmpeg; each thread holds a picture.
_MOST_THREADS = 16


def probe_media(path: Path) -> MediaFacts:
    """Describe a file. Reads the packets of a video once (memory stays small), and decodes only the first of them.

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
            if is_protected(path):
                raise MediaToolError(PROTECTED.sentence, code=PROTECTED.code)
            facts = _describe(container, size)
        return _with_all_parts(facts, path)
    except av.error.FFmpegError as error:
        raise MediaToolError(
            "The file can't be decoded: it is damaged, or its picture is larger than 8K. Export it again.",
            code="damaged_media",
            evidence={"stderr": str(error)},
        ) from error


def media_facts(path: Path) -> MediaFacts:
    """Return `probe_media`, remembered while the file stays the same."""
    state = path.stat()
    return _remembered(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=64)
def _remembered(path: Path, _state: tuple[int, int, int]) -> MediaFacts:
    return probe_media(path)


def open_media(path: Path, part: tuple[int, int] | None = None) -> InputContainer:
    """Open for reading with only the local-file protocol and the allowed demuxers. Pictures above the limit are never
    decoded. `part` opens the bytes [start, end) as a file of their own.

    Raises InputError when it isn't media that can be opened."""
    most_pixels = {"max_pixels": str(MOST_VIDEO_PIXELS)}
    try:
        container = av.open(
            f"file:{path}" if part is None else FilePart(path, *part),
            mode="r",
            metadata_errors="replace",
            options={
                "protocol_whitelist": "file",
                "format_whitelist": ",".join(ALLOWED_DEMUXERS),
                # Opening already decodes a little.
                **most_pixels,
            },
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise _unopened(path, error) from error
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = most_pixels
    return container


def _unopened(path: Path, error: Exception) -> StudioError:
    if lacks_index(path):
        failure = explained("moov atom not found")
        return MediaToolError(failure.sentence, code=failure.code, evidence={"stderr": str(error)})
    message = "This isn't a supported audio, video or image file. Choose a file such as mp3, wav, mp4 or png."
    return InputError(message, code="not_media", evidence={"stderr": str(error)})


def _unplayable(container: InputContainer) -> InputError:
    if any(stream.type in ("video", "audio") and stream.codec_context is None for stream in container.streams):
        failure = explained("no decoder found for")
        return InputError(failure.sentence, code=failure.code)
    return InputError("The file has neither audio nor video.", code="not_media")


def decode_on_all_cores(video: VideoStream) -> None:
    """Set the thread count: by default ffmpeg counts the machine's cores, even if a quota allows fewer."""
    video.thread_type = "AUTO"
    video.codec_context.thread_count = min(usable_cores(), _MOST_THREADS)


def _describe(container: InputContainer, size: int) -> MediaFacts:
    video, audio = picture_stream(container), sound_stream(container)
    if video is None and audio is None:
        raise _unplayable(container)
    check_streams(container, video)
    if audio is not None:
        check_sound(audio.codec_context.channels, audio.codec_context.sample_rate)
    for stream in (video, audio):
        if stream is not None:
            _check_whole(stream, size)
    facts = MediaFacts(
        kind="video" if video else "audio",
        container=container.format.name.split(",")[0],
        size_bytes=size,
        audio_codec=_codec_name(audio),
        audio_channels=audio.codec_context.channels if audio else None,
        sample_rate=audio.codec_context.sample_rate if audio else None,
        sound_track=audio.index if audio else None,
    )
    if video is not None:
        return _with_picture(facts, container, video, audio)
    _check_sound(container)
    return replace(facts, duration_seconds=_duration(container, audio))


def _with_picture(
    facts: MediaFacts, container: InputContainer, video: VideoStream, audio: AudioStream | None
) -> MediaFacts:
    timeline = read_timeline(container, video, audio)
    frame, rate = timeline.picture.first, picture_rate(timeline.picture, video)
    if not isinstance(frame, VideoFrame):
        raise MediaToolError("The file is damaged: its video can't be decoded.", code="damaged_media")
    start = timeline.picture.start - timeline.zero
    heard = audio is not None
    return replace(
        _with_looks(facts, frame, video),
        duration_seconds=float(start + rate.seconds),
        fps=rate.fps,
        frames=max(1, round(rate.seconds * rate.fps)),
        variable_frame_rate=rate.varies,
        video_codec=video.codec_context.name,
        picture_track=video.index,
        zero_seconds=timeline.zero - Fraction(container.start_time or 0, av.time_base),
        picture_start=start,
        picture_seconds=rate.seconds,
        longest_picture_seconds=rate.longest,
        last_picture_seconds=rate.last,
        sound_start=timeline.sound.start - timeline.zero if heard else Fraction(0),
        sound_seconds=max(Fraction(0), timeline.sound.end - timeline.sound.start) if heard else None,
        damaged_seconds=timeline.damaged_seconds,
    )


def _with_all_parts(facts: MediaFacts, path: Path) -> MediaFacts:
    """Correct the length of joined Ogg files, of which ffmpeg guesses only the first's."""
    parts = ogg_parts(path) if facts.kind == "audio" else []
    if len(parts) < 2:
        return facts
    seconds = 0.0
    for part in parts:
        with open_media(path, part) as container:
            seconds += container.duration / av.time_base if container.duration else 0.0
    return replace(facts, duration_seconds=seconds)


def _codec_name(audio: AudioStream | None) -> str:
    # ffmpeg picks the float decoder; people know the codec by its own name.
    return audio.codec_context.codec.canonical_name if audio else ""


def _with_looks(facts: MediaFacts, frame: VideoFrame, video: VideoStream) -> MediaFacts:
    """Add shape and colors."""
    rotation = frame.rotation % 360
    aspect = Fraction(video.sample_aspect_ratio or 1)
    width, height = max(1, round(frame.width * aspect)), frame.height
    check_size(width, height, MOST_VIDEO_PIXELS)
    pixel_format = video.codec_context.pix_fmt or ""
    colors = frame_colors(frame)
    return replace(
        facts,
        width=height if rotation in (90, 270) else width,
        height=width if rotation in (90, 270) else height,
        rotation=rotation,
        mirrored=is_mirrored(frame),
        pixel_aspect=aspect,
        pixel_format=pixel_format,
        interlaced=frame.interlaced_frame,
        color_range="pc" if colors.full_range else "tv",
        color_matrix=colors.matrix,
        color_primaries=colors.primaries,
        color_transfer=colors.transfer,
    )


def _check_sound(container: InputContainer) -> None:
    if next(audio_frames(container, Damage()), None) is None:
        raise MediaToolError("The file is damaged: its audio can't be decoded.", code="damaged_media")


def _check_whole(stream: Stream, size: int) -> None:
    """Raise if the index points past the end of the file, which means that the file was truncated."""
    entries = stream.index_entries
    if len(entries) and entries[-1].pos + entries[-1].size > size:
        raise MediaToolError("The file is incomplete: its end is missing. Upload it again.", code="damaged_media")


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
        with picture_opened(path) as image:
            name, turned = (image.format or "").lower(), orientation_of(image)
            width, height = shown_size(image)
            load(image)
    except UnidentifiedImageError:
        return None
    return MediaFacts(
        kind="image",
        # A JPEG from a phone with more pictures after the first.
        container="jpeg" if name == "mpo" else name,
        size_bytes=size,
        width=width,
        height=height,
        rotation=_ROTATIONS.get(turned, 0),
        mirrored=turned in _MIRRORED,
        frames=1,
    )
