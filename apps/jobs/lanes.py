"""Who is next: only a few messages of each owner are on their way per queue, so that nobody's thousand jobs are ahead
of somebody else's three (ADR 0004).

The broker's queues are first in, first out. An owner's other queued jobs wait in the database, ordered by priority and
age; a worker that claims one of them sends for the next, and the sweep does so every two seconds. The first jobs that a
person asks for go ahead of everything that runs by itself.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User
from apps.jobs import dispatch
from apps.jobs.kinds import Queue
from apps.jobs.models import Job
from apps.jobs.pauses import job_is_paused, pause_reasons
from apps.jobs.priorities import INTERACTIVE
from apps.jobs.states import State

# Enough to keep every worker of the queue supplied, since each claim sends for more: what runs for milliseconds needs
# a larger stock than what runs for seconds. Another owner's job waits behind at most this many of each other owner.
WINDOWS: Mapping[str, int] = {Queue.IO: 16, Queue.MEDIA: 4, Queue.SEGMENTS: 8}
SMALLEST_WINDOW = 4
# How many of an owner's jobs per queue may be ahead of everybody's batches at a time, running ones included. Whoever
# asks for more than a person can look at queues like a batch.
QUICK_JOBS = 2


def window(queue: str) -> int:
    return WINDOWS.get(queue, SMALLEST_WINDOW)


def job_place(job: Job) -> bool:
    """Set what a job that is queued now shows, and whether its message is sent; the caller saves it and sends.

    Returns whether the message goes ahead of batches. Costs one statement.
    """
    sent, quick, reason = User.objects.filter(pk=job.owner_id).values_list(
        Coalesce(Subquery(_count(sent_jobs(owner=job.owner_id, queue=job.queue))), 0),
        Coalesce(Subquery(_count(_quick_jobs(job))), 0),
        Subquery(pause_reasons(job)),
    )[0]
    hurries = job.priority >= INTERACTIVE and quick < QUICK_JOBS
    if reason or job.is_paused:
        job.progress_message = reason or ""
    job.dispatched_at = timezone.now() if not reason and (hurries or sent < window(job.queue)) else None
    return bool(hurries)


def _count(jobs: "QuerySet[Job]") -> "QuerySet[Job, int]":
    """Return the count as a subquery; it is null without any."""
    return jobs.order_by().values("owner").annotate(number=Count("pk")).values_list("number", flat=True)


def _quick_jobs(job: Job) -> "QuerySet[Job]":
    under_way = Q(state=State.RUNNING) | Q(state=State.QUEUED, dispatched_at__isnull=False)
    return Job.objects.filter(under_way, owner=job.owner_id, queue=job.queue, priority__gte=INTERACTIVE)


def sent_jobs(*, owner: Any, queue: Any) -> "QuerySet[Job]":
    """Return the owner's jobs whose message is on its way to a worker of the queue."""
    return Job.objects.filter(owner=owner, queue=queue, state=State.QUEUED, dispatched_at__isnull=False).order_by()


def backlog(*, owner: Any, queue: Any) -> "QuerySet[Job]":
    """Return the owner's jobs that could run but have no message yet, the next first."""
    waiting = due_jobs().filter(owner=owner, queue=queue)
    return waiting.order_by("-priority", "created_at")


def due_jobs() -> "QuerySet[Job]":
    """Return everybody's queued jobs that could run but have no message yet."""
    due = Q(run_after=None) | Q(run_after__lte=timezone.now())
    return Job.objects.filter(due, ~job_is_paused(), state=State.QUEUED, dispatched_at=None).order_by()


def with_neighbors(jobs: "QuerySet[Job]") -> "QuerySet[Job]":
    """Add to each job how many of its owner's are sent to its queue, and whether there are more to send: what
    `queue_refill` needs, without a statement of its own."""
    same = {"owner": OuterRef("owner"), "queue": OuterRef("queue")}
    sent = Coalesce(Subquery(_count(sent_jobs(**same))), 0)
    return jobs.annotate(neighbors_sent=sent, neighbors_wait=Exists(backlog(**same).order_by()))


def queue_refill(job: Job) -> None:
    """After a claim, send for more of the owner's jobs once half the window is free. `job` came `with_neighbors`."""
    left = getattr(job, "neighbors_sent", 0) - 1
    if getattr(job, "neighbors_wait", False) and left <= window(job.queue) // 2:
        queue_fill(owner_id=job.owner_id, queue=job.queue)


def queue_fill(*, owner_id: int, queue: str) -> int:
    """Dispatch the owner's next jobs as far as the window has room. Returns how many. Needs an open transaction."""
    room = window(queue) - sent_jobs(owner=owner_id, queue=queue).count()
    if room <= 0:
        return 0
    rows = backlog(owner=owner_id, queue=queue).select_for_update(skip_locked=True, of=("self",))
    jobs = list(rows.only("pk", "kind", "queue")[:room])
    dispatch.jobs_dispatch(jobs, claim_from=State.QUEUED)
    return len(jobs)
