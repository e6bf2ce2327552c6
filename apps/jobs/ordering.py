"""Moving a queued job ahead of its owner's others."""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound
from apps.jobs import dispatch, lanes, services
from apps.jobs.models import Job
from apps.jobs.priorities import INTERACTIVE, LARGEST
from apps.jobs.states import State

log = structlog.get_logger(__name__)


def job_move_first(*, by: User, job_id: UUID) -> Job:
    """Move a queued job to the front of its owner's. The one moved last is the first; a paused one still waits.

    Raises NotFound for another user's job, ConflictError for one that has started or ended.
    """
    with transaction.atomic(durable=True):
        job = services.job_lock(job_id)
        if job.owner_id != by.pk:
            raise NotFound("There is no such job.")
        if job.state != State.QUEUED:
            raise ConflictError("Only a job that waits for its turn can be moved to the front.")
        others = Job.objects.filter(owner=by, queue=job.queue, state=State.QUEUED).exclude(pk=job.pk)
        largest = others.aggregate(largest=Max("priority"))["largest"] or 0
        if job.priority <= largest or job.priority < INTERACTIVE:
            job.priority = min(max(largest, INTERACTIVE) + 1, LARGEST)
        sent_at = job.dispatched_at
        hurries = lanes.job_place(job)
        if sent_at and not job.is_paused:
            job.dispatched_at = sent_at  # its message is on its way, whatever the window holds
        job.save(update_fields=["priority", "dispatched_at", "progress_message", "updated_at"])
        if job.dispatched_at is not None and (hurries or not sent_at):
            dispatch.job_send(job, claim_from=State.QUEUED, hurries=hurries)
        log.info("job_moved_first", job_id=str(job.pk), priority=job.priority)
        return job
