"""Filters that bring pictures into a project's format."""

from fractions import Fraction
from pathlib import Path

from engines.media.commands import Input, Stream, Value, media_file


def entered(path: Path, start: Fraction, source_fps: Fraction | None, **options: Value) -> tuple[Input, Stream]:
    """Open a file at `start`, with its pictures shifted so that the one at `start` is at time 0."""
    # Seek half a frame early: seeking to the frame's own time may drop it through rounding.
    early = 1 / (2 * source_fps) if source_fps else Fraction(0)
    if start <= early:
        file = media_file(path, **options)
        return file, file.pictures.filter("setpts", expr="PTS-STARTPTS")
    file = media_file(path, ss=float(start - early), **options)
    return file, later(file.pictures, -early)


def later(pictures: Stream, seconds: Fraction) -> Stream:
    """Delay the pictures; a negative delay shows them earlier."""
    return pictures.filter("setpts", expr=f"PTS{float(seconds):+.6f}/TB")


def evenly_timed(pictures: Stream, fps: Fraction) -> Stream:
    """Return pictures at a fixed rate, from time 0."""
    return pictures.filter("fps", fps=fps, start_time=0, round="near")


def exactly(pictures: Stream, frames: int) -> Stream:
    """Return exactly `frames` pictures: cut off the rest, or hold the last one if there are too few."""
    return pictures.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end_frame=frames)


def tagged(pictures: Stream) -> Stream:
    """Tag the pictures as square pixels in limited-range BT.709. The last step before an encoder."""
    return pictures.filter("setsar", sar=1).filter(
        "setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
    )
