"""Poll providers for open runs, many per request, and move their jobs along.

A run is leased by pushing its next poll time back in the transaction that selects it, so two rounds never poll
the same run. A failed poll changes nothing: the run is due again later.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound, ProviderError
from apps.jobs import dispatch, money, remote, retry, services
from apps.jobs.kinds import Queue
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.results import JobResult
from apps.jobs.states import FINISHED, Code, State
from apps.providers.base import RemoteProvider, RemoteRef, RemoteState, RemoteStatus
from apps.providers.moderation import CONTENT_REFUSED
from apps.providers.registry import provider_get

log = structlog.get_logger(__name__)

# Runs per round: ten list calls of a hundred for a provider that lists.
LEASE_SIZE = 1000
# New work may be missing from a vendor's listing for a moment.
NOT_FOUND_GRACE_SECONDS = 120.0
# A run is still polled this long after its deadline, since a late result was paid for.
LATE_SECONDS = 24 * 3600.0
# Longer than fetching and storing a result usually take. If they take longer, another worker does the same, and one of
# them is counted; after a worker's death nobody waits longer than this.
LATE_RESULT_LEASE_SECONDS = 180.0
# Longer than any submit can take, plus the time a vendor needs to list it.
ABANDONED_SECONDS = 15 * 60.0


def runs_poll_due(*, kind: str = "") -> int:
    """Poll every run that is due, or only those of one kind of job. Returns how many were polled."""
    runs = _lease(timezone.now(), kind)
    by_provider: dict[str, list[RemoteRun]] = defaultdict(list)
    for run in runs:
        by_provider[run.provider].append(run)
    for name, provider_runs in by_provider.items():
        runs_poll(name, provider_runs)
    return len(runs)


def _lease(now: datetime, kind: str) -> list[RemoteRun]:
    due = RemoteRun.objects.filter(status=RunStatus.SUBMITTED, next_poll_at__lte=now)
    if kind:
        due = due.filter(job__kind=kind)
    with transaction.atomic(durable=True):
        leased = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_poll_at")
        runs = list(leased[:LEASE_SIZE])
        for run in runs:
            run.next_poll_at = now + timedelta(seconds=_interval(run, now))
            run.polls += 1
        RemoteRun.objects.bulk_update(runs, ["next_poll_at", "polls"])
        return runs


def _interval(run: RemoteRun, now: datetime) -> float:
    if run.deadline_at and now > run.deadline_at:
        return retry.LATE_POLL_SECONDS
    age = (now - (run.submitted_at or now)).total_seconds()
    return retry.poll_interval_seconds(age, chance=random.random())  # noqa: S311 - jitter


def runs_poll(provider_name: str, runs: Sequence[RemoteRun]) -> None:
    """Ask one provider about the runs, in as few requests as it allows."""
    provider = provider_get(provider_name)
    if not isinstance(provider, RemoteProvider):
        raise ConflictError(f"{provider.title} has no remote work to poll.")
    by_ref = {RemoteRef(provider=provider_name, remote_id=run.remote_id): run for run in runs}
    for batch in _batches(list(by_ref), provider.poll_batch_size):
        try:
            statuses = provider.poll(batch)
        except ProviderError as error:
            log.warning("poll_failed", provider=provider_name, runs=len(batch), reason=error.message)
            _past_deadline([by_ref[ref] for ref in batch], poll_error=error.message)
            continue
        done = {by_ref[ref].pk: status for ref, status in statuses.items() if status.state == RemoteState.SUCCEEDED}
        together = _succeeded_together(done, runs) if done else set()
        for ref, status in statuses.items():
            if by_ref[ref].pk not in together:
                run_apply(by_ref[ref], status)


def _batches(refs: list[RemoteRef], size: int) -> Iterable[list[RemoteRef]]:
    return (refs[start : start + size] for start in range(0, len(refs), size))


def _succeeded_together(done: Mapping[int, RemoteStatus], runs: Sequence[RemoteRun]) -> set[int]:
    """Apply in one transaction the successes that a waiting job expects; `done` has them by run. Returns those applied.

    It waits for no lock: a job that somebody else holds is left to `run_apply`, like everything unusual."""
    attempts = {run.job_id: run.attempt for run in runs if run.pk in done}
    with transaction.atomic(durable=True):
        waiting = Job.objects.select_for_update(skip_locked=True).defer("parameters", "result")
        jobs = waiting.filter(pk__in=attempts, state=State.WAITING).order_by("pk")
        held = {job.pk: job for job in jobs if job.attempt == attempts[job.pk]}
        open_runs = RemoteRun.objects.select_for_update(skip_locked=True).filter(
            pk__in=done, job__in=held, status=RunStatus.SUBMITTED
        )
        return _runs_succeed(list(open_runs), done, held)


def _runs_succeed(runs: Sequence[RemoteRun], done: Mapping[int, RemoteStatus], held: Mapping[UUID, Job]) -> set[int]:
    for run in runs:
        run.raw, run.message = dict(done[run.pk].raw), done[run.pk].message
        run.status, run.finished_at = RunStatus.SUCCEEDED, timezone.now()
    RemoteRun.objects.bulk_update(runs, ["raw", "message", "status", "finished_at"])
    dispatch.jobs_dispatch([held[run.job_id] for run in runs], claim_from=State.WAITING)
    return {run.pk for run in runs}


def run_apply(run: RemoteRun, status: RemoteStatus) -> None:
    """Update the run and its job from the provider's status. Settles the cost only once, however often it is called."""
    if status.state in {RemoteState.QUEUED, RemoteState.RUNNING, RemoteState.UNRECOGNIZED}:
        _note_progress(run, status)
        _past_deadline([run])
        return
    with transaction.atomic(durable=True):
        job = services.job_lock(run.job_id)
        row = RemoteRun.objects.select_for_update().get(pk=run.pk)
        if row.status != RunStatus.SUBMITTED:
            return
        row.raw, row.message = dict(status.raw), status.message
        if status.state == RemoteState.SUCCEEDED:
            _succeeded(job, row)
        elif status.state == RemoteState.NOT_FOUND:
            _not_found(job, row)
        else:
            _failed(job, row, status)


def _note_progress(run: RemoteRun, status: RemoteStatus) -> None:
    if status.state == RemoteState.UNRECOGNIZED:
        log.warning("provider_status_unrecognized", provider=run.provider, remote_id=run.remote_id, raw=str(status.raw))
        RemoteRun.objects.filter(pk=run.pk, status=RunStatus.SUBMITTED).update(raw=dict(status.raw))
    if status.message:
        # Kept because it may turn out to be the last thing the provider said; written only when it changes.
        open_run = RemoteRun.objects.filter(pk=run.pk, status=RunStatus.SUBMITTED)
        open_run.exclude(message=status.message).update(message=status.message)
    if status.progress_percentage is not None:
        waiting = Job.objects.filter(pk=run.job_id, state=State.WAITING, attempt=run.attempt)
        percentage = min(99.0, max(0.0, status.progress_percentage))
        waiting.exclude(progress_percentage=percentage).update(
            progress_percentage=percentage, progress_message=status.message[:300]
        )


def _succeeded(job: Job, run: RemoteRun) -> None:
    run.status, run.finished_at = RunStatus.SUCCEEDED, timezone.now()
    run.save()
    if job.attempt == run.attempt and job.state == State.WAITING:
        dispatch.job_dispatch(job, claim_from=State.WAITING)
    elif job.attempt != run.attempt or job.state != State.RUNNING:
        dispatch.task_dispatch(dispatch.KEEP_LATE_RESULT_TASK, queue=Queue.IO, run_id=run.pk)


def _failed(job: Job, run: RemoteRun, status: RemoteStatus) -> None:
    cancelled = status.state == RemoteState.CANCELLED
    run.status = RunStatus.CANCELLED if cancelled else RunStatus.FAILED
    run.finished_at = timezone.now()
    run.save()
    if status.charged:
        money.cost_settle(job, attempt=run.attempt)
    else:
        money.cost_release(job, attempt=run.attempt)
    if job.attempt != run.attempt or job.state != State.WAITING:
        return
    code = Code.CANCELLED_BY_PROVIDER if cancelled else Code.PROVIDER_FAILED
    if status.code == CONTENT_REFUSED:
        code = Code.CONTENT_REFUSED
    end = "cancelled it" if cancelled else "failed without giving a reason"
    services.job_move_waiting(
        job,
        to=State.FAILED,
        code=code,
        message=status.message or f"{provider_get(run.provider).title} {end}.",
        evidence={
            "provider": run.provider,
            "remote_id": run.remote_id,
            "raw": dict(status.raw),
            "refused_inputs": ",".join(status.refused_inputs),
        },
    )


def _not_found(job: Job, run: RemoteRun) -> None:
    age = (timezone.now() - (run.submitted_at or timezone.now())).total_seconds()
    if age < NOT_FOUND_GRACE_SECONDS:
        return
    run.status = RunStatus.UNKNOWN
    run.save()
    if job.attempt == run.attempt and job.state == State.WAITING:
        services.job_needs_attention(
            job,
            code=Code.RESULT_LOST,
            message="The provider can't find this work any more. Check your account there before paying again.",
            evidence={"provider": run.provider, "remote_id": run.remote_id},
        )


def _past_deadline(runs: Sequence[RemoteRun], *, poll_error: str = "") -> None:
    """Fail the jobs of runs past their deadline. The money stays reserved and the runs are still polled, less often.

    `poll_error` is the error if the provider couldn't be polled.
    """
    now = timezone.now()
    for run in runs:
        if run.deadline_at is None or now <= run.deadline_at:
            continue
        with transaction.atomic(durable=True):
            job = services.job_lock(run.job_id)
            row = RemoteRun.objects.select_for_update().get(pk=run.pk)
            if row.status != RunStatus.SUBMITTED:
                continue
            if now > run.deadline_at + timedelta(seconds=LATE_SECONDS):
                row.status = RunStatus.UNKNOWN
                row.save(update_fields=["status"])
            if job.attempt == row.attempt and job.state == State.WAITING:
                words = " ".join(one for one in (row.message, poll_error) if one)
                last_words = f" Its last message: {words}" if words else ""
                title = provider_get(row.provider).title
                services.job_move_waiting(
                    job,
                    to=State.FAILED,
                    code=Code.DEADLINE,
                    message=f"{title} did not finish in time. If a result still arrives, it will be kept.{last_words}",
                    evidence={"provider": run.provider, "remote_id": run.remote_id, "raw": row.raw},
                )


def run_poll_now(*, provider: str, key: str) -> bool:
    """Make the run due for a poll now, after a webhook. Returns False if it has ended. Raises NotFound for an unknown
    key."""
    runs = RemoteRun.objects.filter(provider=provider, key=key)
    if runs.filter(status=RunStatus.SUBMITTED).update(next_poll_at=timezone.now()):
        return True
    if not runs.exists():
        raise NotFound("Nothing in this installation has that key.")
    return False


def run_cancel(run_id: int) -> None:
    """Ask the provider to stop; the next poll shows what it did."""
    run = RemoteRun.objects.get(pk=run_id)
    provider = provider_get(run.provider)
    if run.status != RunStatus.SUBMITTED or not isinstance(provider, RemoteProvider):
        return
    try:
        provider.cancel(RemoteRef(provider=run.provider, remote_id=run.remote_id))
    except ProviderError as error:
        log.warning("provider_cancel_failed", provider=run.provider, remote_id=run.remote_id, reason=error.message)
    RemoteRun.objects.filter(pk=run.pk, status=RunStatus.SUBMITTED).update(next_poll_at=timezone.now())


def run_settle_abandoned(run_id: int) -> None:
    """Resolve a submit of unknown outcome that no attempt follows any more. Never submits.

    A result is kept and paid for. If the provider can't be asked, the submit counts as paid, to be safe.
    """
    run = RemoteRun.objects.select_related("job").get(pk=run_id)
    provider = provider_get(run.provider)
    if run.remote_id or not remote.run_abandoned(run, run.job) or not isinstance(provider, RemoteProvider):
        return
    if run.sending_at is None:
        _close_abandoned(run, paid=False)
        return
    age = (timezone.now() - run.submitting_at).total_seconds()
    try:
        status = remote.submit_find(run, provider)
    except ProviderError as error:
        log.warning("abandoned_submit_unknown", provider=run.provider, key=run.key, reason=error.message)
        if age > (ABANDONED_SECONDS if error.outcome_unknown else LATE_SECONDS):
            _close_abandoned(run, paid=True)
        return
    if status is not None:
        remote.run_accepted(run, provider, status, claim=None)
    elif age > ABANDONED_SECONDS:
        _close_abandoned(run, paid=False)


def _close_abandoned(run: RemoteRun, *, paid: bool) -> None:
    with transaction.atomic(durable=True):
        job = services.job_lock(run.job_id)
        row = RemoteRun.objects.select_for_update().get(pk=run.pk)
        if row.remote_id or row.finished_at:
            return
        row.status, row.finished_at = RunStatus.UNKNOWN if paid else RunStatus.NOT_ACCEPTED, timezone.now()
        row.save(update_fields=["status", "finished_at"])
        if not paid:
            money.cost_release(job, attempt=row.attempt)
            return
        money.cost_settle(job, attempt=row.attempt)
        title = provider_get(row.provider).title
        message = f"{title} never said whether it accepted attempt {row.attempt}; its cost counts as spent"
        services.job_note(job, code=Code.SUBMIT_UNKNOWN, message=message)


def job_adopt(*, by: User, job_id: UUID, remote_id: str) -> Job:
    """Adopt the provider's id that a person found for a submit of unknown outcome; its result is then fetched.

    Raises ConflictError unless the job needs attention and no other run has that id.
    """
    with transaction.atomic(durable=True):
        job = services.job_lock(job_id)
        if job.owner_id != by.pk:
            raise NotFound("There is no such job.")
        run = RemoteRun.objects.select_for_update().filter(job=job, attempt=job.attempt).first()
        if run is None or job.state != State.NEEDS_ATTENTION:
            raise ConflictError("Only a job whose request may have been charged can adopt a result.")
        if RemoteRun.objects.filter(provider=run.provider, remote_id=remote_id).exclude(pk=run.pk).exists():
            raise ConflictError("Another job already has this result.", code="already_adopted")
        now = timezone.now()
        run.status, run.remote_id, run.submitted_at = RunStatus.SUBMITTED, remote_id, now
        run.next_poll_at, run.deadline_at = now, now + timedelta(seconds=LATE_SECONDS)
        run.save()
        job.error, job.error_evidence = "", {}
        services.job_move_waiting(job, to=State.WAITING, code=Code.ADOPTED, message=f"adopted {remote_id}, by {by}")
        return job


def late_result_lease(run_id: int) -> RemoteRun | None:
    """Lease a late result, to store it. Returns None if it is stored or another worker is storing it."""
    now = timezone.now()
    rows = RemoteRun.objects.filter(pk=run_id, status=RunStatus.SUCCEEDED).exclude(collect_lease_until__gt=now)
    if rows.update(collect_lease_until=now + timedelta(seconds=LATE_RESULT_LEASE_SECONDS)) != 1:
        return None
    return RemoteRun.objects.select_related("job").get(pk=run_id)


def late_result_keep(
    run: RemoteRun, done: Callable[[], JobResult | None] | None, *, cost: Decimal | None = None
) -> bool:
    """Save the late result's rows and settle its cost. Returns False if that was already done."""
    with transaction.atomic(durable=True):
        job = services.job_lock(run.job_id)
        row = RemoteRun.objects.select_for_update().get(pk=run.pk)
        if row.status != RunStatus.SUCCEEDED:
            return False
        more = done() if done else None
        money.cost_settle(job, attempt=row.attempt, amount=cost)
        row.status = RunStatus.COLLECTED
        row.save(update_fields=["status"])
        if more and not job.result and job.state in FINISHED:
            # What it made is found by this, as with any other job. A job that was retried gets a result of its own.
            job.result = more.dump()
            job.save(update_fields=["result"])
        services.job_note(
            job,
            code=Code.LATE_RESULT_KEPT,
            message="the paid result arrived after the job had ended, and was kept",
            facts=more.dump() if more else {},
        )
        return True


def late_result_lost(run: RemoteRun, *, reason: str) -> None:
    """Stop trying to fetch a paid result that is gone or unusable. The provider produced it, so its cost is settled."""
    with transaction.atomic(durable=True):
        job = services.job_lock(run.job_id)
        row = RemoteRun.objects.select_for_update().get(pk=run.pk)
        if row.status != RunStatus.SUCCEEDED:
            return
        row.status, row.message = RunStatus.FAILED, reason
        row.save(update_fields=["status", "message"])
        money.cost_settle(job, attempt=row.attempt)
