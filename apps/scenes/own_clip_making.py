"""Worker handler for clips that need no provider."""

from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

from apps.assets.models import Asset
from apps.assets.services import asset_local_copy, file_store
from apps.assets.store.keys import scene_file_key
from apps.jobs.execution import Done, JobRun
from apps.jobs.kinds import Kind
from apps.projects.models import Fit
from apps.scenes.arriving import clip_decode_ahead, project_format
from apps.scenes.checks import Wanted, clip_check
from apps.scenes.models import Origin
from apps.scenes.new_clips import NewClip, clip_save, job_scene
from apps.scenes.parameters import TrimParameters, UploadParameters
from apps.scenes.posters import poster_store
from apps.scenes.preflight_jobs import clip_preflight
from engines.media.footage import Footage, footage_render
from engines.media.framing import PictureFit

FITS = {Fit.FIT: PictureFit.BARS, Fit.FILL: PictureFit.FILL}


def own_clip_run(run: JobRun) -> Done:
    """Handle a trim or an upload: render, check, store."""
    parameters = run.read(TrimParameters if run.job.kind == Kind.TRIM else UploadParameters)
    trim = parameters if isinstance(parameters, TrimParameters) else None
    scene = job_scene(run)
    project = scene.project
    asset = Asset.objects.get(pk=parameters.asset_id)
    shape = project_format(project)
    output = run.scratch / "clip.mp4"
    with asset_local_copy(asset, check=run.check) as source:
        footage = Footage(
            source=source,
            shape=shape,
            fit=FITS[parameters.fit],
            start_seconds=Fraction(parameters.start_time),
            end_seconds=Fraction(trim.end_time) if trim else None,
        )
        footage_render(
            footage,
            output,
            cancelled=run.cancelled,
            on_progress=lambda percentage: run.progress(percentage, "Converting the footage"),
        )
    checks = clip_check(output, wanted=Wanted(width=shape.width, height=shape.height), trusted=False)
    name = f"{'trim' if trim else 'upload'}_{uuid4().hex[:12]}.mp4"
    look = clip_preflight(run, project, output)
    clip_decode_ahead(project, output)
    # Of where the scene starts in it: its image is of something else.
    poster = poster_store(run, output, float(parameters.clip_in))
    new = NewClip(
        look=look,
        stored=file_store(output, key=scene_file_key(project.pk, scene.sequence or 0, name), content_type="video/mp4"),
        origin=Origin.TRIMMED if trim else Origin.UPLOADED,
        checks=checks.as_notes(),
        parameters=parameters.told(),
        poster=poster,
        part=(Decimal(0), None) if trim else _part(parameters, checks.seconds),
        parent_id=trim.parent_id if trim else None,
    )
    return Done(save=lambda: clip_save(run, new))


def _part(parameters: UploadParameters, seconds: float | None) -> tuple[Decimal, Decimal | None]:
    """Return the part that was chosen, inside what the clip became."""
    end = parameters.clip_out
    return parameters.clip_in, None if end is None or (seconds is not None and float(end) >= seconds) else end
