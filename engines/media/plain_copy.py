"""A copy of a video in the colors that every program understands, for those that would show its own wrongly."""

from collections.abc import Callable
from pathlib import Path

from engines.cores import usable_cores
from engines.media.commands import Command, Options, media_file
from engines.media.facts import MediaFacts
from engines.media.filters import tagged
from engines.media.formats import Encoding
from engines.media.normalize import marked, scaled
from engines.media.runner import run_to_file

# As for footage: near real time on a slow core, with room for long 4K footage on a busy machine.
_LIMIT_SECONDS = 3000.0


def plain_copy(path: Path, facts: MediaFacts, output: Path, *, cancelled: Callable[[], bool]) -> Path:
    """Write an mp4 with the same pictures and sound at the same times, upright, in limited-range BT.709.

    Raises WorkCancelled, MediaToolError."""
    file = media_file(path)
    size = {"width": "trunc(iw*sar/2)*2", "height": "trunc(ih/2)*2"}
    pictures = tagged(scaled(marked(file.track(facts.picture_track), facts.colors), facts.colors, **size))
    sound = [file.track(facts.sound_track)] if facts.sound_track is not None else []
    options: Options = {
        **{"c:v": "libx264", "preset": Encoding.FINAL.preset, "crf": Encoding.HIGH.crf, "pix_fmt": "yuv420p"},
        **{"fps_mode": "passthrough", "threads": usable_cores(), "movflags": "+faststart"},
        **({"c:a": "aac", "b:a": "256k"} if sound else {}),
    }
    return run_to_file(
        Command([pictures, *sound], options),
        output,
        container="mp4",
        time_limit_seconds=_LIMIT_SECONDS,
        cancelled=cancelled,
        duration_seconds=facts.duration_seconds,
    )
