"""Worker handler for clips that need no provider."""

from fractions import Fraction
from uuid import uuid4

from apps.assets.models import Asset
from apps.assets.services import asset_local_copy, file_store
from apps.assets.store.keys import scene_file_key
from apps.jobs.execution import Done, JobRun
from apps.jobs.kinds import Kind
from apps.scenes.checks import LENGTH_TOLERANCE_SECONDS, Wanted, clip_check
from apps.scenes.footage import Footage, footage_render
from apps.scenes.models import Origin, Scene
from apps.scenes.new_clips import NewClip, clip_save, job_scene
from apps.scenes.parameters import TrimParameters, UploadParameters
from apps.scenes.preflight_jobs import clip_preflight
from engines.media.formats import clip_format


def own_clip_run(run: JobRun) -> Done:
    """Handle a trim or an upload: render, check, store."""
    parameters = run.read(TrimParameters if run.job.kind == Kind.TRIM else UploadParameters)
    trim = parameters if isinstance(parameters, TrimParameters) else None
    scene = job_scene(run)
    project = scene.project
    asset = Asset.objects.get(pk=parameters.asset_id)
    shape = clip_format(project.aspect_ratio, project.resolution, Fraction(project.fps))
    output = run.scratch / "clip.mp4"
    with asset_local_copy(asset, check=run.check) as source:
        footage = Footage(
            source=source,
            shape=shape,
            fit=parameters.fit,
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
    new = NewClip(
        look=look,
        stored=file_store(output, key=scene_file_key(project.pk, scene.sequence or 0, name), content_type="video/mp4"),
        origin=Origin.TRIMMED if trim else Origin.UPLOADED,
        checks=checks.noted(_length_notes(scene, checks.seconds)).as_notes(),
        parameters=parameters.told(),
        parent_id=trim.parent_id if trim else None,
    )
    return Done(save=lambda: clip_save(run, new))


def _length_notes(scene: Scene, seconds: float | None) -> list[str]:
    """Say when the picture is too short for its scene; a longer sound doesn't count."""
    if scene.duration is None or seconds is None or seconds >= float(scene.duration) - LENGTH_TOLERANCE_SECONDS:
        return []
    return [
        f"The picture lasts {seconds:.2f} seconds, the scene {scene.duration:.2f}. Choose under “Where the clip is too "
        "short” what fills the rest, or shorten the scene."
    ]
