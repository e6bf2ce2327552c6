"""The picture that stands for each of many projects."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from apps.assets.models import Asset
from apps.composition.models import Composition, Cover
from apps.projects.models import Project
from apps.scenes.models import Scene


def project_posters(projects: Sequence[Project]) -> dict[UUID, Asset]:
    """Return a picture for each project that has any, with three queries for all: its cover, its final video's poster,
    or the first picture of its scenes or, where footage is the maker's own, clips."""
    live = Scene.objects.filter(project__in=projects, deleted_at=None)
    pictured = live.filter(Q(image__isnull=False) | Q(current_clip__poster__isnull=False))
    first = pictured.order_by("project_id", "sequence").distinct("project_id")
    found: dict[UUID, Asset] = {}
    for scene in first.select_related("image", "current_clip__poster"):
        picture = scene.image or (scene.current_clip and scene.current_clip.poster)
        if picture:
            found[scene.project_id] = picture
    finals = [project.final_video_id for project in projects if project.final_video_id]
    films = Composition.objects.filter(asset__in=finals, project__in=projects).exclude(poster=None)
    for film in films.select_related("poster").only("project_id", "poster"):
        if film.poster:
            found[film.project_id] = film.poster
    for cover in Cover.objects.filter(project__in=projects).select_related("poster"):
        found[cover.project_id] = cover.poster
    return found
