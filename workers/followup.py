"""Tasks that follow up after a job ended or a song changed."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.jobs.dispatch import JOB_ENDED_TASK, JOB_RETRIED_TASK
from apps.production import followup, generate_all, quick
from apps.projects.cast.services import library_let_go
from apps.scenes import cleaning, remaking
from apps.songs.services import SECTIONS_CHANGED_TASK, SONG_CHANGED_TASK, analyses_ended_missed


@shared_task(name=JOB_ENDED_TASK)
def job_ended(*, job_id: str, **_: object) -> None:
    followup.job_ended(UUID(job_id))


@shared_task(name=JOB_RETRIED_TASK)
def job_retried(*, job_id: str, **_: object) -> None:
    followup.job_retried(UUID(job_id))


@shared_task(name=SONG_CHANGED_TASK)
def project_song_changed(*, project_id: str, **_: object) -> None:
    followup.project_song_changed(UUID(project_id))


@shared_task(name=SECTIONS_CHANGED_TASK)
def project_sections_changed(*, project_id: str, labels: list[str], **_: object) -> None:
    followup.project_sections_changed(UUID(project_id), labels)


@shared_task(name="workers.followup.clean_deleted_scenes")
def clean_deleted_scenes(**_: object) -> None:
    cleaning.deleted_scenes_clean(now=timezone.now())
    library_let_go(before=timezone.now() - cleaning.GRACE)


@shared_task(name="workers.followup.advance")
def advance(**_: object) -> None:
    analyses_ended_missed()
    generate_all.projects_advance_all()
    quick.stitch_missed(now=timezone.now())
    remaking.clips_follow_missed(now=timezone.now())
