"""Checking open Pro jobs, periodically and by hand."""

from uuid import UUID

import structlog

from apps.core.errors import NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, RemoteRun
from apps.jobs.polling import runs_poll, runs_poll_due

log = structlog.get_logger(__name__)


def open_pro_jobs_check() -> int:
    """Poll every Pro run that is due, a hundred per request, and return how many were polled."""
    count = runs_poll_due(kind=Kind.PRO_LIPSYNC)
    log.info("pro_jobs_checked", count=count)
    return count


def pro_job_check(job_id: UUID) -> Job:
    """Poll the provider about one Pro job now; a worker then collects the result, if there is one.

    Raises NotFound for an unknown job, ProviderError if the provider doesn't respond.
    """
    job = Job.objects.filter(pk=job_id, kind=Kind.PRO_LIPSYNC).first()
    if job is None:
        raise NotFound("This Pro job doesn't exist.")
    open_runs = [run for run in RemoteRun.objects.filter(job=job, attempt=job.attempt) if run.is_open]
    if open_runs:
        runs_poll(job.provider, open_runs)
    job.refresh_from_db()
    return job
