"""The short hook cut: where it starts and ends on the song."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from apps.composition.models import Output
from apps.core.errors import InputError
from apps.projects.models import Project
from apps.scenes.scene_frames import scene_spans, song_range
from apps.scenes.selectors import scenes_of
from engines.media.frames import FrameGrid

# The usual length of a hook cut. A requested length within this range stays within it when moved to a downbeat.
HOOK_SECONDS = (15.0, 30.0)


@dataclass(frozen=True)
class HookWindow:
    """Seconds of the video, and the song section that most of it is in ("" if unknown)."""

    start_seconds: float
    end_seconds: float
    section: str


def hook_suggestion(project: Project, seconds: Decimal) -> HookWindow | None:
    """Return the cut the studio would choose; None if the video isn't that long yet."""
    spans = scene_spans(project, list(scenes_of(project)))
    if not spans:
        return None
    try:
        first, last = hook_range(project, Output(hook_seconds=seconds), spans[-1].end_frame)
    except InputError:
        return None
    fps = Fraction(project.fps)
    start, end = float(first / fps), float(last / fps)
    return HookWindow(start, end, _section(project, start, end))


def hook_range(project: Project, output: Output, frames: int) -> tuple[int, int]:
    """Return the [first, last) frames of the project's timeline, both on downbeats where the song has them.

    Without a chosen start, choose the loudest stretch of that length. Raises InputError if the video is shorter."""
    grid = FrameGrid(Fraction(project.fps))
    wanted = float(output.hook_seconds or 0)
    length = float(grid.seconds_of(frames))
    if wanted > length:
        raise InputError(f"The video is only {length:.1f} seconds long, but this cut needs {wanted:.0f}.")
    downbeats = _downbeats(project, length)
    chosen = float(output.hook_start) if output.hook_start is not None else None
    starts = [beat for beat in downbeats if beat + wanted <= length + 0.05] or [min(chosen or 0.0, length - wanted)]
    starts = [start for start in starts if _ends(downbeats, start, wanted)] or starts
    if chosen is not None:
        start = min(starts, key=lambda beat: abs(beat - chosen))
    else:
        start = max(starts, key=lambda beat: _energy(project, beat, beat + wanted))
    ends = _ends(downbeats, start, wanted) or [start + wanted]
    end = min(ends, key=lambda beat: abs(beat - start - wanted))
    return grid.frame_at(start), min(frames, grid.frame_at(end))


def _ends(downbeats: list[float], start: float, wanted: float) -> list[float]:
    """Return the downbeats that a cut of about that length can end on."""
    shortest, longest = HOOK_SECONDS
    if not shortest <= wanted <= longest:
        shortest, longest = wanted / 2, wanted * 2
    return [beat for beat in downbeats if shortest - 0.001 <= beat - start <= longest + 0.001]


def _downbeats(project: Project, length: float) -> list[float]:
    used = song_range(project)
    if project.song is None or used is None:
        return []
    beats = (beat - used[0] for beat in project.song.grid.get("downbeats", ()))
    return [beat for beat in beats if -0.02 <= beat <= length]


def _energy(project: Project, start: float, end: float) -> float:
    """Return how much of the loud sections is in a stretch."""
    return float(sum(section["energy"] * shared for section, shared in _sections(project, start, end)))


def _section(project: Project, start: float, end: float) -> str:
    inside = list(_sections(project, start, end))
    return str(max(inside, key=lambda one: one[1])[0]["label"]) if inside else ""


def _sections(project: Project, start: float, end: float) -> Iterator[tuple[Mapping[str, Any], float]]:
    """Yield the song's sections in a stretch of the video, with the seconds of each."""
    used = song_range(project)
    offset = used[0] if used else 0.0
    for section in project.song.analysis.get("sections", ()) if project.song else ():
        shared = min(end + offset, section["end_seconds"]) - max(start + offset, section["start_seconds"])
        if shared > 0:
            yield section, shared
