"""Retrying failed work. A paid retry is checked like any other work: against the caps, and with confirmation above
the project's threshold."""

from uuid import UUID

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.generation.lipsync import LipsyncOptions
from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import job_get
from apps.jobs.states import Code
from apps.projects.models import Project
from apps.scenes.approval import refuse_unapproved
from apps.scenes.lipsync import scenes_lipsync
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.making import (
    CLIP_KINDS,
    GenerationSpec,
    project_spending,
    scene_image_generate,
    scene_video_generate,
)
from apps.scenes.models import Scene
from apps.scenes.selectors import clip_suspicions, refused_clip_problems, scene_get, scene_job
from apps.work.parameters import OF_KIND, LipsyncParameters, LipsyncParams
from apps.work.work import Spending, spending_check


def job_retry(*, by: User, job_id: UUID, spending: Spending, expected_attempt: int | None = None) -> Job:
    """Start the next attempt with the frozen parameters. Raises BudgetExceeded if its cost needs confirmation.

    `expected_attempt`: only this one's price was seen. Raises ConflictError if the job is past it, or has no price yet.
    """
    job = job_get(by, job_id)
    scene = (
        Scene.objects.filter(pk__in=[job.scene_id]).first()
        if job.kind in CLIP_KINDS and OF_KIND[job.kind].find(job) is None and not job.quoted_cost
        else None
    )
    if scene is not None and job.project_id is not None:
        if expected_attempt is not None:
            raise ConflictError("It could not be prepared, so it has no price yet. Retry it by itself.")
        # The request couldn't be prepared, so there are no frozen parameters to repeat.
        return _make_again(by, scene, job, spending)
    if job.kind in CLIP_KINDS:
        for shown in Scene.objects.select_related("project").filter(pk__in=[job.scene_id], deleted_at=None):
            refuse_unapproved(shown)
    project = Project.objects.filter(pk=job.project_id).first() if job.project_id else None
    if project is not None:
        spending_check(job.quoted_cost, project_spending(project, spending))
    return services.job_retry(by=by, job_id=job_id, expected_attempt=expected_attempt)


def scene_retry(*, by: User, project_id: UUID, sequence: int, spending: Spending) -> Job:
    """Retry what the scene's card reports: a failed job, or a clip that failed its checks or looks wrong.

    Raises ConflictError if there is nothing to retry.
    """
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    job = scene_job(scene)
    if job is not None and job.code == Code.CONTENT_REFUSED:
        # The same request would be refused again: make it with the scene's present words and models.
        return _make_again(by, scene, job, spending)
    if job is not None:
        return job_retry(by=by, job_id=job.pk, spending=spending)
    if scene.job is not None and refused_clip_problems(scene):
        return _make_again(by, scene, scene.job, spending)
    clip = scene.current_clip
    if clip is not None and clip.job is not None and clip_suspicions(clip):
        return _make_again(by, scene, clip.job, spending)
    raise ConflictError("There's nothing to retry on this scene. Choose what to generate from its menu.")


def _make_again(by: User, scene: Scene, job: Job, spending: Spending) -> Job:
    """Start a new job of the same kind, because the old one succeeded with an unwanted clip."""
    number = scene.sequence or 0
    if job.kind == Kind.PRO_LIPSYNC:
        raise ConflictError("Choose the clip from the scene's history, or send the scene to the Pro editor again.")
    if job.kind == Kind.IMAGE:
        return scene_image_generate(
            by=by, project_id=scene.project_id, sequence=number, spec=GenerationSpec(), spending=spending
        )
    if job.kind != Kind.LIPSYNC:
        return scene_video_generate(
            by=by, project_id=scene.project_id, sequence=number, spec=GenerationSpec(), spending=spending
        )
    asked = LipsyncParameters.find(job)
    (again,) = scenes_lipsync(
        by=by,
        project_id=scene.project_id,
        sequences=[number],
        spec=_spec_of(asked) if asked else LipsyncSpec(),
        spending=spending,
    )
    return again


def _spec_of(asked: LipsyncParameters) -> LipsyncSpec:
    """How it was asked for: the options, the clip it started from, and its own audio as far as it named one."""
    params = asked.lipsync_params or LipsyncParams()
    options = LipsyncOptions(
        temperature=params.temperature,
        active_speaker_detection=params.active_speaker_detection,
        occlusion_detection_enabled=params.occlusion_detection_enabled,
        face=params.face,
    )
    audio = asked.asked_audio
    return LipsyncSpec(
        options=options,
        audio_id=audio.audio_id,
        audio_start=audio.audio_start,
        clip_id=asked.parent_id,
        all_sound=bool(params.all_sound),
    )
