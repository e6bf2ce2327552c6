"""What is still to come of the work on a scene."""

from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes.approval import scene_approval
from apps.scenes.models import Approval, Scene
from apps.work.parameters import ImageParameters


def clip_to_follow(scene: Scene) -> Job | None:
    """Return the finished job of the scene's picture if the clip that was asked for with it is still to be started."""
    job = scene.job
    if job is None or job.kind != Kind.IMAGE or job.state != State.SUCCEEDED:
        return None
    asked = ImageParameters.find(job)
    if asked is None or not asked.then_video or str(scene.image_id) != job.result.get("image_id"):
        return None
    if scene.project.needs_approval and scene_approval(scene) != Approval.APPROVED:
        return None
    return job


def is_at_work(scene: Scene) -> bool:
    """Return whether a job runs that will change what the scene shows, or is about to be started."""
    return scene.job is not None and (scene.job.is_live or clip_to_follow(scene) is not None)
