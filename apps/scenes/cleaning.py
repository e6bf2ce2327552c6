"""Permanent removal of deleted scenes, after a period in which undo can restore them."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max, ProtectedError, Q

from apps.assets.models import Asset
from apps.assets.services import asset_delete
from apps.projects.models import Project
from apps.scenes.history import removed_let_go
from apps.scenes.images import images_of
from apps.scenes.models import Change, Clip, Scene

log = structlog.get_logger(__name__)

# A week: longer than a holiday weekend, short enough that unwanted files don't fill the disk.
GRACE = timedelta(days=7)


def deleted_scenes_clean(*, now: datetime) -> int:
    """Remove scenes deleted longer than GRACE ago, with their clips and files, and return how many."""
    old = Scene.objects.filter(deleted_at__lt=now - GRACE).values_list("pk", "project_id")
    for scene_id, project_id in old:
        with transaction.atomic():
            project = Project.objects.select_for_update().get(pk=project_id)
            scene = Scene.objects.filter(pk=scene_id, deleted_at__lt=now - GRACE).first()
            if scene is not None:
                _remove(project, scene)
    if old:
        log.info("deleted_scenes_cleaned", scenes=len(old))
    return len(old)


def _remove(project: Project, scene: Scene) -> None:
    # Undoing past this point would leave a gap in the scene numbers.
    touching = Q(before__has_key=str(scene.pk)) | Q(after__has_key=str(scene.pk))
    newest = Change.objects.filter(touching, project=project).aggregate(newest=Max("pk"))["newest"]
    if newest is not None:
        Change.objects.filter(project=project, pk__lte=newest).delete()
        removed_let_go(project)
    clips = Clip.objects.filter(scene=scene)
    assets = set(Asset.objects.filter(Q(pk__in=clips.values("asset")) | Q(pk__in=clips.values("poster"))))
    assets.update(images_of(scene))
    scene.delete()
    for asset in assets:
        # A copy of the scene may use the same files.
        if not Scene.objects.filter(Q(image=asset) | Q(clips__asset=asset) | Q(clips__poster=asset)).exists():
            _delete_unless_used(project, asset)


def _delete_unless_used(project: Project, asset: Asset) -> None:
    try:
        with transaction.atomic():
            asset_delete(by=project.owner, asset=asset)
    except ProtectedError:
        log.info("asset_still_used", asset_id=str(asset.pk))
