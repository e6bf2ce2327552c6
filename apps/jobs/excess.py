"""What a provider charged above the reservation: kept out of spending until a person decides."""

from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound
from apps.jobs import money, services
from apps.jobs.models import Job, LedgerEntry, LedgerKind
from apps.jobs.states import Code

log = structlog.get_logger(__name__)


def open_excesses() -> "QuerySet[LedgerEntry]":
    """Return the excesses that still need a decision, oldest first, without those of imported jobs."""
    # An imported job records another installation's money.
    decided = LedgerEntry.objects.filter(
        job=OuterRef("job"), attempt=OuterRef("attempt"), kind__in=[LedgerKind.ACCEPT, LedgerKind.DISMISS]
    )
    return LedgerEntry.objects.filter(~Exists(decided), kind=LedgerKind.EXCESS, job__imported_at=None)


def job_excess_settle(*, by: User, job_id: UUID, counts: bool, any_owner: bool = False) -> Job:
    """Apply a person's decision: count the job's excess as spent, or dismiss it. `any_owner` is for the admin.

    Raises NotFound for another user's job, ConflictError if there is nothing to decide.
    """
    with transaction.atomic(durable=True):
        job = services.job_lock(job_id)
        if job.owner_id != by.pk and not any_owner:
            raise NotFound("There is no such job.")
        found = list(open_excesses().filter(job=job))
        if not found:
            raise ConflictError("This job has no cost that needs a decision.", code="nothing_to_confirm")
        for excess in found:
            money.excess_settle(job, excess, counts=counts)
        amount = sum((excess.amount for excess in found), Decimal(0))
        code, act = (Code.COST_CONFIRMED, "counted as spent") if counts else (Code.COST_DISMISSED, "dismissed")
        services.job_note(job, code=code, message=f"${amount:.4f} above the reservation {act}, by {by}")
        log.info("cost_excess_settled", job_id=str(job.pk), counts=counts, amount=str(amount))
        return job
