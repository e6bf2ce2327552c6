"""Pausing and resuming queued work, and what the jobs say meanwhile. `pauses.py` has the conditions."""

from collections.abc import Collection
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from apps.jobs.lanes import queue_fill
from apps.jobs.models import PAUSED, Job, Pause
from apps.jobs.pauses import Scope, active_pauses, job_is_paused, pauses_of_the_job, project_pauses
from apps.jobs.states import State

log = structlog.get_logger(__name__)


def jobs_pause(*, scope: Scope) -> None:
    """Keep the scope's queued jobs from starting. Running ones, and those at a provider, go on. It can be repeated."""
    with transaction.atomic(durable=True):
        pause_write(scope, reason=scope.reason)
        pauses_show(scope.jobs)
    log.info("jobs_paused", owner_id=scope.owner_id, project_id=str(scope.project_id or ""), kind=scope.kind)


def pause_write(scope: Scope, *, reason: str, provider: str = "", automatic: bool = False) -> None:
    """Write the pause's row, or take up the one that was lifted."""
    facts = {"reason": reason[:300], "automatic": automatic, "created_at": timezone.now(), "lifted_at": None}
    pause = Pause(owner_id=scope.owner_id, project_id=scope.project_id, kind=scope.kind, provider=provider, **facts)
    Pause.objects.bulk_create(
        [pause],
        update_conflicts=True,
        unique_fields=["owner", "project_id", "kind", "provider"],
        update_fields=list(facts),
    )


def jobs_resume(*, scope: Scope) -> None:
    """Lift every pause within the scope, automatic ones too, and start what nothing else holds.

    A project is resumed with all its pauses, everything with all of the owner's. Resuming twice is fine.
    """
    with transaction.atomic(durable=True):
        pauses = active_pauses().filter(owner_id=scope.owner_id)
        if scope.project_id is not None:
            pauses = pauses.filter(project_id=scope.project_id)
        if scope.kind:
            pauses = pauses.filter(kind=scope.kind)
        pauses.filter(automatic=True).update(lifted_at=timezone.now())
        pauses.filter(automatic=False).delete()
        for owner_id, queue in pauses_show(scope.jobs):
            queue_fill(owner_id=owner_id, queue=queue)
    log.info("jobs_resumed", owner_id=scope.owner_id, project_id=str(scope.project_id or ""), kind=scope.kind)


def project_resume(*, owner_id: int, project_id: UUID) -> None:
    """Lift every pause that the project's page shows, also one of all projects; those of an operator stay."""
    live = list(Job.objects.filter(project_id=project_id, state=State.QUEUED))
    for pause in project_pauses(owner_id=owner_id, project_id=project_id, live=live):
        if pause.owner_id is not None:
            jobs_resume(scope=Scope(owner_id=owner_id, project_id=pause.project_id, kind=pause.kind))


def pauses_show(jobs: "QuerySet[Job]") -> Collection[tuple[int, str]]:
    """Make the queued ones of the jobs say what holds them, and free the others to be dispatched. Returns the owners
    and queues of those freed. Rows that somebody else has locked are left to the next round."""
    queued = jobs.filter(state=State.QUEUED).order_by()
    reason = Subquery(pauses_of_the_job().values("reason")[:1])
    held = queued.filter(job_is_paused()).exclude(progress_message=reason, dispatched_at=None)
    held = held.select_for_update(skip_locked=True, of=("self",))
    Job.objects.filter(pk__in=held.values("pk")).update(progress_message=reason, dispatched_at=None)
    free = queued.filter(~job_is_paused(), progress_message__startswith=PAUSED)
    rows = list(free.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "owner_id", "queue"))
    if rows:
        freed = Job.objects.filter(pk__in=[pk for pk, *_ in rows])
        freed.update(progress_message="", dispatched_at=None)
    return {(owner_id, queue) for _, owner_id, queue in rows}
