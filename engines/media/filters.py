"""Steps that every picture takes on its way into a project's format."""

from fractions import Fraction
from pathlib import Path

from engines.media.commands import Input, Stream, Value, media_file


def entered(path: Path, start: Fraction, source_fps: Fraction | None, **options: Value) -> tuple[Input, Stream]:
    """A file opened at a moment, and its pictures with the one of that moment at time 0."""
    # Half a frame early: aimed at the frame itself, the rounding of its time may drop it.
    early = 1 / (2 * source_fps) if source_fps else Fraction(0)
    if start <= early:
        file = media_file(path, **options)
        return file, file.pictures.filter("setpts", expr="PTS-STARTPTS")
    file = media_file(path, ss=float(start - early), **options)
    return file, later(file.pictures, -early)


def later(pictures: Stream, seconds: Fraction) -> Stream:
    """The same pictures, shown so much later; earlier where it is negative."""
    return pictures.filter("setpts", expr=f"PTS{float(seconds):+.6f}/TB")


def evenly_timed(pictures: Stream, fps: Fraction) -> Stream:
    """Pictures at a fixed rate, from time 0 on."""
    return pictures.filter("fps", fps=fps, start_time=0, round="near")


def exactly(pictures: Stream, frames: int) -> Stream:
    """So many pictures: the rest is cut off, and where they end early the last one is held."""
    return pictures.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end_frame=frames)


def tagged(pictures: Stream) -> Stream:
    """Marked as what they are, square pixels of limited-range BT.709. The last step before an encoder."""
    return pictures.filter("setsar", sar=1).filter(
        "setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
    )
