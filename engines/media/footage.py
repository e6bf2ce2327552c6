"""Conversion of any footage, or a part of it, to a format, with or without sound."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engines.cores import usable_cores
from engines.errors import InputError
from engines.media.audio import write_pcm
from engines.media.commands import Command, Options, samples_file
from engines.media.drawn import drawn_mouths, drawn_note, drawn_without_mouths
from engines.media.facts import MediaFacts
from engines.media.filters import Stretch, tagged
from engines.media.formats import ClipFormat, Encoding, encoder_options
from engines.media.framing import Framing, PictureFit, normalized
from engines.media.probe import media_facts
from engines.media.runner import run_to_file

# Encoding runs near real time on a slow core; this allows for long 4K footage on a busy machine.
RENDER_LIMIT_SECONDS = 3000
_SOUND = {"rate": 48_000, "channels": 2}


@dataclass(frozen=True)
class Footage:
    """[start, end) seconds of a file, converted to `shape`, which it fits into by `fit`."""

    source: Path
    shape: ClipFormat
    fit: PictureFit
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
    facts = media_facts(footage.source)
    if facts.kind != "video":
        raise InputError("This file doesn't contain a video. Choose another one.", code="not_video")
    end = min(footage.end_seconds or facts.picture_end, facts.picture_end)
    if not 0 <= footage.start_seconds < end:
        raise InputError(f"The range must be inside the video, which lasts {float(facts.picture_end):.3f} seconds.")
    frames = max(1, round((end - footage.start_seconds) * footage.shape.fps))
    seconds = frames / footage.shape.fps
    sound = output.with_name(output.name + ".sound") if facts.sound_track is not None else None
    try:
        if sound is not None:
            write_pcm(
                footage.source, sound, start=footage.start_seconds, seconds=seconds, cancelled=cancelled, **_SOUND
            )
        return run_to_file(
            _command(footage, facts, frames, sound),
            output,
            container="mp4",
            time_limit_seconds=RENDER_LIMIT_SECONDS,
            cancelled=cancelled,
            on_progress=on_progress,
            duration_seconds=float(seconds),
        )
    finally:
        if sound is not None:
            sound.unlink(missing_ok=True)


def _command(footage: Footage, facts: MediaFacts, frames: int, sound: Path | None) -> Command:
    stretch = Stretch(footage.source, facts, footage.start_seconds, frames)
    streams = [tagged(normalized(stretch, Framing(footage.shape, footage.fit)))]
    options: Options = {
        **encoder_options(footage.shape, Encoding.FINAL),
        "threads": usable_cores(),
        "filter_complex_threads": usable_cores(),
        "metadata": f"comment={_note(footage, facts, frames)}",
        "movflags": "+faststart",
    }
    if sound is not None:
        streams.append(samples_file(sound, **_SOUND).sound)
        options = {**options, "c:a": "aac", "b:a": "192k"}
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
