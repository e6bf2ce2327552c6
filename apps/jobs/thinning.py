"""Old histories keep what a person would still ask about: how a job began and ended, decisions, and money."""

from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet

from apps.jobs.models import JobEvent
from apps.jobs.states import FINISHED, Code

log = structlog.get_logger(__name__)

KEPT = timedelta(days=90)
# Steps that every job takes, some many times. How it ended says whether they went well.
STEPS = [
    Code.CLAIMED, Code.SUBMITTED, Code.COLLECTING, Code.RETRY_LATER, Code.WAITING_FOR_PLACE, Code.PAUSED,
    Code.WAITING_FOR_CHILDREN,
]  # fmt: skip
# A batch is one statement, and locks its rows for no longer than a moment.
BATCH = 5000


def events_thin(*, now: datetime) -> int:
    """Delete the single steps of jobs that ended, once they are old. Returns how many."""
    deleted = 0
    while batch := list(_old_steps(now).values_list("pk", flat=True)[:BATCH]):
        deleted += JobEvent.objects.filter(pk__in=batch).delete()[0]
    if deleted:
        log.info("job_events_thinned", count=deleted)
    return deleted


def _old_steps(now: datetime) -> "QuerySet[JobEvent]":
    before = now - KEPT
    return JobEvent.objects.filter(
        code__in=STEPS, created_at__lt=before, job__state__in=FINISHED, job__finished_at__lt=before
    ).order_by("pk")
