"""The scenes of a project in their order with their lengths: what every change of them starts from and ends with."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone

from apps.core.errors import NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import song_seconds
from apps.scenes import arrangement
from apps.scenes.models import Scene
from apps.scenes.scene_frames import usual_duration
from apps.scenes.selectors import scenes_of


def located(project: Project, sequence: int) -> tuple[list[Scene], int]:
    scenes = list(scenes_of(project))
    if not 1 <= sequence <= len(scenes):
        raise NotFound("This scene doesn't exist in this project.")
    return scenes, sequence - 1


def durations_of(project: Project, scenes: Sequence[Scene]) -> arrangement.Durations:
    return tuple(usual_duration(project, scene) for scene in scenes)


def said_durations(scenes: Sequence[Scene]) -> list[Decimal | None]:
    """Return the requested lengths; None where a scene lasts as long as its clip."""
    return [scene.duration for scene in scenes]


def fill_the_song(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether the lengths add up to the song's, as written or generated scenes do. From then on they must;
    before that, scenes are assembled by hand, and each keeps the length it was given."""
    said = [duration for duration in said_durations(scenes) if duration is not None]
    return len(said) == len(scenes) and sum(said, Decimal(0)) == song_seconds(project)


def were_written(project: Project) -> bool:
    """Return whether a writer planned the scenes, in which case mvsite chose their lengths."""
    return Job.objects.filter(project_id=project.pk, kind=Kind.SCENES, state=State.SUCCEEDED).exists()


def arrange(scenes: Sequence[Scene], durations: Sequence[Decimal | None]) -> None:
    """Number the scenes from 1 and give them their lengths; new ones are inserted."""
    for number, (scene, duration) in enumerate(zip(scenes, durations, strict=True), start=1):
        if scene._state.adding or (scene.sequence, scene.duration) != (number, duration):
            scene.sequence, scene.duration = number, duration
            scene.version += 0 if scene._state.adding else 1
            scene.save()


def put_away(scene: Scene) -> None:
    scene.sequence, scene.deleted_at = None, timezone.now()
    scene.save(update_fields=["sequence", "deleted_at", "updated_at"])
