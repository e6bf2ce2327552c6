"""Where a job can be looked at, for those who read of it outside of a page: in logs, errors and commands."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse


def job_page(job_id: UUID) -> str:
    """The address of the job's page."""
    return f"{settings.STUDIO_URL}{reverse('studio:job', args=[job_id])}"


def try_again_words(job_id: UUID) -> str:
    """What to do about a failure that only its log lines explain; each of them carries the id."""
    return f"Try again. If it happens again, search the studio's log for {job_id}."
