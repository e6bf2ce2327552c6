"""Bringing footage of any rate and shape into a project's format: rotated, interlaced, HDR, with or without sound."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.reformatter import ColorTrc

from apps.core.errors import InputError
from apps.projects.models import Fit
from engines.cores import usable_cores
from engines.media.drawn import drawn_mouths, drawn_note, drawn_without_mouths
from engines.media.formats import ClipFormat, Encoding, ffmpeg_encoder_arguments, ffmpeg_tags_filter
from engines.media.probe import MediaFacts, open_media, picture_stream, probe_media
from engines.media.runner import input_arguments, run_to_file

# Encoding runs near real time on a slow core; long 4K footage on a busy machine stays below.
RENDER_LIMIT_SECONDS = 3000
HDR_CURVES = {ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67}
# Light to SDR by the curve that keeps skin and highlights, at the peak that phones master to.
TONE_MAP = "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=hable,zscale=t=bt709:m=bt709:r=tv"


@dataclass(frozen=True)
class Footage:
    """[start, end) seconds of a file, brought to `shape`. `fit`: whole with bars, or cropped to fill."""

    source: Path
    shape: ClipFormat
    fit: Fit
    start_seconds: Fraction = Fraction(0)
    end_seconds: Fraction | None = None


def footage_render(
    footage: Footage,
    output: Path,
    *,
    cancelled: Callable[[], bool],
    on_progress: Callable[[float], None] | None = None,
) -> Path:
    """Write an mp4 with exact frames in the project's format, and the footage's own sound where it has one.

    Raises InputError for a file without moving pictures or a range outside it.
    """
    facts = probe_media(footage.source)
    length = facts.duration_seconds
    if facts.kind != "video" or length is None:
        raise InputError("This file holds no moving picture. Choose a video.", code="not_video")
    end = min(footage.end_seconds or Fraction(length), Fraction(length))
    if not 0 <= footage.start_seconds < end:
        raise InputError(f"The range has to lie inside the video, which lasts {length:.3f} seconds.")
    seconds = end - footage.start_seconds
    frames = max(1, round(seconds * footage.shape.fps))
    return run_to_file(
        [
            *_seek(footage.start_seconds, facts.fps),
            *input_arguments(footage.source),
            *("-map", "0:v:0", "-vf", _picture(footage, facts.fps, frames)),
            # The encoder's arguments silence the output, so the sound is mapped after them.
            *(value for value in ffmpeg_encoder_arguments(footage.shape, Encoding.FINAL) if value != "-an"),
            *("-threads", str(usable_cores())),
            *(_sound(frames / footage.shape.fps) if facts.audio_codec else []),
            *("-metadata", f"comment={_note(footage, facts, frames)}"),
            *("-movflags", "+faststart"),
        ],
        output,
        container="mp4",
        time_limit_seconds=RENDER_LIMIT_SECONDS,
        cancelled=cancelled,
        on_progress=on_progress,
        duration_seconds=float(seconds),
    )


def _note(footage: Footage, facts: MediaFacts, frames: int) -> str:
    """Where a draft drew mouths in these frames; empty where their place is not known."""
    shape, first = footage.shape, footage.start_seconds * footage.shape.fps
    same = (facts.width, facts.height, facts.fps) == (shape.width, shape.height, shape.fps)
    if not same or facts.frames is None or first.denominator != 1:
        return ""
    start = int(first)
    kept = [mouth.within(start, start + frames) for mouth in drawn_mouths(footage.source, facts.frames)]
    if not any(kept) and not drawn_without_mouths(footage.source, facts.frames):
        return ""
    return drawn_note(frames, [mouth.moved(-start) for mouth in kept if mouth])


def _seek(start: Fraction, source_fps: Fraction | None) -> list[str]:
    """Half a frame early: aimed at the frame itself, the rounding of its time may drop it."""
    early = start - (1 / (2 * source_fps) if source_fps else 0)
    return ["-ss", f"{float(early):.6f}"] if early > 0 else []


def _picture(footage: Footage, source_fps: Fraction | None, frames: int) -> str:
    shape = footage.shape
    size = f"{shape.width}:{shape.height}"
    early = 1 / (2 * source_fps) if source_fps and footage.start_seconds > 0 else Fraction(0)
    steps = [f"setpts=PTS-{float(early):.6f}/TB" if early else "setpts=PTS-STARTPTS"]
    # Only frames that are marked as interlaced are touched; the whole ones pass as they are.
    steps.append("bwdif=mode=send_frame:deint=interlaced")
    steps.append(f"fps={shape.fps}:start_time=0:round=near")
    # A container's length may count a frame that is not there: its last picture is held instead.
    steps.append(f"tpad=stop=-1:stop_mode=clone,trim=end_frame={frames}")
    if _is_hdr(footage.source):
        steps.append(TONE_MAP)
    if footage.fit == Fit.FILL:
        steps.append(f"scale={size}:force_original_aspect_ratio=increase:flags=bicubic,crop={size}")
    else:
        steps.append(f"scale={size}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic")
        steps.append(f"pad={size}:(ow-iw)/2:(oh-ih)/2")
    # Pixels that are not square are made so before the shape is looked at.
    square = "scale=trunc(iw*sar/2)*2:ih,setsar=1"
    return ",".join([*steps[:4], square, *steps[4:], "format=yuv420p", ffmpeg_tags_filter()])


def _sound(seconds: Fraction) -> list[str]:
    return [
        *("-map", "0:a:0", "-af", f"asetpts=PTS-STARTPTS,apad,atrim=end={float(seconds):.6f}"),
        *("-c:a", "aac", "-b:a", "192k", "-ac", "2", "-ar", "48000"),
    ]


def _is_hdr(path: Path) -> bool:
    with open_media(path) as container:
        stream = picture_stream(container)
        return stream is not None and stream.codec_context.color_trc in HDR_CURVES
