"""Scenes on the song's timeline: beats, slots, frames, energy. Times are seconds from the start of the used part of
the song."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import structlog

from apps.flavors.registry import resolve
from apps.projects.models import Project
from apps.projects.selectors import song_seconds
from apps.providers.capabilities import Capability
from apps.scenes.arrangement import seconds
from apps.scenes.clip_use import part_seconds
from apps.scenes.models import Scene
from apps.scenes.picks import project_pick
from apps.songs.selectors import song_energy
from apps.work.pacing import ScenePace, scene_pace
from apps.work.song_brief import song_beats, song_slots
from engines.media.frames import FrameGrid

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SceneFrames:
    """A scene's frames on the project's grid, [start, end), and its clock."""

    start_frame: int
    end_frame: int
    grid: FrameGrid

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame

    @property
    def start_seconds(self) -> float:
        return float(self.grid.seconds_of(self.start_frame))

    @property
    def end_seconds(self) -> float:
        return float(self.grid.seconds_of(self.end_frame))

    @property
    def duration_seconds(self) -> float:
        return float(self.grid.seconds_of(self.frames))


def song_range(project: Project) -> tuple[float, float] | None:
    """Return the used part in seconds of the song's file; None without a song of known length."""
    length = song_seconds(project)
    return None if length is None else (float(project.song_start), float(project.song_start + length))


def project_beats(project: Project) -> tuple[float, ...]:
    """Return the beats on which cuts may fall; empty without a song or before its analysis."""
    used = song_range(project)
    return song_beats(project.song, *used) if project.song is not None and used else ()


def project_pace(project: Project) -> ScenePace:
    """Return how long the project's scenes last on its song."""
    return scene_pace(
        resolve(project.flavor, "parameters").values,
        project.pace,
        flavor=project.flavor,
        picked=project_pick(project, Capability.VIDEO),
        fps=project.fps,
    )


def project_slots(project: Project, number_of_scenes: int | None) -> Sequence[tuple[float, float]]:
    """Return the planned (start, end) of each scene, cut on beats; None leaves the number to song and flavor.

    Without a song every scene lasts the flavor's usual length.
    """
    config = resolve(project.flavor, "parameters").values
    used = song_range(project)
    if project.song is not None and used:
        return song_slots(project.song, *used, number_of_scenes=number_of_scenes, pace=project_pace(project))
    count = number_of_scenes or int(config["number_of_scenes"])
    usual = float(config["duration_seconds"])
    return [(index * usual, (index + 1) * usual) for index in range(count)]


def usual_duration(project: Project, scene: Scene) -> Decimal:
    """Return the scene's length, else its clip's, else the flavor's usual one with a warning."""
    if scene.duration is not None:
        return scene.duration
    found = shown_duration(project, scene)
    log.warning("scene_duration_missing", scene_id=str(scene.pk), assumed_seconds=float(found))
    return found


def shown_duration(project: Project, scene: Scene) -> Decimal:
    """Return the usual duration without logging a warning."""
    if scene.duration is not None:
        return scene.duration
    part = part_seconds(scene)
    if part is not None:
        return part
    return seconds(resolve(project.flavor, "parameters").values["duration_seconds"])


def scene_spans(project: Project, scenes: Sequence[Scene]) -> list[SceneFrames]:
    """Return each scene's frames, computed along the whole song so that nothing drifts."""
    grid = FrameGrid(Fraction(project.fps))
    durations = [Fraction(usual_duration(project, scene)) for scene in scenes]
    return [SceneFrames(start, end, grid) for start, end in grid.spans(durations)]


def slot_spans(project: Project, slots: Sequence[tuple[float, float]]) -> list[SceneFrames]:
    """Return the frames of scenes that are planned but not written yet."""
    grid = FrameGrid(Fraction(project.fps))
    return [SceneFrames(grid.frame_at(start), grid.frame_at(end), grid) for start, end in slots]


def span_beats(project: Project, span: SceneFrames) -> tuple[float, ...]:
    """Return the beats inside a scene, in seconds from its start."""
    inside = (beat for beat in project_beats(project) if span.start_seconds <= beat < span.end_seconds)
    return tuple(round(beat - span.start_seconds, 4) for beat in inside)


def span_energy(project: Project, span: SceneFrames) -> tuple[float, ...]:
    """Return the song's level over the scene, 0…1, sampled evenly."""
    if project.song is None:
        return ()
    offset = float(project.song_start)
    return song_energy(project.song, offset + span.start_seconds, offset + span.end_seconds)
