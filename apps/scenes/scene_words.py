"""The song's words in each scene, computed from where the scene lies on the song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.selectors import scenes_of
from apps.songs.lyrics.versions import song_lines
from engines.lyrics.sung_lines import is_sung_in


@dataclass(frozen=True)
class SceneLine:
    """A line sung in a scene, in seconds of the song; it may start before the scene or end after it."""

    text: str
    start: float
    end: float


def scene_lines(project: Project, scenes: Sequence[Scene]) -> Mapping[UUID, tuple[SceneLine, ...]]:
    """Return the lines of each scene by its id. One query, and one more unless `scenes` are the project's first ones in
    order: where a scene lies follows from those before it."""
    lines = [SceneLine(line.text, *line.span) for line in song_lines(project.song_id) if line.span]
    if not lines:
        return {}
    numbers = [scene.sequence for scene in scenes]
    if numbers != list(range(1, len(numbers) + 1)):
        scenes = list(scenes_of(project))
    found = {}
    end = float(project.song_start)
    for scene in scenes:
        start, end = end, end + float(shown_duration(project, scene))
        found[scene.pk] = tuple(line for line in lines if is_sung_in((line.start, line.end), start, end))
    return found
