"""Send a task by name after the transaction has committed.

A lost message costs time, never work: the sweep sends it again if no worker took the job.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.core.json import JsonObject
from apps.jobs.kinds import SPECS, Queue
from apps.jobs.models import Job
from apps.jobs.states import State

log = structlog.get_logger(__name__)

JOB_ENDED_TASK = "workers.followup.job_ended"
JOB_RETRIED_TASK = "workers.followup.job_retried"
TELL_PROVIDER_TASK = "workers.polling.cancel_run"
SETTLE_ABANDONED_TASK = "workers.polling.settle_abandoned"
KEEP_LATE_RESULT_TASK = "workers.generation.keep_late_result"
# Priorities of messages: the Redis transport keeps a list for each and empties the smaller number first.
FAST_LANE, BATCH_LANE = 0, 9


def job_dispatch(job: Job, *, claim_from: State) -> None:
    """After commit, tell a worker to claim the job from `claim_from` (QUEUED: run it, WAITING: go on with it)."""
    jobs_dispatch([job], claim_from=claim_from)


def jobs_dispatch(jobs: Sequence[Job], *, claim_from: State) -> None:
    """The same for several jobs."""
    if jobs:
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(dispatched_at=timezone.now())
    for job in jobs:
        job_send(job, claim_from=claim_from)


def job_send(job: Job, *, claim_from: State, hurries: bool = False) -> None:
    """The same for a caller that writes `dispatched_at` itself. `hurries`: ahead of batches."""
    queued = claim_from == State.QUEUED
    task_dispatch(
        SPECS[job.kind].task,
        queue=job.queue if queued else SPECS[job.kind].goes_on_in,
        lane=BATCH_LANE if queued and not hurries else FAST_LANE,
        job_id=str(job.pk),
        claim_from=str(claim_from),
    )


def job_ended_dispatch(job_id: UUID) -> None:
    """After commit, send the follow-up task for a job that has ended."""
    task_dispatch(JOB_ENDED_TASK, queue=Queue.IO, job_id=str(job_id))


def job_retried_dispatch(job_id: UUID) -> None:
    """After commit, have the job's scene show the retried job."""
    task_dispatch(JOB_RETRIED_TASK, queue=Queue.IO, job_id=str(job_id))


def task_dispatch(name: str, *, queue: str, lane: int = FAST_LANE, **arguments: Any) -> None:
    """After commit, send the task. If the broker is unreachable, log it; the sweep recovers from the database."""
    transaction.on_commit(partial(_send, name, queue, lane, arguments))


def _send(name: str, queue: str, lane: int, arguments: JsonObject) -> None:
    try:
        current_app.send_task(name, kwargs=arguments, queue=queue, priority=lane, ignore_result=True, retry=False)
    except OperationalError as error:
        log.warning("task_not_sent", task=name, queue=queue, reason=str(error), **arguments)
