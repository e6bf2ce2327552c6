"""Money: quote → reserve → settle or release, with caps per project, user and day.

Accounts are locked in the order of their scopes, so spent + reserved ≤ cap always holds and two reservations
can't deadlock. Amounts are US dollars. Every function runs inside the caller's transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from uuid import UUID

import structlog
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from apps.core.errors import BudgetExceeded
from apps.core.one_statement import OneStatement
from apps.jobs.models import Job, JobEvent, LedgerEntry, LedgerKind, SpendingAccount
from apps.jobs.states import Code
from apps.providers.base import Quote

log = structlog.get_logger(__name__)

ZERO = Decimal(0)
# The ledger's columns hold four decimal places, and far less than a provider may claim.
LEDGER_STEP = Decimal("0.0001")
LARGEST_AMOUNT = Decimal("9999999")
SCOPE_LABELS = {"project": "this project's budget", "user": "your account's cap", "day": "your cap for today"}


def project_scope(project_id: UUID) -> str:
    return f"project:{project_id}"


def user_scope(user_id: int) -> str:
    return f"user:{user_id}"


def day_scope(user_id: int, day: date) -> str:
    return f"{days_scope(user_id)}{day.isoformat()}"


def days_scope(user_id: int) -> str:
    """Return what the scopes of all of a user's days start with."""
    return f"day:{user_id}:"


def day_of(scope: str) -> date:
    """Return the day of a `day_scope`."""
    return date.fromisoformat(scope.rpartition(":")[2])


def daily_cap_scope(user_id: int) -> str:
    """Return the scope of the account that holds a user's daily cap; its own totals stay 0."""
    return f"daily:{user_id}"


def scopes_of(job: Job) -> list[str]:
    """Return the scopes that the job's spending counts against today."""
    return _scopes(job.owner_id, job.project_id)


def _scopes(owner_id: int, project_id: UUID | None) -> list[str]:
    scopes = [user_scope(owner_id), day_scope(owner_id, timezone.now().date())]
    if project_id:
        scopes.append(project_scope(project_id))
    return sorted(scopes)


def cap_set(*, scope: str, cap: Decimal | None) -> None:
    """Set or remove a cap. It applies from the next reservation; existing reservations stay."""
    SpendingAccount.objects.update_or_create(scope=scope, defaults={"cap": cap})


def cost_confirm(*, amount: Decimal, confirm_above: Decimal | None, confirmed: bool) -> None:
    """Raise BudgetExceeded (`confirmation_required`) if the amount is above the threshold and not confirmed."""
    if confirm_above is not None and amount > confirm_above and not confirmed:
        raise BudgetExceeded(
            f"This costs ${amount:.2f}, which is above your ${confirm_above:.2f} confirmation limit.",
            code="confirmation_required",
            evidence={"amount": str(amount), "confirm_above": str(confirm_above)},
        )


def cost_check_fits(*, owner_id: int, project_id: UUID, amount: Decimal) -> None:
    """Raise BudgetExceeded if several jobs together would exceed a cap, before the first of them starts.

    This reserves nothing: each job reserves its own share and may still be refused.
    """
    if amount <= ZERO:
        return
    scopes = _scopes(owner_id, project_id)
    stored = {account.scope: account for account in SpendingAccount.objects.filter(scope__in=scopes)}
    for scope in scopes:
        _refuse_above_cap(stored.get(scope) or SpendingAccount(scope=scope), amount, owner_id=owner_id)


def cost_fits(*, owner_id: int, project_id: UUID, amount: Decimal) -> bool:
    """Return whether `cost_check_fits` would let several jobs together start now."""
    try:
        cost_check_fits(owner_id=owner_id, project_id=project_id, amount=amount)
    except BudgetExceeded:
        return False
    return True


def cost_reserve(job: Job, quote: Quote, *, also: OneStatement | None = None) -> None:
    """Reserve the quoted amount for the job's current attempt. With `also`, the caller sends the writes.

    Raises BudgetExceeded, and writes nothing, if spent + reserved + amount would exceed a cap.
    """
    if quote.amount <= ZERO:
        return
    scopes = scopes_of(job)
    # Before any lock, so that they are all taken in one order.
    SpendingAccount.objects.bulk_create([SpendingAccount(scope=scope) for scope in scopes], ignore_conflicts=True)
    for account in SpendingAccount.objects.select_for_update().filter(scope__in=scopes).order_by("scope"):
        _refuse_above_cap(account, quote.amount, owner_id=job.owner_id)
    entry = _entry(job, job.attempt, LedgerKind.RESERVE, quote.amount, scopes)
    entry.basis, entry.bought_seconds = quote.basis[:300], quote.bought_seconds
    with _writes(also) as writes:
        _shift(scopes, writes, reserved=quote.amount)
        writes.insert(entry)


def cost_reserve_again(job: Job) -> None:
    """Reserve the job's quoted cost, and the seconds it buys, for another attempt. Raises BudgetExceeded.

    Does nothing for a job that never reserved anything: it is free, or waits for jobs that pay themselves.
    """
    first = LedgerEntry.objects.filter(job=job, kind=LedgerKind.RESERVE).order_by("attempt").first()
    if first is not None:
        again = "as quoted for the first attempt"
        cost_reserve(job, Quote(job.quoted_cost, again, bought_seconds=first.bought_seconds))


def has_open_reservation() -> Q:
    """Return, for queries of jobs, whether the current attempt has a reservation that was neither settled nor
    released."""
    entries = LedgerEntry.objects.filter(job=OuterRef("pk"), attempt=OuterRef("attempt"))
    return Q(Exists(entries.filter(kind=LedgerKind.RESERVE)), ~Exists(entries.exclude(kind=LedgerKind.RESERVE)))


def cost_settle(job: Job, *, attempt: int, amount: Decimal | None = None, also: OneStatement | None = None) -> Decimal:
    """Turn the attempt's reservation into spending of `amount` (None: as reserved). Returns what was spent.

    This is never more than was reserved, because that is what caps and confirmations were checked against. What the
    provider charged above it is kept as an excess, which counts only once a person accepts it (`excess_settle`).
    Does nothing if the attempt has no open reservation, so it can be called twice. With `also`, the caller sends the
    writes, and saves the job's `cost`.
    """
    claimed = _countable(job, amount)
    entry = _open_reservation(job, attempt)
    if entry is None:
        if claimed and not LedgerEntry.objects.filter(job=job, attempt=attempt).exists():
            # Work that was quoted as free.
            excess = _entry(job, attempt, LedgerKind.EXCESS, claimed, scopes_of(job))
            excess.save()
            _excess_tell(job, excess, reserved=ZERO)
        return ZERO
    spent = entry.amount if claimed is None else min(claimed, entry.amount)
    job.cost += spent
    entries = [_next(entry, LedgerKind.SETTLE, spent)]
    if claimed is not None and claimed > entry.amount:
        entries.append(_next(entry, LedgerKind.EXCESS, claimed - entry.amount))
        _excess_tell(job, entries[-1], reserved=entry.amount)
    with _writes(also) as writes:
        _shift(entry.scopes, writes, reserved=-entry.amount, spent=spent)
        writes.insert(*entries)
        if also is None:
            writes.update(Job.objects.filter(pk=job.pk), cost=job.cost)
    return spent


def excess_settle(job: Job, excess: LedgerEntry, *, counts: bool) -> None:
    """Apply a person's decision about an excess: count it as spent, regardless of caps, or dismiss it."""
    with _writes(None) as writes:
        if counts:
            job.cost += excess.amount
            _shift(excess.scopes, writes, spent=excess.amount)
            writes.update(Job.objects.filter(pk=job.pk), cost=job.cost)
        writes.insert(_next(excess, LedgerKind.ACCEPT if counts else LedgerKind.DISMISS, excess.amount))


def cost_release(job: Job, *, attempt: int) -> None:
    """Release the attempt's reservation. Does nothing if there is no open one."""
    entry = _open_reservation(job, attempt)
    if entry is None:
        return
    with _writes(None) as writes:
        _shift(entry.scopes, writes, reserved=-entry.amount)
        writes.insert(_next(entry, LedgerKind.RELEASE, entry.amount))


@contextmanager
def _writes(also: OneStatement | None) -> Iterator[OneStatement]:
    """Collect writes in `also`, or send them together at the end."""
    writes = also or OneStatement()
    yield writes
    if also is None:
        writes.run()


def _shift(scopes: Sequence[str], writes: OneStatement, *, reserved: Decimal = ZERO, spent: Decimal = ZERO) -> None:
    """Lock the accounts in the order of their scopes, and move the same amounts in all. They exist: whoever reserved
    has created them."""
    # The subquery locks. An update alone would lock in any order.
    locked = SpendingAccount.objects.select_for_update().filter(scope__in=scopes).order_by("scope").values("scope")
    rows = SpendingAccount.objects.filter(scope__in=locked)
    writes.update(rows, reserved=F("reserved") + reserved, spent=F("spent") + spent)


def _refuse_above_cap(account: SpendingAccount, amount: Decimal, *, owner_id: int) -> None:
    kind = account.scope.partition(":")[0]
    cap = account.cap
    if kind == "day" and cap is None:
        daily = SpendingAccount.objects.filter(scope=daily_cap_scope(owner_id)).values_list("cap", flat=True)
        cap = daily.first()
    if cap is None or account.spent + account.reserved + amount <= cap:
        return
    raise BudgetExceeded(
        f"This costs ${amount:.2f} and would exceed {SCOPE_LABELS[kind]} of ${cap:.2f} "
        f"(${account.spent:.2f} spent, ${account.reserved:.2f} reserved). Raise the cap, or wait for running jobs to "
        "finish.",
        evidence={"scope": account.scope, "amount": str(amount), "cap": str(cap)},
    )


def _open_reservation(job: Job, attempt: int) -> LedgerEntry | None:
    # The caller holds the lock on the job's row, so nothing else can end the same attempt in the meantime.
    entries = list(LedgerEntry.objects.filter(job=job, attempt=attempt))
    reserves = [entry for entry in entries if entry.kind == LedgerKind.RESERVE]
    return reserves[0] if reserves and len(entries) == 1 else None


def _countable(job: Job, amount: Decimal | None) -> Decimal | None:
    """Return the amount as the ledger stores it, or None ("as reserved") if it is not a valid amount of money."""
    if amount is None:
        return None
    if not amount.is_finite() or amount < ZERO:
        log.error("cost_not_an_amount", job_id=str(job.pk), provider=job.provider, claimed=str(amount))
        return None
    return min(amount, LARGEST_AMOUNT).quantize(LEDGER_STEP)


def _excess_tell(job: Job, excess: LedgerEntry, *, reserved: Decimal) -> None:
    claimed = reserved + excess.amount
    # Either a price in a flavor is out of date or the provider's count is wrong. Both need a person.
    log.error(
        "cost_above_reservation",
        job_id=str(job.pk),
        provider=job.provider,
        reserved=str(reserved),
        claimed=str(claimed),
    )
    message = (
        f"The provider charged ${claimed:.4f} but ${reserved:.4f} was reserved; "
        f"${excess.amount:.4f} is not counted until a person confirms it."
    )
    JobEvent.objects.create(
        job=job,
        from_state=job.state,
        to_state=job.state,
        code=Code.COST_ABOVE_RESERVED,
        message=message,
        facts={"reserved": str(reserved), "claimed": str(claimed)},
    )


def _entry(job: Job, attempt: int, kind: LedgerKind, amount: Decimal, scopes: list[str]) -> LedgerEntry:
    return LedgerEntry(
        job=job,
        attempt=attempt,
        kind=kind,
        amount=amount,
        project_id=job.project_id,
        provider=job.provider,
        scopes=scopes,
    )


def _next(entry: LedgerEntry, kind: LedgerKind, amount: Decimal) -> LedgerEntry:
    """Return another ledger entry for the same attempt."""
    return LedgerEntry(
        job_id=entry.job_id,
        attempt=entry.attempt,
        kind=kind,
        amount=amount,
        basis=entry.basis,
        bought_seconds=entry.bought_seconds,
        project_id=entry.project_id,
        provider=entry.provider,
        scopes=entry.scopes,
    )
