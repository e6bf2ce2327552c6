"""Queries for jobs and a project's money."""

import time
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.jobs.kinds import PIECES
from apps.jobs.models import Job, LedgerEntry, LedgerKind, RemoteRun, SpendingAccount
from apps.jobs.money import project_scope
from apps.jobs.states import LIVE

WAIT_STEP_SECONDS = 0.2


def jobs_of(user: User) -> "QuerySet[Job]":
    """Return the user's jobs with their paid requests, newest first, without pieces of others (`kinds.PIECES`).

    What was asked for and what a provider said is several kB of JSON each; no list shows it, so it loads on access."""
    return _with_runs(Job.objects.filter(owner=user).exclude(kind__in=PIECES).defer("parameters"))


def _with_runs(jobs: "QuerySet[Job]") -> "QuerySet[Job]":
    return jobs.prefetch_related(Prefetch("remote_runs", RemoteRun.objects.defer("payload", "raw")))


def job_get(user: User, job_id: UUID) -> Job:
    """Return one of the user's jobs with its events. Raises NotFound if it is unknown or another user's."""
    job = _with_runs(Job.objects.filter(owner=user)).prefetch_related("events").filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job, or it belongs to another user.")
    return job


def parameters_load(jobs: Iterable[Job]) -> None:
    """Load what the live ones of these were asked for, which `jobs_of` leaves out, with one query."""
    live = {job.pk: job for job in jobs if job.is_live}
    for pk, parameters in Job.objects.filter(pk__in=live).values_list("pk", "parameters") if live else ():
        live[pk].parameters = parameters


def live_jobs(project_id: UUID) -> "QuerySet[Job]":
    """Return the project's jobs that may still make progress without a person."""
    return Job.objects.filter(project_id=project_id, state__in=LIVE)


def job_wait_until_ended(job: Job, *, seconds: float) -> Job:
    """Reload the job until it ends or the time is up, and return it. This occupies a web thread."""
    ends_at = time.monotonic() + seconds
    while job.is_live and time.monotonic() < ends_at:
        time.sleep(WAIT_STEP_SECONDS)
        job.refresh_from_db()
    return job


def project_money(project_id: UUID) -> dict[str, Decimal | float]:
    """Return what a project has reserved and spent in US dollars, and the seconds of video it has paid for."""
    account = SpendingAccount.objects.filter(scope=project_scope(project_id)).first()
    bought = LedgerEntry.objects.filter(project_id=project_id, kind=LedgerKind.SETTLE).aggregate(
        seconds=Coalesce(Sum("bought_seconds"), 0.0)
    )
    return {
        "reserved": account.reserved if account else Decimal(0),
        "spent": account.spent if account else Decimal(0),
        "bought_seconds": float(bought["seconds"]),
    }
