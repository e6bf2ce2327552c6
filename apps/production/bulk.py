"""Cancelling and retrying many jobs in one call. Each is decided by itself, as if a person had clicked it; the total
price is asked for first."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import structlog
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, StudioError
from apps.jobs import services
from apps.jobs.models import Job
from apps.jobs.priorities import batch_work
from apps.jobs.selectors import jobs_of
from apps.jobs.states import LIVE, State
from apps.production import retrying
from apps.work.work import Spending, spending_check

log = structlog.get_logger(__name__)

MOST_JOBS = 1000
# Well within what web servers and proxies wait for; the rest is left to the next call.
LONGEST_SECONDS = 20.0
UNKNOWN = "There is no such job, or it belongs to another user."
UNDECIDED = "It may have been charged. Open it and decide there."


@dataclass(frozen=True)
class Outcome:
    """What became of one job: `cancelled`, `retried`, or `skipped` with the reason."""

    job_id: UUID
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Selection:
    """The jobs that the action fits, those it doesn't, and how many more there are than one call takes."""

    jobs: Sequence[Job]
    skipped: Sequence[Outcome] = ()
    remaining: int = 0

    @property
    def total(self) -> Decimal:
        """What retrying all of them costs."""
        return sum((job.quoted_cost for job in self.jobs), Decimal(0))


@dataclass(frozen=True)
class Done:
    outcomes: Sequence[Outcome] = field(default_factory=list)
    remaining: int = 0
    total: Decimal = Decimal(0)

    def count(self, outcome: str) -> int:
        return sum(1 for one in self.outcomes if one.outcome == outcome)


def jobs_named(*, by: User, ids: Iterable[UUID], action: str) -> Selection:
    """Select jobs by their ids. Those that don't exist, aren't the user's or don't fit the action are skipped."""
    wanted = list(dict.fromkeys(ids))
    found = {job.pk: job for job in _light(jobs_of(by)).filter(pk__in=wanted)}
    reasons = {pk: _unfit(found[pk], action) if pk in found else UNKNOWN for pk in wanted}
    skipped = [Outcome(pk, "skipped", reason) for pk, reason in reasons.items() if reason]
    return Selection([found[pk] for pk in wanted if not reasons[pk]], skipped)


def jobs_found(*, jobs: "QuerySet[Job]", action: str, any_state: bool) -> Selection:
    """Select those of the jobs that the action fits, the oldest first. `any_state`: the jobs weren't chosen by their
    state, so that retrying means what failed, and not what somebody cancelled."""
    if action == "cancel":
        fit = jobs.filter(state__in=sorted(LIVE))
    else:
        states = [State.FAILED] if any_state else [State.FAILED, State.CANCELLED]
        fit = jobs.filter(state__in=states, imported_at=None)
    rows = list(_light(fit).order_by("created_at", "id")[:MOST_JOBS])
    more = fit.order_by().count() - len(rows) if len(rows) == MOST_JOBS else 0
    return Selection(rows, remaining=more)


def _light(jobs: "QuerySet[Job]") -> "QuerySet[Job]":
    return jobs.prefetch_related(None).only("pk", "state", "attempt", "quoted_cost", "imported_at")


def _unfit(job: Job, action: str) -> str:
    """Return why the action doesn't fit the job; "" if it does."""
    if job.state == State.NEEDS_ATTENTION:
        return UNDECIDED
    if action == "cancel":
        return "" if job.state in LIVE else f"It has already ended ({job.get_state_display().lower()})."
    if job.state in LIVE:
        return "It is still at work, or waiting for its turn."
    return "It is done." if job.state == State.SUCCEEDED else ""


def bulk_cancel(*, by: User, chosen: Selection) -> Done:
    """Cancel the jobs one by one."""
    return _each(by, chosen, "cancelled", lambda job: services.job_cancel(by=by, job_id=job.pk))


def bulk_retry(*, by: User, chosen: Selection, spending: Spending) -> Done:
    """Start the next attempt of each job, unless somebody else just did.

    Raises BudgetExceeded, and starts nothing, if their total price is above the call's maximum or isn't confirmed. A
    job that no longer fits a cap is skipped.
    """
    if chosen.total > 0 and not spending.confirmed:
        count = len(chosen.jobs)
        message = f"Retrying {count:,} job{'' if count == 1 else 's'} costs ${chosen.total:.2f} together."
        raise BudgetExceeded(message, code="confirmation_required", evidence={"amount": str(chosen.total)})
    spending_check(chosen.total, spending)
    with batch_work():
        return _each(by, chosen, "retried", lambda job: _retry(by, job))


def _retry(by: User, job: Job) -> Job:
    confirmed = Spending(confirmed=True)  # the total was
    return retrying.job_retry(by=by, job_id=job.pk, spending=confirmed, expected_attempt=job.attempt)


def _each(by: User, chosen: Selection, word: str, act: Callable[[Job], Job]) -> Done:
    outcomes: list[Outcome] = []
    ends_at = time.monotonic() + LONGEST_SECONDS
    for job in chosen.jobs:
        if time.monotonic() > ends_at:
            break
        try:
            act(job)
        except StudioError as error:
            outcomes.append(Outcome(job.pk, "skipped", error.message))
        else:
            outcomes.append(Outcome(job.pk, word))
    left = len(chosen.jobs) - len(outcomes) + chosen.remaining
    done = Done([*outcomes, *chosen.skipped], left, chosen.total)
    log.info("jobs_bulk", owner_id=by.pk, outcome=word, count=done.count(word), remaining=left)
    return done
