"""What happens elsewhere when a job ends or a song changes. Each may come twice, late or never: all look at the
rows again."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.core.errors import StudioError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import ACTIVE
from apps.production.generate_all import project_advance
from apps.production.quick import stitch_again
from apps.projects.models import Project
from apps.scenes.lipsync import lipsync_ended
from apps.scenes.models import Scene
from apps.scenes.remaking import clip_follow
from apps.scenes.services import scenes_name_sections, scenes_replan
from apps.songs.services import song_analysis_ended

log = structlog.get_logger(__name__)


def job_ended(job_id: UUID) -> None:
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return
    if job.kind == Kind.LIPSYNC and job.scene_id is not None:
        lipsync_ended(job)
    if job.kind == Kind.AUDIO_ANALYSIS:
        song_analysis_ended(job)
        waiting = Project.objects.filter(owner=job.owner_id, generating=True, song__isnull=False)
        for project_id in waiting.values_list("pk", flat=True):
            project_advance(project_id)
    elif job.project_id is not None:
        clip_follow(job)
        project_advance(job.project_id)
        stitch_again(job)


def job_retried(job_id: UUID) -> None:
    """Its scene shows the job again, also where the scene had been reverted or made anew since it failed."""
    job = Job.objects.filter(pk=job_id, state__in=ACTIVE, scene_id__isnull=False).first()
    if job is not None:
        Scene.objects.filter(pk__in=[job.scene_id], deleted_at=None).update(job=job)


def project_sections_changed(project_id: UUID, labels: list[str]) -> None:
    """The song's parts have other names or places: scenes that had one of the old names get the new one."""
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
        if project is not None:
            scenes_name_sections(project=project, instead_of=labels)


def project_song_changed(project_id: UUID) -> None:
    """The project's song or its used part changed: lay the cuts anew."""
    try:
        with transaction.atomic():
            project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
            if project is not None:
                scenes_replan(project=project)
    except StudioError as error:
        # The scenes stay as they were; the project says what a person has to do.
        log.warning("scenes_not_replanned", project_id=str(project_id), reason=error.message)
        Project.objects.filter(pk=project_id).update(problem=error.message)
