"""A scene's images, past and present, and which one is current."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import FINISHED
from apps.projects.selectors import project_lock
from apps.scenes.clips import refuse_busy
from apps.scenes.history import recorded
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get

# Marks a choice of an existing image in the history, as opposed to a new one: now, and in earlier releases.
CHOOSE_IMAGE = ("chose an image", "choose an image")

log = structlog.get_logger(__name__)


def scene_image_jobs(scene: Scene) -> dict[UUID, Job]:
    """Return the jobs that drew the scene's images by image, oldest first; also those that were cancelled and whose
    image, which was paid for, came later."""
    drawn = Job.objects.filter(scene_id=scene.pk, kind=Kind.IMAGE, state__in=FINISHED).order_by("finished_at", "pk")
    return {UUID(job.result["image_id"]): job for job in drawn if job.result.get("image_id")}


def images_of(scene: Scene) -> list[Asset]:
    """Return the images, oldest first. A copied scene's image, drawn for another scene, comes first."""
    drawn = list(scene_image_jobs(scene))
    order = [scene.image_id, *drawn] if scene.image_id and scene.image_id not in drawn else drawn
    known = Asset.objects.in_bulk(order)
    return [known[image_id] for image_id in order if image_id in known]


def image_make_current(*, by: User, project_id: UUID, sequence: int, image_id: UUID) -> Scene:
    """Use this image for new clips; existing ones stay as they are. Raises NotFound for another scene's image,
    ConflictError while a job is working on the scene."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        refuse_busy(scene)
        image = next((image for image in images_of(scene) if image.pk == image_id), None)
        if image is None:
            raise NotFound("This scene doesn't have that image.")
        with recorded(project, f"{CHOOSE_IMAGE[0]} of scene {sequence}"):
            scene.image = image
            scene.version += 1
            scene.save(update_fields=["image", "version", "updated_at"])
    log.info("scene_image_current", scene_id=str(scene.pk), image_id=str(image.pk))
    return scene
