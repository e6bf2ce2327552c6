"""Conversion of any footage to a project's format: rotated, interlaced, HDR, with or without sound."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from apps.core.errors import InputError
from apps.projects.models import Fit
from engines.cores import usable_cores
from engines.media.commands import Command, Options, Stream
from engines.media.drawn import drawn_mouths, drawn_note, drawn_without_mouths
from engines.media.facts import MediaFacts
from engines.media.filters import entered, evenly_timed, exactly, tagged
from engines.media.formats import ClipFormat, Encoding, encoder_options
from engines.media.normalise import marked, scaled
from engines.media.probe import probe_media
from engines.media.runner import run_to_file

# Encoding runs near real time on a slow core; this allows for long 4K footage on a busy machine.
RENDER_LIMIT_SECONDS = 3000


@dataclass(frozen=True)
class Footage:
    """[start, end) seconds of a file, converted to `shape`. `fit`: letterboxed, or cropped to fill."""

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
    """Write an mp4 with exact frames in the project's format, with the footage's own sound if it has any.

    Raises InputError for a file without video or a range outside it.
    """
    facts = probe_media(footage.source)
    length = facts.duration_seconds
    if facts.kind != "video" or length is None:
        raise InputError("This file doesn't contain a video. Choose another one.", code="not_video")
    end = min(footage.end_seconds or Fraction(length), Fraction(length))
    if not 0 <= footage.start_seconds < end:
        raise InputError(f"The range must be inside the video, which lasts {length:.3f} seconds.")
    seconds = end - footage.start_seconds
    frames = max(1, round(seconds * footage.shape.fps))
    return run_to_file(
        _command(footage, facts, frames),
        output,
        container="mp4",
        time_limit_seconds=RENDER_LIMIT_SECONDS,
        cancelled=cancelled,
        on_progress=on_progress,
        duration_seconds=float(seconds),
    )


def _command(footage: Footage, facts: MediaFacts, frames: int) -> Command:
    file, pictures = entered(footage.source, footage.start_seconds, facts.fps)
    streams = [_picture(footage, facts, pictures, frames)]
    options: Options = {
        **encoder_options(footage.shape, Encoding.FINAL),
        "threads": usable_cores(),
        "filter_complex_threads": usable_cores(),
        "metadata": f"comment={_note(footage, facts, frames)}",
        "movflags": "+faststart",
    }
    if facts.audio_codec:
        streams.append(_sound(file.sound, frames / footage.shape.fps))
        options = {**options, "c:a": "aac", "b:a": "192k", "ac": 2, "ar": 48_000}
    return Command(streams, options)


def _note(footage: Footage, facts: MediaFacts, frames: int) -> str:
    """Return where a draft drew mouths in these frames; empty if unknown."""
    shape, first = footage.shape, footage.start_seconds * footage.shape.fps
    same = (facts.width, facts.height, facts.fps) == (shape.width, shape.height, shape.fps)
    if not same or facts.frames is None or first.denominator != 1:
        return ""
    start = int(first)
    kept = [mouth.within(start, start + frames) for mouth in drawn_mouths(footage.source, facts.frames)]
    if not any(kept) and not drawn_without_mouths(footage.source, facts.frames):
        return ""
    return drawn_note(frames, [mouth.moved(-start) for mouth in kept if mouth])


def _picture(footage: Footage, facts: MediaFacts, pictures: Stream, frames: int) -> Stream:
    size: Options = {"width": footage.shape.width, "height": footage.shape.height}
    # Only frames marked as interlaced are changed; progressive ones pass through.
    pictures = marked(pictures, facts.colours).filter("bwdif", mode="send_frame", deint="interlaced")
    # A container's length may count a missing frame; the last picture is held instead.
    pictures = exactly(evenly_timed(pictures, footage.shape.fps), frames)
    # Non-square pixels are made square before the shape is compared.
    pictures = pictures.filter("scale", width="trunc(iw*sar/2)*2", height="ih").filter("setsar", sar=1)
    if footage.fit == Fit.FILL:
        pictures = scaled(pictures, facts.colours, **size, force_original_aspect_ratio="increase")
        pictures = pictures.filter("crop", out_w=footage.shape.width, out_h=footage.shape.height)
    else:
        inside: Options = {"force_original_aspect_ratio": "decrease", "force_divisible_by": 2}
        pictures = scaled(pictures, facts.colours, **size, **inside)
        pictures = pictures.filter("pad", **size, x="(ow-iw)/2", y="(oh-ih)/2")
    return tagged(pictures.filter("format", pix_fmts="yuv420p"))


def _sound(sound: Stream, seconds: Fraction) -> Stream:
    return sound.filter("asetpts", expr="PTS-STARTPTS").filter("apad").filter("atrim", end=float(seconds))
