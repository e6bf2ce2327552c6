"""What fills a scene that is longer than its clip."""

from apps.composition.models import SceneLook
from apps.composition.planning import video_options
from apps.scenes.models import Scene


def gap_fill(scene: Scene) -> str:
    """Return the scene's own way, else the project's: "hold", "slow", "loop" or "bounce"."""
    own = SceneLook.objects.filter(scene=scene).values_list("short_clip", flat=True).first()
    return own or str(video_options(scene.project).short_clip)
