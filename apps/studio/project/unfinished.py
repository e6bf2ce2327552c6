"""What a viewer of a finished film would miss: gaps that nothing fills, and a film shorter or longer than its song."""

from collections.abc import Sequence
from decimal import Decimal

from apps.composition.models import SceneLook
from apps.projects.models import Project
from apps.projects.selectors import song_seconds
from apps.scenes.clip_use import gap_seconds, part_seconds
from apps.scenes.models import Scene

# Two frames at 24 per second: nobody notices less.
NOTICED_SECONDS = Decimal("0.084")


def scene_seconds(scene: Scene) -> Decimal:
    """Return how long a scene is as its card shows it; 0 while nobody knows."""
    return scene.duration or part_seconds(scene) or Decimal(0)


def unfinished(project: Project, scenes: Sequence[Scene]) -> list[str]:
    """Return what is missing, each in a few words; nothing for a film that is done."""
    looks = SceneLook.objects.filter(scene__in=scenes).exclude(short_clip="")
    filled = set(looks.values_list("scene_id", flat=True))
    gaps = sum(1 for scene in scenes if scene.pk not in filled and gap_seconds(scene, scene_seconds(scene)))
    found = [f"{gaps} open gap{'' if gaps == 1 else 's'}"] if gaps else []
    song = song_seconds(project)
    over = sum(map(scene_seconds, scenes), Decimal(0)) - song if song is not None and scenes else Decimal(0)
    if abs(over) > NOTICED_SECONDS:
        found.append(f"{abs(over):.1f} s {'longer' if over > 0 else 'shorter'} than the song")
    return found
