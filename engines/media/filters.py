"""Filters that bring pictures into a project's format."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engines.media.commands import Stream, Value, media_file
from engines.media.facts import MediaFacts
from engines.media.normalize import marked

# In these ffmpeg finds a place, but not the key frame before it: read this much earlier, more than encoders put
# between key frames.
WITHOUT_INDEX = {"mpegts", "mpeg", "flv", "asf"}
BLIND_SEEK_SECONDS = 15


@dataclass(frozen=True)
class Stretch:
    """`frames` pictures of a file at a fixed rate, from `start` seconds on the file's clock, played at `speed` (1 or
    less). Before the picture starts and after it ends, the nearest picture is held. With `held_after` the picture after
    so many frames is held, whatever the file goes on with."""

    path: Path
    facts: MediaFacts
    start: Fraction
    frames: int
    speed: Fraction = Fraction(1)
    held_after: int | None = None


def stretch_pictures(stretch: Stretch, fps: Fraction, **options: Value) -> Stream:
    """Return exactly the stretch's pictures, the first at time 0. `options` are those of the input."""
    facts = stretch.facts
    # Past the end the last picture is held, so it has to be read.
    start = min(stretch.start, facts.picture_end - facts.last_picture_seconds)
    pictures = _entered(stretch.path, facts, start, **options)
    if facts.interlaced:
        # Frames that aren't marked as interlaced pass through.
        pictures = marked(pictures, facts.colors).filter("bwdif", mode="send_frame", deint="interlaced")
    if stretch.speed != 1:
        pictures = pictures.filter("setpts", expr=f"PTS*{float(1 / stretch.speed):.9f}")
    pictures = evenly_timed(pictures, fps)
    if stretch.held_after is not None:
        pictures = pictures.filter("trim", end_frame=stretch.held_after)
    return exactly(pictures, stretch.frames)


def _entered(path: Path, facts: MediaFacts, start: Fraction, **options: Value) -> Stream:
    """Return the picture track timed so that `start` is 0. The picture shown then may begin earlier."""
    fps = facts.fps or Fraction(24)
    # Half a frame early: seeking to the frame's own time may drop it through rounding. The picture shown at the start
    # may begin a whole picture earlier.
    early = facts.longest_picture_seconds if facts.variable_frame_rate else Fraction(0)
    early += 1 / (2 * fps) + (BLIND_SEEK_SECONDS if facts.container in WITHOUT_INDEX else 0)
    if start - early <= facts.picture_start:
        pictures = media_file(path, **options).track(facts.picture_track)
        return pictures.filter("setpts", expr=f"PTS-STARTPTS{float(facts.picture_start - start):+.6f}/TB")
    pictures = media_file(path, ss=float(facts.zero_seconds + start - early), **options).track(facts.picture_track)
    return later(pictures, -early)


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
