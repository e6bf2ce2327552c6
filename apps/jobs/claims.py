"""The right to work on a job, and the heartbeats of those who have it.

Only `services.py` takes a claim and moves a job; here it is kept alive and checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.core.json import JsonObject
from apps.jobs.models import Job, RemoteRun
from apps.jobs.states import State


@dataclass(frozen=True)
class Claim:
    """The right to work on a job: `number` is the fencing token, `came_from` the state it was claimed from."""

    job_id: UUID
    number: int
    attempt: int
    came_from: State


@dataclass(frozen=True)
class Claimed(Claim):
    """A claim that was just taken, with the job's row, its owner and the attempt's paid request as they were then."""

    job: Job
    remote_run: RemoteRun | None


def job_heartbeat(claim: Claim, *, progress_percentage: float | None = None, message: str | None = None) -> bool:
    """Record that the work is still running. Returns False if the claim no longer holds and the work must stop."""
    facts: JsonObject = {"heartbeat_at": timezone.now()}
    if progress_percentage is not None:
        facts["progress_percentage"] = min(100.0, max(0.0, progress_percentage))
    if message is not None:
        facts["progress_message"] = message[:300]
    rows = Job.objects.filter(pk=claim.job_id, claim=claim.number, state=State.RUNNING)
    return rows.update(**facts) == 1


def jobs_heartbeat(claims: Sequence[Claim]) -> None:
    """Record that the work of these claims is still running, where they still hold."""
    _running(claims).update(heartbeat_at=timezone.now())


def claim_holds(claim: Claim) -> bool:
    """Return whether the job is still running under this claim."""
    return bool(claims_held([claim]))


def claims_held(claims: Sequence[Claim]) -> set[Claim]:
    """Return those of the claims under which their jobs are still running."""
    held = set(_running(claims).values_list("pk", "claim"))
    return {claim for claim in claims if (claim.job_id, claim.number) in held}


def _running(claims: Sequence[Claim]) -> "QuerySet[Job]":
    any_of = reduce(or_, (Q(pk=claim.job_id, claim=claim.number) for claim in claims), Q(pk__in=[]))
    return Job.objects.filter(any_of, state=State.RUNNING).order_by()
