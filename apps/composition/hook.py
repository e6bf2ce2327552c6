"""The short cut: where it starts and ends on the song."""

from fractions import Fraction

from apps.composition.models import Output
from apps.core.errors import InputError
from apps.media.frames import FrameGrid
from apps.projects.models import Project
from apps.scenes.plan import song_range


def hook_range(project: Project, output: Output, frames: int) -> tuple[int, int]:
    """[first, last) frames of the project's timeline, both on downbeats where the song has them.

    Without a chosen start: the loudest stretch of that length. Raises InputError when the video is shorter."""
    grid = FrameGrid(Fraction(project.fps))
    wanted = float(output.hook_seconds or 0)
    length = float(grid.seconds_of(frames))
    if wanted > length:
        raise InputError(f"The video lasts only {length:.1f} seconds, less than the {wanted:.0f} of this cut.")
    downbeats = _downbeats(project, length)
    chosen = float(output.hook_start) if output.hook_start is not None else None
    starts = [beat for beat in downbeats if beat + wanted <= length + 0.05] or [min(chosen or 0.0, length - wanted)]
    if chosen is not None:
        start = min(starts, key=lambda beat: abs(beat - chosen))
    else:
        start = max(starts, key=lambda beat: _energy(project, beat, beat + wanted))
    ends = [beat for beat in downbeats if beat > start + wanted / 2] or [start + wanted]
    end = min(ends, key=lambda beat: abs(beat - start - wanted))
    return grid.frame_at(start), min(frames, grid.frame_at(end))


def _downbeats(project: Project, length: float) -> list[float]:
    used = song_range(project)
    if project.song is None or used is None:
        return []
    beats = (beat - used[0] for beat in project.song.grid.get("downbeats", ()))
    return [beat for beat in beats if -0.02 <= beat <= length]


def _energy(project: Project, start: float, end: float) -> float:
    """How much of the loud sections lies in a stretch."""
    used = song_range(project)
    sections = project.song.analysis.get("sections", ()) if project.song else ()
    offset = used[0] if used else 0.0
    total = 0.0
    for section in sections:
        shared = min(end + offset, section["end_seconds"]) - max(start + offset, section["start_seconds"])
        total += section["energy"] * max(0.0, shared)
    return total
