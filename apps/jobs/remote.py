"""Paid work at a provider: record the intent, submit once, and act on each response.

Nothing calls `RemoteProvider.submit` without `submit_authorize`, which checks the budget and commits the intent.
Lock the job first, then the run.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from apps.catalog.selectors import model_gone_checks, retired_error
from apps.core.database_restarts import written
from apps.core.errors import BudgetExceeded, ProviderError, WorkCancelled
from apps.core.json import JsonObject
from apps.jobs import dispatch, money, retry, services, submit_rate
from apps.jobs.claims import Claim, Claimed
from apps.jobs.execution import HandedOff, JobRun
from apps.jobs.kinds import Queue
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.pauses import with_pause_reason
from apps.jobs.states import Code, State
from apps.providers.base import PreparedSubmit, ProviderResult, RemoteProvider, RemoteRef, RemoteState, RemoteStatus
from apps.providers.capabilities import Capability
from apps.providers.request_types import ProviderRequest

log = structlog.get_logger(__name__)

# A vendor may list a request some time after accepting it; check again a little later before asking a person.
UNKNOWN_LOOKUPS = 3
CHECKING_MESSAGE = "Checking whether the provider got the request"


class WorkPaused(Exception):
    """Nothing was sent, because somebody paused such work after the job was claimed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# Opens the request's files for the duration of a `with` block.
RequestOpener = Callable[[], AbstractContextManager[ProviderRequest]]


def remote_produce(run: JobRun, provider: RemoteProvider, open_request: RequestOpener) -> ProviderResult | HandedOff:
    """Take the next step of the attempt's paid work: submit, wait, reconcile, or collect.

    The request is opened only to prepare a submit, so a paid result is fetched even if an input was deleted since.
    Raises ProviderError for a failure before or after the paid call, BudgetExceeded, WorkCancelled.
    """
    try:
        return _next_step(run, provider, open_request)
    except WorkPaused as paused:
        # Due at once, but no worker can claim it before it is resumed.
        services.job_requeue(run.claim, code=Code.PAUSED, message=paused.reason, delay_seconds=0, counts=False)
        return HandedOff()


def _next_step(run: JobRun, provider: RemoteProvider, open_request: RequestOpener) -> ProviderResult | HandedOff:
    remote = _attempts_run(run)
    if remote is not None and remote.status == RunStatus.SUBMITTING and remote.sending_at is None:
        # It crashed after recording the intent and before the first byte, so nothing was sent.
        _not_accepted(remote)
    if remote is None or remote.status == RunStatus.NOT_ACCEPTED:
        return _submit(run, provider, open_request, remote)
    if remote.status == RunStatus.SUCCEEDED:
        return _collect(run, provider, remote)
    if remote.status in {RunStatus.SUBMITTING, RunStatus.UNKNOWN}:
        return _reconcile(run, provider, open_request, remote)
    services.job_wait(run.claim, code=Code.SUBMITTED, message="Waiting for the provider")
    return HandedOff()


def _attempts_run(run: JobRun) -> RemoteRun | None:
    """Return the attempt's paid request, if there is one."""
    claim = run.claim
    if isinstance(claim, Claimed):
        known = claim.remote_run
        # Only whoever holds the claim adds one, and a result is what it is. Anything else may have moved on.
        if known is None or known.status == RunStatus.SUCCEEDED:
            return known
    return RemoteRun.objects.filter(job=run.job, attempt=run.attempt).first()


def run_key(job: Job, attempt: int) -> str:
    """Return the attempt's idempotency key, which is the same every time."""
    return f"mv-{job.pk}-{attempt}"


def webhook_url(provider: str, key: str) -> str | None:
    """Return the address for the provider's webhook, or None if it can't reach this installation."""
    return f"{settings.PUBLIC_URL}/api/webhooks/{provider}/{key}" if settings.PUBLIC_URL else None


def _submit(
    run: JobRun, provider: RemoteProvider, open_request: RequestOpener, remote: RemoteRun | None
) -> ProviderResult | HandedOff:
    key = run_key(run.job, run.attempt)
    delay = submit_rate.submit_delay(provider=provider.name, slot=key, per_minute=provider.submits_per_minute)
    if delay > 0:
        message = f"Waiting for a free slot at {provider.title}"
        services.job_requeue(run.claim, code=Code.WAITING_FOR_PLACE, message=message, delay_seconds=delay, counts=False)
        return HandedOff()
    if remote is not None:
        prepared, capability = frozen_submit(remote), Capability(remote.capability)
    else:
        run.progress_if_slow(0, "Preparing the request")
        with open_request() as request:
            prepared = provider.prepare(request, key=key, webhook_url=webhook_url(provider.name, key))
            capability = request.capability
    remote = submit_authorize(run.claim, provider=provider, prepared=prepared, capability=capability, key=key)
    return _send(run, provider, remote)


def submit_authorize(
    claim: Claim, *, provider: RemoteProvider, prepared: PreparedSubmit, capability: Capability, key: str
) -> RemoteRun:
    """Commit the intent to pay, which gives the right to call `submit` once.

    Raises WorkCancelled if the claim no longer holds, WorkPaused, BudgetExceeded if the attempt has no reservation,
    InputError if the last check found the model gone.
    """
    with transaction.atomic(durable=True):
        rows = with_pause_reason(Job.objects.select_for_update(of=("self",))).annotate(
            reserved=money.has_open_reservation(), model_gone=Exists(model_gone_checks(provider.name, prepared.model))
        )
        # What was asked for is several kB that nothing here reads.
        rows = rows.defer("parameters", "result", "error_evidence")
        job = rows.filter(pk=claim.job_id, state=State.RUNNING, claim=claim.number).first()
        if job is None:
            raise WorkCancelled("cancelled before anything was sent")
        if reason := getattr(job, "pause_reason", None):
            raise WorkPaused(reason)
        if job.quoted_cost > 0 and not job.reserved:
            raise BudgetExceeded("No money is reserved for this attempt. Retry the job.")
        if job.model_gone:
            raise retired_error(model_gone_checks(provider.name, prepared.model)[0])
        intent: JsonObject = {
            "provider": provider.name,
            "capability": capability,
            "status": RunStatus.SUBMITTING,
            "key": key,
            "payload": dict(prepared.payload),
            "model": prepared.model,
            "mark": prepared.mark,
            "submitting_at": timezone.now(),
            "sending_at": None,
        }
        remote = RemoteRun(job=job, attempt=claim.attempt, **intent)
        RemoteRun.objects.bulk_create(
            [remote], update_conflicts=True, unique_fields=["job", "attempt"], update_fields=list(intent)
        )
        return remote


def frozen_submit(remote: RemoteRun) -> PreparedSubmit:
    """Return the request as it was frozen before the first call."""
    return PreparedSubmit(payload=remote.payload, model=remote.model, mark=remote.mark)


def _send(run: JobRun, provider: RemoteProvider, remote: RemoteRun) -> ProviderResult | HandedOff:
    _mark_sending(run.claim, remote)
    try:
        status = provider.submit(frozen_submit(remote), capability=Capability(remote.capability), key=remote.key)
    except ProviderError as error:
        return _not_submitted(run, remote, error)
    return _accepted(run, provider, remote, status)


def _mark_sending(claim: Claim, remote: RemoteRun) -> None:
    """Commit that the request may have been sent. While this is missing, it certainly wasn't.

    Raises WorkCancelled if the claim no longer holds.
    """
    with transaction.atomic(durable=True):
        held = Job.objects.select_for_update().filter(pk=claim.job_id, claim=claim.number, state=State.RUNNING)
        remote.sending_at = timezone.now()
        # One statement that locks the job, checks its claim and writes.
        if not RemoteRun.objects.filter(pk=remote.pk, job__in=held).update(sending_at=remote.sending_at):
            raise WorkCancelled("taken over or cancelled before anything was sent")


def _accepted(
    run: JobRun, provider: RemoteProvider, remote: RemoteRun, status: RemoteStatus
) -> ProviderResult | HandedOff:
    # Without the response, which is only in this process's memory, a person may have to decide.
    written(lambda: run_accepted(remote, provider, status, claim=run.claim))
    if status.state == RemoteState.SUCCEEDED:
        # A synchronous service: its response is stored with the run, so a crash from here on can't pay twice.
        return _collect(run, provider, RemoteRun.objects.get(pk=remote.pk))
    return HandedOff()


def run_accepted(remote: RemoteRun, provider: RemoteProvider, status: RemoteStatus, *, claim: Claim | None) -> None:
    """Store the provider's id, even if the job has moved on. If the job was cancelled, cancel at the provider."""
    with transaction.atomic(durable=True):
        job = services.job_lock(remote.job_id)
        now = timezone.now()
        done = status.state == RemoteState.SUCCEEDED
        kept = RemoteRun.objects.filter(pk=remote.pk, remote_id="").update(
            status=RunStatus.SUCCEEDED if done else RunStatus.SUBMITTED,
            remote_id=status.ref.remote_id,
            raw=dict(status.raw),
            submitted_at=now,
            finished_at=now if done else None,
            deadline_at=now + timedelta(seconds=provider.deadline_seconds),
            next_poll_at=now + timedelta(seconds=retry.poll_interval_seconds(0, chance=random.random())),  # noqa: S311
        )
        if not kept:
            # Another worker found it in the meantime and may be well past this point.
            earlier = RemoteRun.objects.get(pk=remote.pk).remote_id
            if earlier != status.ref.remote_id:
                log.error("submit_accepted_twice", job_id=str(job.pk), kept=earlier, lost=status.ref.remote_id)
            return
        ours = claim is not None and job.state == State.RUNNING and job.claim == claim.number
        if ours and not done:
            services.job_wait_locked(job, code=Code.SUBMITTED, message=f"{provider.title} is working on it")
        elif not ours and job.state == State.CANCELLED:
            dispatch.task_dispatch(dispatch.TELL_PROVIDER_TASK, queue=Queue.IO, run_id=remote.pk)
        elif job.state == State.NEEDS_ATTENTION and job.attempt == remote.attempt:
            # A worker that was presumed dead has brought the outcome that a person was asked about.
            job.error, job.error_evidence = "", {}
            services.job_move_waiting(job, to=State.WAITING, code=Code.SUBMITTED, message="the provider did respond")
        elif not ours and done:
            dispatch.task_dispatch(dispatch.KEEP_LATE_RESULT_TASK, queue=Queue.IO, run_id=remote.pk)


def _not_submitted(run: JobRun, remote: RemoteRun, error: ProviderError) -> HandedOff:
    """Raise the error if the provider certainly did not accept the request; otherwise treat the outcome as unknown."""
    written(lambda: _refusal_keep(remote, error))
    if not error.outcome_unknown:
        raise error
    log.warning("submit_outcome_unknown", job_id=str(run.job.pk), provider=remote.provider, reason=error.message)
    services.job_requeue(
        run.claim,
        code=Code.SUBMIT_UNKNOWN,
        message=CHECKING_MESSAGE,
        delay_seconds=settings.JOB_UNKNOWN_DELAY_SECONDS,
        counts=False,
    )
    return HandedOff()


def _refusal_keep(remote: RemoteRun, error: ProviderError) -> None:
    with transaction.atomic(durable=True):
        job = services.job_lock(remote.job_id)
        row = RemoteRun.objects.select_for_update().get(pk=remote.pk)
        if row.status != RunStatus.SUBMITTING or row.submitting_at != remote.submitting_at:
            raise WorkCancelled("another worker has resolved this submit")
        row.message = error.message
        row.raw = {"answer": error.raw} if error.raw is not None else {}
        row.status = RunStatus.UNKNOWN if error.outcome_unknown else RunStatus.NOT_ACCEPTED
        row.save(update_fields=["message", "raw", "status"])
        if not error.outcome_unknown and run_abandoned(row, job):
            money.cost_release(job, attempt=row.attempt)


def _reconcile(
    run: JobRun, provider: RemoteProvider, open_request: RequestOpener, remote: RemoteRun
) -> ProviderResult | HandedOff:
    """Find out what became of a submit whose response was lost.

    Sends it again if the provider documents that as safe, or if it is free and the provider does not list it.
    Otherwise, if a few lookups do not find it, a person has to decide.
    """
    if provider.idempotent_submit:
        again = submit_authorize(
            run.claim,
            provider=provider,
            prepared=frozen_submit(remote),
            capability=Capability(remote.capability),
            key=remote.key,
        )
        return _send(run, provider, again)
    try:
        status = submit_find(remote, provider)
    except ProviderError as error:
        return _still_unknown(run, remote, error)
    if status is not None:
        return _accepted(run, provider, remote, status)
    if run.job.quoted_cost > 0:
        # The provider may have it: being missing from the list (so far) doesn't prove it was not accepted.
        return _still_unknown(run, remote, ProviderError("The provider does not list it."))
    _not_accepted(remote)
    return _submit(run, provider, open_request, remote)


def submit_find(remote: RemoteRun, provider: RemoteProvider) -> RemoteStatus | None:
    """Look up a submit whose response was lost. Returns None if the provider does not list it.

    Raises ProviderError if the provider can't be asked, or can't tell (`outcome_unknown`).
    """
    status = provider.find_unknown(frozen_submit(remote), key=remote.key, sent_after=remote.submitting_at.timestamp())
    if status is None:
        return None
    taken = RemoteRun.objects.filter(provider=provider.name, remote_id=status.ref.remote_id).exclude(pk=remote.pk)
    if taken.exists():
        # The same request was sent twice with the same seed, and this is the other one's result.
        raise ProviderError(
            "The result found belongs to another job.", outcome_unknown=True, raw={"candidates": [status.ref.remote_id]}
        )
    return status


def run_abandoned(run: RemoteRun, job: Job) -> bool:
    """Return whether no attempt follows this run any more: its job was cancelled, or retried since."""
    return job.state == State.CANCELLED or job.attempt != run.attempt


def _not_accepted(remote: RemoteRun) -> None:
    remote.status = RunStatus.NOT_ACCEPTED
    remote.save(update_fields=["status"])


def _still_unknown(run: JobRun, remote: RemoteRun, error: ProviderError) -> HandedOff:
    if run.job.failures + 1 < UNKNOWN_LOOKUPS:
        services.job_requeue(
            run.claim,
            code=Code.SUBMIT_UNKNOWN,
            message=CHECKING_MESSAGE,
            delay_seconds=settings.JOB_UNKNOWN_DELAY_SECONDS,
            counts=True,
        )
        return HandedOff()
    with transaction.atomic(durable=True):
        job = services.job_lock(run.job.pk)
        row = RemoteRun.objects.select_for_update().get(pk=remote.pk)
        if row.remote_id:
            # The worker that sent it was only slow and has stored the response in the meantime.
            services.job_wait(run.claim, code=Code.SUBMITTED, message="Waiting for the provider")
        elif job.state == State.RUNNING and job.claim == run.claim.number:
            row.status = RunStatus.UNKNOWN
            row.save(update_fields=["status"])
            services.job_needs_attention(
                job,
                code=Code.SUBMIT_UNKNOWN,
                message=(
                    "The provider did not say whether it accepted the request, so it may have been charged. "
                    "Check your account there: if it was accepted, adopt it by its id; if not, pay again."
                ),
                evidence={"provider": remote.provider, "reason": error.message, "raw": _plain(error.raw)},
            )
    return HandedOff()


def _collect(run: JobRun, provider: RemoteProvider, remote: RemoteRun) -> ProviderResult:
    run.progress_if_slow(90, "Fetching the result")
    into = run.scratch / "remote"
    into.mkdir(exist_ok=True)
    return provider.collect(run_status(remote), capability=Capability(remote.capability), into=into)


def run_status(remote: RemoteRun) -> RemoteStatus:
    """Return the provider's last response as it was stored."""
    return RemoteStatus(
        ref=RemoteRef(provider=remote.provider, remote_id=remote.remote_id),
        state=RemoteState.SUCCEEDED if remote.status == RunStatus.SUCCEEDED else RemoteState.RUNNING,
        raw=remote.raw,
    )


def _plain(raw: Any) -> str:
    return "" if raw is None else str(raw)[:4000]
