"""A scene's images as the pages show them, and which two are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.assets.models import Asset
from apps.core.errors import NotFound
from apps.providers.registry import provider_label
from apps.scenes.images import images_of, scene_image_jobs
from apps.scenes.models import Scene
from apps.studio.project.cards import view_url


@dataclass(frozen=True)
class ImageView:
    """`number` counts the scene's images from 1. `provider` is "" if none was used."""

    image: Asset
    number: int
    url: str
    provider: str
    cost: Decimal
    current: bool

    @property
    def name(self) -> str:
        return f"Image {self.number}"


def image_views(scene: Scene) -> list[ImageView]:
    """Return the views, oldest first."""
    jobs = scene_image_jobs(scene)
    views = []
    for number, image in enumerate(images_of(scene), start=1):
        job = jobs.get(image.pk)
        provider = provider_label(job.provider) if job is not None else ""
        cost = job.cost if job is not None else Decimal(0)
        views.append(ImageView(image, number, view_url(image), provider, cost, current=image.pk == scene.image_id))
    return views


def image_pair(views: Sequence[ImageView], a: UUID | None, b: UUID | None) -> tuple[ImageView, ImageView] | None:
    """Return the two images to compare: the given ones, else the current and the newest other. None if fewer."""
    known = {view.image.pk: view for view in views}
    if {a, b} - {None} - known.keys():
        raise NotFound("This scene doesn't have that image.")
    if len(views) < 2:
        return None
    first = known[a] if a else next((view for view in views if view.current), views[-1])
    return first, known[b] if b else [view for view in views if view is not first][-1]
