"""A clip that arrives in a project with an output that follows: its path is found at once, so that neither the page nor
a composition waits for it."""

from apps.assets.models import Asset
from apps.composition.crops.scene import framing_start
from apps.composition.models import ClipFraming, Output, OutputFraming
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.scenes.models import Clip

_MAKE_CLIPS = {Kind.VIDEO, Kind.LIPSYNC, Kind.TRIM, Kind.UPLOAD, Kind.PRO_LIPSYNC}


def arrived_clips_look(job: Job) -> None:
    """Start looking at the usable clips that a job has made. May be called twice."""
    if job.kind not in _MAKE_CLIPS or job.project_id is None:
        return
    made = Clip.objects.filter(job=job, usable=True, scene__deleted_at=None).values_list("asset_id", flat=True)
    if not made or not Output.objects.filter(project=job.project_id, framing=OutputFraming.FOLLOW).exists():
        return
    known = ClipFraming.objects.filter(asset__in=made).exclude(keys=None).values_list("asset_id", flat=True)
    for asset in Asset.objects.filter(pk__in=set(made) - set(known)):
        framing_start(job.owner, asset)
