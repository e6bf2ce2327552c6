"""The short hook cut: where it starts and ends on the song."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from apps.composition.models import Output
from apps.core.errors import InputError
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.scene_frames import scene_spans, song_range
from apps.scenes.selectors import scenes_of
from apps.songs.named_sections import song_sections, stored_sections
from engines.listening.sections import Section
from engines.media.frames import FrameGrid

SHORTEST_HOOK_SECONDS, LONGEST_HOOK_SECONDS = 5, 120

_CLICK_FADE_SECONDS, _FADE_SECONDS = 0.05, 0.5
# A start that somebody chose goes to a downbeat only where they would hardly see it move.
_NEAR_SECONDS = 0.25


@dataclass(frozen=True)
class HookWindow:
    """Seconds of the video, and the song section that most of it is in ("" if unknown)."""

    start_seconds: float
    end_seconds: float
    section: str


def film_frames(project: Project, scenes: Sequence[Scene]) -> int | None:
    """Return how long the film is; before it has scenes, the used part of its song; None if neither is known."""
    if scenes:
        return scene_spans(project, scenes)[-1].end_frame
    used = song_range(project)
    return None if used is None else FrameGrid(Fraction(project.fps)).frame_at(used[1] - used[0])


def hook_check(project: Project, output: Output, frames: int | None) -> None:
    """Raise InputError if a film of so many frames (None: not known yet) has no such cut, or ends before its start."""
    if output.hook_seconds is None or frames is None:
        return
    hook_length_check(project, output, frames)
    length = frames / Fraction(project.fps)
    if output.hook_start is not None and Fraction(output.hook_start) >= length:
        words = f"The film lasts {float(length):.2f} seconds. Start the cut before that."
        raise InputError(words, errors={"hook_start": [words]})


def hook_length_check(project: Project, output: Output, frames: int) -> None:
    """Raise InputError if a film of so many frames is too short for the cut."""
    fps = Fraction(project.fps)
    if output.hook_seconds is not None and _frame_count(output, fps) > frames:
        wanted = f"{output.hook_seconds.normalize():f}"
        words = f"The film lasts {float(frames / fps):.2f} seconds, too short for a cut of {wanted} seconds."
        raise InputError(words, errors={"hook_seconds": [words]})


def _frame_count(output: Output, fps: Fraction) -> int:
    return int(Fraction(output.hook_seconds or 0) * fps)


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
    """Return the [first, last) frames of the project's timeline, exactly as long as wanted; at some frame rates, less
    than a frame shorter. A chosen start goes to a downbeat within a quarter of a second, and to where the cut fits.

    Without a chosen start, choose the loudest stretch of that length, from a downbeat where the song has them. Raises
    InputError if the video is shorter."""
    fps = Fraction(project.fps)
    grid, count = FrameGrid(fps), _frame_count(output, fps)
    hook_length_check(project, output, frames)
    wanted, length = float(count / fps), float(grid.seconds_of(frames))
    inside = [beat for beat in _downbeats(project, length) if beat + wanted <= length]
    if output.hook_start is not None:
        # Between frames it would be near another downbeat than from the frame that is stored.
        chosen = float(grid.seconds_of(min(grid.frame_at(float(output.hook_start)), frames - count)))
        near = [beat for beat in inside if abs(beat - chosen) <= _NEAR_SECONDS]
        start = min(near, key=lambda beat: abs(beat - chosen), default=chosen)
    else:
        start = max(inside or [0.0], key=lambda beat: _energy(project, beat, beat + wanted))
    first = min(grid.frame_at(max(0.0, start)), frames - count)
    return first, first + count


def hook_start_settle(project: Project, output: Output, frames: int | None) -> None:
    """Set a chosen start to where the cut of a film of so many frames really starts, so that every label says that.
    Raises InputError as `hook_range` does."""
    if output.hook_start is not None and frames is not None:
        (first, _), fps = hook_range(project, output, frames), Fraction(project.fps)
        output.hook_start = round(Decimal(first * fps.denominator) / fps.numerator, 6)


def hook_fade_seconds(project: Project, last: int, frames: int) -> float:
    """Return over how long a cut's sound fades out before frame `last` of the video's `frames`: just enough against a
    click where the music itself ends or a bar does, longer in the middle of a bar."""
    fps = Fraction(project.fps)
    end = float(last / fps)
    bars = _downbeats(project, float(frames / fps))
    on_beat = last == frames or any(abs(beat - end) <= float(1 / fps) for beat in bars)
    return _CLICK_FADE_SECONDS if on_beat else _FADE_SECONDS


def heard(project: Project, first: int, last: int) -> tuple[Fraction, Fraction]:
    """Return the seconds of the song's file that are heard during [first, last) frames of the video; (0, 0) without a
    song."""
    used, fps = song_range(project), Fraction(project.fps)
    if used is None:
        return Fraction(0), Fraction(0)
    start = Fraction(str(used[0])) + first / fps
    return start, min(Fraction(str(used[1])), start + (last - first) / fps)


def _downbeats(project: Project, length: float) -> list[float]:
    used = song_range(project)
    if project.song is None or used is None:
        return []
    beats = (beat - used[0] for beat in project.song.grid.get("downbeats", ()))
    return [beat for beat in beats if -0.02 <= beat <= length]


def _energy(project: Project, start: float, end: float) -> float:
    """Return how much of the loud sections is in a stretch."""
    heard = stored_sections(project.song) if project.song else ()
    return float(sum(section.energy * shared for section, shared in _shares(heard, project, start, end)))


def _section(project: Project, start: float, end: float) -> str:
    sections = song_sections(project.song) if project.song else ()
    inside = list(_shares(sections, project, start, end))
    return max(inside, key=lambda one: one[1])[0].label if inside else ""


def _shares(sections: Iterable[Section], project: Project, start: float, end: float) -> Iterator[tuple[Section, float]]:
    """Yield the sections in a stretch of the video, with the seconds of each."""
    used = song_range(project)
    offset = used[0] if used else 0.0
    for section in sections:
        shared = min(end + offset, section.end_seconds) - max(start + offset, section.start_seconds)
        if shared > 0:
            yield section, shared
