"""Jobs of clips that continue from a scene whose own clip is still being made: they wait, then find their frame.

The frame is written into the job's parameters before anything is sent, so a worker that dies starts again from there,
and what was paid for says which frame it was made from.
"""

from uuid import UUID

from django.db import transaction

from apps.core.errors import InputError
from apps.jobs import services
from apps.jobs.execution import JobRun
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.parameters import parameters_adopt, parameters_replace
from apps.jobs.states import Code, State
from apps.scenes.coming import is_at_work
from apps.scenes.entry_frames import FIRST, frame_source
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of
from apps.work.frozen import InputSource
from apps.work.parameters import OF_KIND, PartParameters, WorkParameters

# The end of the forerunner's job wakes whoever waits for it; this is for lost messages.
RECHECK_SECONDS = 60.0
# How work on a forerunner's clip ends without one.
BROKEN = {State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION}


def first_frame_awaited(run: JobRun) -> bool:
    """Return whether the job has to wait for the clip that its own continues from; then it was put back into the queue.
    Raises InputError if that clip couldn't be made."""
    source = run.read(OF_KIND[run.job.kind]).frozen.inputs.get(FIRST)
    if source is None or source.last_frame_of is None:
        return False
    before = _scene(source.last_frame_of)
    if is_at_work(before):
        services.job_requeue(
            run.claim,
            code=Code.WAITING_FOR_PLACE,
            message=f"Waiting for scene {before.sequence}, from which it continues",
            delay_seconds=RECHECK_SECONDS,
            counts=False,
        )
        return True
    _refuse_broken(before)
    _frame_write(run, frame_source(before))
    return False


def dependents_wake(job: Job) -> None:
    """Run the jobs that may have waited for this one's scene."""
    if job.scene_id is None or job.project_id is None:
        return
    waiting = Job.objects.filter(
        project_id=job.project_id,
        kind__in=[Kind.VIDEO, Kind.VIDEO_PART],
        state=State.QUEUED,
        run_after__isnull=False,
        parameters__frozen__inputs__image__last_frame_of=str(job.scene_id),
    )
    if not waiting.exists():
        return
    with transaction.atomic():
        for one in waiting.select_for_update():
            services.job_wake(one)


def _scene(scene_id: UUID) -> Scene:
    found = Scene.objects.filter(pk=scene_id, deleted_at=None).select_related("project").first()
    scene = scenes_of(found.project).filter(pk=scene_id).first() if found is not None else None
    if scene is None:
        raise InputError("The scene that this continues from was deleted. Start it again.")
    return scene


def _refuse_broken(before: Scene) -> None:
    job = before.job
    if job is not None and job.state in BROKEN and job.kind in {Kind.IMAGE, Kind.VIDEO}:
        why = job.error or "It was cancelled."
        raise InputError(
            f"It continues from scene {before.sequence}, whose new clip wasn't made: {why} "
            f"Nothing was paid for this one. Generate scene {before.sequence} again, then retry.",
            code="waits_for_scene",
        )
    if before.current_clip is None:
        raise InputError(
            f"It continues from scene {before.sequence}, which has no clip. Generate that one first, then retry.",
            code="waits_for_scene",
        )


def _frame_write(run: JobRun, source: InputSource) -> None:
    """Freeze the frame. A shot and its first part get the same one, whichever of them comes first."""
    with transaction.atomic():
        jobs = [run.job.pk, *_same_shot(run)]
        locked = {job.pk: job for job in Job.objects.select_for_update().filter(pk__in=jobs).order_by("pk")}
        known = [_parameters(job).frozen.inputs.get(FIRST) for job in locked.values()]
        found = next((one for one in known if one is not None and one.last_frame_of is None), source)
        for job in locked.values():
            parameters_replace(job, _parameters(job).with_input(FIRST, found))
    parameters_adopt(run.job, locked[run.job.pk])


def _same_shot(run: JobRun) -> list[UUID]:
    asked = run.read(OF_KIND[run.job.kind])
    if isinstance(asked, PartParameters):
        return [asked.shot_id]
    chain = getattr(asked, "chain", None)
    return [chain.jobs[0]] if chain is not None and chain.jobs else []


def _parameters(job: Job) -> WorkParameters:
    return OF_KIND[job.kind].read(job)
