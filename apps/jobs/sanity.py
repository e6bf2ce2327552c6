"""Checks that rows which must agree do: accounts with the ledger, reservations with requests, waiting jobs with what
they wait for. Nothing is mended here: each problem is a fault of the code, for a person to look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from apps.jobs.models import Awaited, Job, LedgerEntry, LedgerKind, RemoteRun, RunStatus
from apps.jobs.states import LIVE, State

# Rounds that recover such jobs come every minute at most, and each of them may be late.
PATIENCE = timedelta(minutes=10)
# Each account with what the ledger says of it, in one statement and so at one moment. Entries of an imported project
# count in no account here, but its own came along.
ACCOUNTS_THAT_DIFFER = """
WITH ended AS (
    SELECT job_id, attempt FROM jobs_ledgerentry WHERE kind IN ('settle', 'release')
), moved AS (
    SELECT scope, amount * (kind = 'reserve' AND ended.job_id IS NULL)::int AS reserved,
           amount * (kind IN ('settle', 'accept'))::int AS spent
    FROM jobs_ledgerentry
    LEFT JOIN ended USING (job_id, attempt)
    CROSS JOIN LATERAL jsonb_array_elements_text(scopes) AS scope
), total AS (
    SELECT scope, sum(reserved) AS reserved, sum(spent) AS spent FROM moved GROUP BY scope
)
SELECT account.scope, account.reserved, account.spent, coalesce(total.reserved, 0), coalesce(total.spent, 0)
FROM jobs_spendingaccount AS account LEFT JOIN total USING (scope)
WHERE (account.reserved, account.spent) <> (coalesce(total.reserved, 0), coalesce(total.spent, 0))
  AND NOT EXISTS (
      SELECT FROM jobs_job WHERE imported_at IS NOT NULL AND account.scope = 'project:' || project_id
  )
ORDER BY account.scope
"""


@dataclass(frozen=True)
class Disagreement:
    """`name` is the rule that is broken, `subject` the row, `detail` the facts."""

    name: str
    subject: str
    detail: str


def jobs_disagreements(*, now: datetime) -> Iterator[Disagreement]:
    """Yield what does not agree among jobs, paid requests and money."""
    yield from _accounts()
    yield from _reservations()
    yield from _silent(now - PATIENCE)


def _accounts() -> Iterator[Disagreement]:
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS_THAT_DIFFER)
        rows = cursor.fetchall()
    for scope, reserved, spent, reserved_by_ledger, spent_by_ledger in rows:
        detail = f"reserved {reserved}, spent {spent}; by the ledger {reserved_by_ledger} and {spent_by_ledger}"
        yield Disagreement("account_differs_from_ledger", scope, detail)


def _reservations() -> Iterator[Disagreement]:
    """Yield money that stays reserved for an attempt which is over, although nothing is open at the provider."""
    same = LedgerEntry.objects.filter(job=OuterRef("job"), attempt=OuterRef("attempt"))
    open_runs = RemoteRun.objects.filter(
        Q(status__in=[RunStatus.SUBMITTED, RunStatus.SUCCEEDED])
        | Q(status__in=[RunStatus.SUBMITTING, RunStatus.UNKNOWN], finished_at=None),
        job=OuterRef("job"),
        attempt=OuterRef("attempt"),
    )
    reserved = LedgerEntry.objects.filter(kind=LedgerKind.RESERVE).exclude(
        job__attempt=F("attempt"), job__state__in=[*LIVE, State.NEEDS_ATTENTION]
    )
    held = reserved.filter(~Exists(same.exclude(kind=LedgerKind.RESERVE)), ~Exists(open_runs))
    for entry in held.select_related("job"):
        detail = f"{entry.amount} for attempt {entry.attempt}; the job is {entry.job.state}"
        yield Disagreement("reserved_for_nothing", str(entry.job_id), detail)


def _silent(before: datetime) -> Iterator[Disagreement]:
    """Yield jobs that nothing moves on: running without a heartbeat, or waiting for nothing."""
    silent = before - timedelta(seconds=settings.JOB_SILENT_SECONDS)
    for job_id, beat in Job.objects.filter(state=State.RUNNING, heartbeat_at__lt=silent).values_list(
        "pk", "heartbeat_at"
    ):
        yield Disagreement("running_without_a_worker", str(job_id), f"its last heartbeat was at {beat}")
    runs = RemoteRun.objects.filter(
        job=OuterRef("pk"), attempt=OuterRef("attempt"), status__in=[RunStatus.SUBMITTED, RunStatus.SUCCEEDED]
    )
    children = Awaited.objects.filter(parent=OuterRef("pk"), child__state__in=LIVE)
    waiting = Job.objects.filter(~Exists(runs), ~Exists(children), state=State.WAITING, updated_at__lt=before)
    for job_id, code, since in waiting.values_list("pk", "code", "updated_at"):
        yield Disagreement("waiting_for_nothing", str(job_id), f"{code} since {since}")
