"""A scene's clips as the pages show them: their origin and cost, and which two are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.core.errors import NotFound
from apps.providers.registry import provider_label
from apps.scenes.models import Clip, Scene
from apps.scenes.scene_frames import usual_duration
from apps.scenes.selectors import clips_of, original_clip, scenes_of
from apps.studio.project.cards import view_url


@dataclass(frozen=True)
class ClipView:
    """`number` counts the scene's clips from 1. `provider` is "" if none was used."""

    clip: Clip
    number: int
    url: str
    provider: str
    current: bool
    original: bool

    @property
    def name(self) -> str:
        """`3 Lip-synced`."""
        return f"{self.number} {self.clip.origin.capitalize()}"


def clip_views(scene: Scene) -> list[ClipView]:
    """Return the views, oldest first."""
    original = original_clip(scene)
    return [
        ClipView(
            clip=clip,
            number=number,
            url=view_url(clip.asset),
            provider=provider_label(clip.job.provider) if clip.job else "",
            current=clip.pk == scene.current_clip_id,
            original=clip == original,
        )
        for number, clip in enumerate(clips_of(scene), start=1)
    ]


def clip_pair(views: Sequence[ClipView], a: UUID | None, b: UUID | None) -> tuple[ClipView, ClipView] | None:
    """Return the two clips to compare: the given ones, else the current one and its source or the newest other.

    None with fewer than two clips. Raises NotFound for a clip of another scene.
    """
    known = {view.clip.pk: view for view in views}
    if {a, b} - {None} - known.keys():
        raise NotFound("This scene doesn't have that clip.")
    if len(views) < 2:
        return None
    first = known[a] if a else next((view for view in views if view.current), views[-1])
    others = [view for view in views if view is not first]
    parent = known.get(first.clip.parent_id) if first.clip.parent_id else None
    return first, known[b] if b else parent or others[-1]


def sung_from(scene: Scene) -> Decimal | None:
    """Return where the scene starts in its song's file, in seconds; None without a song."""
    project = scene.project
    if project.song is None:
        return None
    before = [other for other in scenes_of(project) if (other.sequence or 0) < (scene.sequence or 0)]
    return project.song_start + sum((usual_duration(project, other) for other in before), Decimal(0))
