"""Quick gen's lip-sync: the result of a stand-alone job takes the place of a scene's clip."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Kind as AssetKind
from apps.assets.selectors import asset_get
from apps.composition.selectors import current_composition
from apps.composition.services import project_compose
from apps.core.errors import ConflictError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import job_get
from apps.jobs.states import State
from apps.projects.selectors import project_get, project_lock
from apps.scenes.clips import refuse_busy
from apps.scenes.history import recorded
from apps.scenes.models import Clip, Origin
from apps.scenes.selectors import scene_get

log = structlog.get_logger(__name__)


def lipsync_adopt(*, by: User, project_id: UUID, sequence: int, job_id: UUID) -> Clip:
    """Make a finished lip-sync job's video the scene's current clip; a second call answers the same clip.

    The final video is stitched again where there is one. Raises ConflictError unless the job succeeded.
    """
    job = job_get(by, job_id)
    if job.kind != Kind.LIPSYNC or job.state != State.SUCCEEDED or job.owner_id != by.pk:
        raise ConflictError("This lip-sync has no result to use.")
    asset = asset_get(by=by, asset_id=UUID(job.result["video_id"]), kind=AssetKind.VIDEO)
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        earlier = Clip.objects.filter(scene=scene, job=job).first()
        if earlier is not None:
            return earlier
        refuse_busy(scene)
        clip = Clip.objects.create(
            scene=scene,
            asset=asset,
            origin=Origin.LIPSYNCED,
            parent=scene.current_clip,
            job=job,
            parameters=job.result.get("metadata", {}),
            cost=job.cost,
        )
        with recorded(project, f"lip-synced clip of scene {sequence}"):
            scene.current_clip = clip
            scene.version += 1
            scene.save(update_fields=["current_clip", "version", "updated_at"])
    log.info("lipsync_adopted", scene_id=str(scene.pk), clip_id=str(clip.pk))
    if project.final_video_id is not None:
        _stitch_again(by, project_id)
    return clip


def stitch_current(*, by: User, project_id: UUID) -> Job:
    """Compose the latest clip of every scene that has one, with the audio settings of the final video before."""
    current = current_composition(project_get(by=by, project_id=project_id))
    wishes = dict(current.options) if current is not None else {}
    return project_compose(by=by, project_id=project_id, wishes={**wishes, "skip_missing": True})


def _stitch_again(by: User, project_id: UUID) -> None:
    try:
        stitch_current(by=by, project_id=project_id)
    except ConflictError:
        # One composes now; the page marks its result as older than the clips.
        log.info("stitch_already_running", project_id=str(project_id))
