"""The address of a job's page, for logs, errors and commands."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse


def job_page(job_id: UUID) -> str:
    """Return the address of the job's page."""
    return f"{settings.STUDIO_URL}{reverse('studio:job', args=[job_id])}"


def try_again_hint(job_id: UUID) -> str:
    """Return what to do about a failure that only the log explains; its log lines all carry the job's id."""
    return f"Try again. If it happens again, search the studio's log for {job_id}."
