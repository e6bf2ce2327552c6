"""Recovers jobs after messages, workers or responses were lost. Running any of these functions twice does no harm."""

from datetime import timedelta

import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from apps.core.redis_client import redis_client
from apps.jobs import dispatch, services
from apps.jobs.kinds import Queue
from apps.jobs.lanes import due_jobs, queue_fill
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.pausing import pauses_show
from apps.jobs.states import State

log = structlog.get_logger(__name__)

# A message that no worker took for this long may be lost.
SILENT_QUEUED_SECONDS = 30.0
MAX_LOSSES = 3
SWEEP_SIZE = 500
# Of `kombu.transport.redis`, whose module every import of this one would otherwise load.
PRIORITY_STEPS, SEPARATOR = (0, 3, 6, 9), "\x06\x16"


def pauses_show_all() -> None:
    """Make jobs that were created or moved beside a pause or its end say what holds them, or nothing."""
    with transaction.atomic(durable=True):
        pauses_show(Job.objects.all())


def jobs_dispatch_due() -> int:
    """Dispatch jobs whose delay or turn has come, as far as each owner's window has room, or to collect a result."""
    now = timezone.now()
    due = Q(dispatched_at__isnull=True) & (Q(run_after__isnull=True) | Q(run_after__lte=now))
    sent = 0
    for owner_id, queue in due_jobs().values_list("owner_id", "queue").distinct()[:SWEEP_SIZE]:
        with transaction.atomic(durable=True):
            sent += queue_fill(owner_id=owner_id, queue=queue)
    waiting = Job.objects.filter(due, state=State.WAITING, remote_runs__status=RunStatus.SUCCEEDED)
    return sent + _dispatch(waiting, State.WAITING)


def jobs_dispatch_again() -> int:
    """Dispatch jobs again that no worker took, if the broker holds fewer messages than there are queued jobs."""
    silent = timezone.now() - timedelta(seconds=SILENT_QUEUED_SECONDS)
    sent = 0
    counts = Job.objects.filter(state=State.QUEUED, dispatched_at__isnull=False).values("queue").annotate(n=Count("id"))
    for row in counts.values_list("queue", "n"):
        queue, jobs = row
        if messages_in(queue) < jobs:
            waiting = Job.objects.filter(state=State.QUEUED, queue=queue, dispatched_at__lt=silent)
            sent += _dispatch(waiting, State.QUEUED)
    collect = Job.objects.filter(state=State.WAITING, dispatched_at__lt=silent, remote_runs__status=RunStatus.SUCCEEDED)
    return sent + _dispatch(collect, State.WAITING)


def _dispatch(jobs: "QuerySet[Job]", claim_from: State) -> int:
    with transaction.atomic(durable=True):
        rows = list(jobs.select_for_update(skip_locked=True, of=("self",)).order_by("created_at")[:SWEEP_SIZE])
        dispatch.jobs_dispatch(rows, claim_from=claim_from)
    if rows:
        log.info("jobs_dispatched", count=len(rows), claim_from=str(claim_from))
    return len(rows)


def messages_in(queue: str) -> int:
    """Return how many messages the broker holds for the queue, or 0 if the broker is unreachable."""
    try:
        # Celery's Redis transport keeps a list for each priority of a queue (kombu.transport.redis).
        lists = [queue, *(f"{queue}{SEPARATOR}{step}" for step in PRIORITY_STEPS if step)]
        client = redis_client()
        return sum(int(client.llen(name)) for name in lists)
    except redis.RedisError as error:
        log.warning("broker_unavailable", reason=str(error))
        return 0


def jobs_recover_lost() -> int:
    """Recover running jobs whose worker stopped sending heartbeats."""
    silent_since = timezone.now() - timedelta(seconds=settings.JOB_SILENT_SECONDS)
    lost = Job.objects.filter(state=State.RUNNING, heartbeat_at__lt=silent_since)
    outcomes = [
        services.job_recover_lost(job_id=job_id, silent_since=silent_since, max_losses=MAX_LOSSES)
        for job_id in lost.values_list("pk", flat=True)[:SWEEP_SIZE]
    ]
    recovered = [outcome for outcome in outcomes if outcome]
    if recovered:
        log.warning("lost_jobs_recovered", count=len(recovered))
    return len(recovered)


def late_results_dispatch() -> int:
    """Have workers keep paid results that no live job is waiting for: the job was cancelled, failed or retried."""
    now = timezone.now()
    runs = (
        RemoteRun.objects.filter(status=RunStatus.SUCCEEDED)
        .exclude(collect_lease_until__gt=now)
        .exclude(job__state__in=[State.WAITING, State.RUNNING, State.QUEUED])
        .values_list("pk", flat=True)[:SWEEP_SIZE]
    )
    for run_id in runs:
        dispatch.task_dispatch(dispatch.KEEP_LATE_RESULT_TASK, queue=Queue.IO, run_id=run_id)
    return len(runs)


def abandoned_submits_dispatch() -> int:
    """Have workers settle submits of unknown outcome that no attempt follows any more, to free or spend their money."""
    silent_since = timezone.now() - timedelta(seconds=settings.JOB_SILENT_SECONDS)
    unknown = RemoteRun.objects.filter(
        status__in=[RunStatus.SUBMITTING, RunStatus.UNKNOWN], remote_id="", finished_at=None
    ).filter(submitting_at__lt=silent_since)
    abandoned = unknown.filter(Q(job__state=State.CANCELLED) | Q(job__attempt__gt=F("attempt")))
    runs = abandoned.values_list("pk", flat=True)[:SWEEP_SIZE]
    for run_id in runs:
        dispatch.task_dispatch(dispatch.SETTLE_ABANDONED_TASK, queue=Queue.IO, run_id=run_id)
    return len(runs)
