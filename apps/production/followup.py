"""Reactions to the end of a job or a change of the song. Each call may come twice, late or never, so all of them read
the rows again."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.composition.crops.arrival import arrived_clips_look
from apps.core.errors import StudioError
from apps.jobs import families
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.models import Job
from apps.jobs.priorities import batch_work
from apps.jobs.states import ACTIVE, State
from apps.production.generate_all import project_advance
from apps.production.quick import stitch_again
from apps.projects.models import Project
from apps.scenes.entry_waiting import dependents_wake
from apps.scenes.judge_jobs import judges_wake
from apps.scenes.models import Scene
from apps.scenes.remaking import clip_follow
from apps.scenes.services import scenes_name_sections, scenes_replan
from apps.songs.services import song_analysis_ended
from apps.work.lipsync_log import lipsync_ended
from apps.work.shots.parts import part_ended, shot_ended

log = structlog.get_logger(__name__)


def job_ended(job_id: UUID) -> None:
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        with batch_work():
            _job_ended(job)


def _job_ended(job: Job) -> None:
    if job.kind in PIECES:
        families.child_ended(job.pk)
        return
    if job.state != State.SUCCEEDED:
        families.parent_ended(job.pk)
    if job.kind == Kind.VIDEO_PART:
        part_ended(job)
        return
    if job.kind == Kind.VIDEO:
        shot_ended(job)
        judges_wake(job)
    if job.kind == Kind.LIPSYNC:
        lipsync_ended(job)
    arrived_clips_look(job)
    if job.kind == Kind.AUDIO_ANALYSIS:
        song_analysis_ended(job)
        waiting = Project.objects.filter(owner=job.owner_id, generating=True, song__isnull=False)
        for project_id in waiting.values_list("pk", flat=True):
            project_advance(project_id)
    elif job.project_id is not None:
        clip_follow(job)
        project_advance(job.project_id)
        dependents_wake(job)
        stitch_again(job)


def job_retried(job_id: UUID) -> None:
    """Show the job on its scene again, even if the scene was reverted or regenerated since the failure."""
    job = Job.objects.filter(pk=job_id, state__in=ACTIVE, scene_id__isnull=False).first()
    if job is not None:
        Scene.objects.filter(pk__in=[job.scene_id], deleted_at=None).update(job=job)


def project_sections_changed(project_id: UUID, labels: list[str]) -> None:
    """Rename scenes that still have one of the old section names after the song's sections changed."""
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
        if project is not None:
            scenes_name_sections(project=project, instead_of=labels)


def project_song_changed(project_id: UUID) -> None:
    """Replan the cuts after the project's song or its used part changed, and name the sections of scenes that were
    written before."""
    try:
        with transaction.atomic():
            project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
            if project is not None:
                scenes_replan(project=project)
                scenes_name_sections(project=project, instead_of=[""])
    except StudioError as error:
        # The scenes stay as they were; the project says what to do.
        log.warning("scenes_not_replanned", project_id=str(project_id), reason=error.message)
        Project.objects.filter(pk=project_id).update(problem=error.message)
