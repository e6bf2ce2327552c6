"""The only writer of a job's state.

Every move locks the row, checks the table in `states.py`, and writes state, code, times and one event
together. Functions that take a `Claim` change nothing once a newer claim exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound, WorkCancelled
from apps.core.json import JsonObject
from apps.core.one_statement import OneStatement
from apps.jobs import dispatch, lanes, money
from apps.jobs.claims import Claim, Claimed
from apps.jobs.given_up import run_give_up, run_write_off
from apps.jobs.holds import hold_if_repeated
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import SPECS, Kind
from apps.jobs.models import Job, JobEvent, RemoteRun, RunStatus
from apps.jobs.pages import job_page, try_again_hint
from apps.jobs.parameters import JobParameters
from apps.jobs.pauses import job_is_paused
from apps.jobs.priorities import new_priority
from apps.jobs.results import JobResult
from apps.jobs.states import FINISHED, LIVE, RETRYABLE, Code, State, may_move
from apps.providers.base import Quote

log = structlog.get_logger(__name__)

# What may change after a job was created. The rest is frozen, and its JSON large: it is not written again.
CHANGING = (
    *("state", "code", "attempt", "priority", "claim", "failures", "worker", "result", "error", "error_evidence"),
    *("progress_percentage", "progress_message", "cost", "updated_at"),
    *("dispatched_at", "run_after", "started_at", "heartbeat_at", "finished_at"),
)


@dataclass(frozen=True)
class NewJob:
    """The job a use case wants created. `parameters` hold everything the work needs; a job whose request could not be
    built has none."""

    kind: Kind
    parameters: JobParameters | None = None
    queue: str = ""
    provider: str = ""
    project_id: UUID | None = None
    scene_id: UUID | None = None
    parent: Job | None = None
    dedupe_key: str = ""
    flavor: str = ""
    config_hash: str = ""
    quote: Quote | None = None
    reserves: bool = True  # False: it only waits for jobs that pay themselves


def job_create(*, by: User, new: NewJob, idempotency: Idempotency | None = None) -> Job:
    """Create a job, reserve its cost and dispatch it after commit. Needs an open transaction.

    Returns the existing job if the idempotency key was used before. Raises ConflictError if an active job holds
    the dedupe key, BudgetExceeded if the cost would exceed a cap.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Call job_create inside the use case's transaction, so that its rows commit with the job.")
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return earlier
    job = _job_of(by, new, idempotency)
    hurries = lanes.job_place(job)
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError as error:
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return earlier
        raise _already_running(new.dedupe_key) from error
    also = OneStatement()
    if new.quote is not None and new.reserves:
        money.cost_reserve(job, new.quote, also=also)
    _event(job, from_state="", code=Code.CREATED, message="", also=also)
    if job.dispatched_at is not None:
        dispatch.job_send(job, claim_from=State.QUEUED, hurries=hurries)
    log.info("job_created", job_id=str(job.pk), kind=job.kind, provider=job.provider, queue=job.queue)
    return job


def _already_running(dedupe_key: str) -> ConflictError:
    message = "This is already in progress. Wait for it to finish, or cancel it first."
    undecided = Job.objects.filter(dedupe_key=dedupe_key, state=State.NEEDS_ATTENTION).exists()
    if undecided:
        message = "An earlier request for this may have been charged and needs your decision. Open it in Jobs first."
    return ConflictError(message, code="already_running", evidence={"dedupe_key": dedupe_key})


def job_create_failed(*, by: User, new: NewJob, message: str) -> Job:
    """Create a job as failed, because its request could not be built, so that the job list and its scene show why.

    Reserves nothing and runs nothing. Needs an open transaction.
    """
    job = _job_of(by, new, None)
    job.save(force_insert=True)
    _event(job, from_state="", code=Code.CREATED, message="")
    _fail(job, Code.INVALID_INPUT, message)
    return job


def _job_of(by: User, new: NewJob, idempotency: Idempotency | None) -> Job:
    return Job(
        owner=by,
        kind=new.kind,
        queue=new.queue or SPECS[new.kind].queue,
        provider=new.provider,
        project_id=new.project_id,
        scene_id=new.scene_id,
        parent=new.parent,
        parameters=new.parameters.dump() if new.parameters else {},
        flavor=new.flavor,
        config_hash=new.config_hash,
        quoted_cost=new.quote.amount if new.quote else 0,
        dedupe_key=new.dedupe_key,
        idempotency_key=idempotency.key if idempotency else "",
        idempotency_fingerprint=idempotency.fingerprint if idempotency else "",
        code=Code.CREATED,
        priority=new_priority(),
    )


def job_claim(*, job_id: UUID, claim_from: State, worker: str) -> Claimed | None:
    """Claim the job if it is in the `claim_from` state, due and not paused. Returns None if not, or if another worker
    has it. Then the owner's next jobs are sent for."""
    # Accepting any state would let a late duplicate "run" message claim a waiting job and pay twice.
    with transaction.atomic(durable=True):
        rows = Job.objects.select_for_update(skip_locked=True, of=("self",))
        attempts_run = FilteredRelation("remote_runs", condition=Q(remote_runs__attempt=F("attempt")))
        # The stubs don't know annotated relations.
        rows = rows.annotate(attempts_run=attempts_run).select_related("owner", "attempts_run")  # type: ignore[misc]
        rows = rows.filter(pk=job_id, state=claim_from)
        if claim_from == State.QUEUED:
            # What was paid for is collected even while paused.
            rows = lanes.with_neighbors(rows.filter(~job_is_paused()))
        job = rows.first()
        now = timezone.now()
        if job is None or (job.run_after and job.run_after > now):
            return None
        code = Code.CLAIMED if claim_from == State.QUEUED else Code.COLLECTING
        job.claim += 1
        job.worker = worker[:200]
        job.heartbeat_at = now
        job.started_at = job.started_at or now
        if claim_from == State.QUEUED:
            job.progress_message = ""  # it says why the job waited
        _move(job, State.RUNNING, code, facts={"worker": worker, "claim": job.claim})
        lanes.queue_refill(job)
        return Claimed(
            job_id=job.pk,
            number=job.claim,
            attempt=job.attempt,
            came_from=claim_from,
            job=job,
            remote_run=getattr(job, "attempts_run", None),
        )


def job_succeed(
    claim: Claim,
    *,
    result: JobResult | None = None,
    save: Callable[[], JobResult | None] | None = None,
    cost: Decimal | None = None,
) -> Job:
    """Save the result's rows (`save`), settle the cost (None: as quoted) and finish the job in one transaction.

    Raises WorkCancelled if the claim no longer holds.
    """
    with transaction.atomic(durable=True):
        job = _lock_claimed(claim)
        more = save() if save else None
        job.result = {**(result.dump() if result else {}), **(more.dump() if more else {})}
        job.progress_percentage = 100
        also = OneStatement()
        money.cost_settle(job, attempt=job.attempt, amount=cost, also=also)
        also.update(RemoteRun.objects.filter(job=job, attempt=job.attempt), status=RunStatus.COLLECTED)
        _move(job, State.SUCCEEDED, Code.DONE, also=also)
        return job


def job_wait(claim: Claim, *, code: Code, message: str) -> None:
    """RUNNING → WAITING: a provider, or child jobs, work on it. Raises WorkCancelled if the claim no longer holds."""
    with transaction.atomic():
        job_wait_locked(_lock_claimed(claim), code=code, message=message)


def job_wait_locked(job: Job, *, code: Code, message: str) -> None:
    """The same for a caller that has locked the row and checked the claim."""
    job.progress_message = message[:300]
    job.dispatched_at = None
    job.run_after = None
    _move(job, State.WAITING, code, message=message)


def job_requeue(claim: Claim, *, code: Code, message: str, delay_seconds: float, counts: bool) -> None:
    """RUNNING → QUEUED, to run again after the delay. `counts`: this uses up one automatic retry."""
    with transaction.atomic(durable=True):
        job = _lock_claimed(claim)
        _requeue(job, code, message, delay_seconds=delay_seconds, counts=counts)


def job_wake(job: Job) -> None:
    """Run a queued job now instead of after its delay. The caller has locked the row."""
    job.run_after = None
    job.save(update_fields=["run_after"])
    dispatch.job_dispatch(job, claim_from=State.QUEUED)


def job_reschedule(claim: Claim, *, code: Code, message: str, delay_seconds: float, counts: bool) -> None:
    """After a temporary failure: back to QUEUED, or to WAITING if the attempt's paid result is ready to collect."""
    with transaction.atomic(durable=True):
        job = _lock_claimed(claim)
        paid = RemoteRun.objects.filter(job=job, attempt=job.attempt, status=RunStatus.SUCCEEDED).exists()
        if not paid:
            _requeue(job, code, message, delay_seconds=delay_seconds, counts=counts)
            return
        job.failures += 1 if counts else 0
        job.run_after = timezone.now() + timedelta(seconds=delay_seconds)
        job.dispatched_at = None
        job.progress_message = message[:300]
        _move(job, State.WAITING, code, message=message)


def job_fail(claim: Claim, *, code: Code, message: str, evidence: JsonObject | None = None) -> None:
    """RUNNING → FAILED, with a message for the user and evidence for the operator."""
    with transaction.atomic(durable=True):
        _fail(_lock_claimed(claim), code, message, evidence)


def job_needs_attention(job: Job, *, code: Code, message: str, evidence: JsonObject | None = None) -> None:
    """Stop until a person decides. The reservation stays until the outcome is known. The caller has locked the row."""
    job.error = message
    job.error_evidence = dict(evidence or {})
    _move(job, State.NEEDS_ATTENTION, code, message=message)


def job_lock(job_id: UUID) -> Job:
    """Return the job's row, locked for the rest of the transaction. Raises NotFound."""
    job = Job.objects.select_for_update().defer("parameters").filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    return job


def job_move_waiting(job: Job, *, to: State, code: Code, message: str, evidence: JsonObject | None = None) -> None:
    """Move a locked job to the state that others' work led to: its provider's, or that of related jobs."""
    if to == State.FAILED:
        _fail(job, code, message, evidence)
    else:
        if to == State.CANCELLED:
            money.cost_release(job, attempt=job.attempt)
        _move(job, to, code, message=message)


def job_cancel(*, by: User, job_id: UUID, any_owner: bool = False) -> Job:
    """Cancel live work, or dismiss a job that needs attention. Nothing new is paid for after this.

    A request that was already sent is cancelled at the provider, and its reservation stays until the outcome is
    known. `any_owner` is for the admin. Raises ConflictError if the job has ended.
    """
    with transaction.atomic(durable=True):
        job = job_lock(job_id)
        if job.owner_id != by.pk and not any_owner:
            raise NotFound("There is no such job.")
        if job.state == State.CANCELLED:
            return job
        if not may_move(job.state, State.CANCELLED):
            state = job.get_state_display().lower()
            raise ConflictError(f"This job has already ended ({state}), so there's nothing to cancel.")
        run_give_up(job)
        job.error = ""
        _move(job, State.CANCELLED, Code.CANCELLED_BY_PERSON, message=f"by {by}")
        return job


def job_retry(*, by: User, job_id: UUID, any_owner: bool = False, expected_attempt: int | None = None) -> Job:
    """Start the next attempt with the frozen parameters. If the work costs money, this pays again.

    `any_owner` is for the admin. `expected_attempt`: only if no other was started since. Raises ConflictError unless
    the job failed, was cancelled or needs attention, and belongs to this installation.
    """
    with transaction.atomic(durable=True):
        job = job_lock(job_id)
        if job.owner_id != by.pk and not any_owner:
            raise NotFound("There is no such job.")
        if job.state not in RETRYABLE:
            raise ConflictError("You can only retry a job that failed, was cancelled or needs you.")
        if expected_attempt not in {None, job.attempt}:
            raise ConflictError("It was retried in the meantime.")
        if job.imported_at is not None:
            # Its frozen request and price came from another installation and can't be trusted here.
            raise ConflictError("This job came with an imported project. Start the work again from the project.")
        run = RemoteRun.objects.select_for_update().filter(job=job, attempt=job.attempt).first()
        if run is not None and job.state == State.NEEDS_ATTENTION:
            run_write_off(job, run)
        job.attempt += 1
        job.failures = 0
        job.error, job.error_evidence = "", {}
        job.progress_percentage, job.progress_message = 0, ""
        job.run_after, job.started_at = None, None
        job.priority = new_priority()
        money.cost_reserve_again(job)
        hurries = lanes.job_place(job)
        try:
            with transaction.atomic():
                _move(job, State.QUEUED, Code.RETRY_BY_PERSON, message=f"attempt {job.attempt}, by {by}")
        except IntegrityError as error:
            raise ConflictError(
                "Another job is already doing this. Wait for it to finish.", code="already_running"
            ) from error
        if job.dispatched_at is not None:
            dispatch.job_send(job, claim_from=State.QUEUED, hurries=hurries)
        if job.scene_id is not None:
            dispatch.job_retried_dispatch(job.pk)
        return job


def job_recover_lost(*, job_id: UUID, silent_since: datetime, max_losses: int) -> str:
    """Recover a job whose worker stopped sending heartbeats. Returns the outcome, or "" if the worker was alive.

    A job with a paid request in progress goes back to waiting for it. Any other job runs again until it has lost
    its worker `max_losses` times: by then, the work itself is probably what kills the workers.
    """
    with transaction.atomic(durable=True):
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(pk=job_id, state=State.RUNNING, heartbeat_at__lt=silent_since)
            .first()
        )
        if job is None:
            return ""
        run = RemoteRun.objects.filter(job=job, attempt=job.attempt).first()
        if run is not None and run.status in {RunStatus.SUBMITTED, RunStatus.SUCCEEDED}:
            _move(job, State.WAITING, Code.WORKER_LOST, message="worker lost; still waiting for the paid result")
            if run.status == RunStatus.SUCCEEDED:
                dispatch.job_dispatch(job, claim_from=State.WAITING)
            return "waiting"
        if job.failures + 1 >= max_losses:
            reason = f"The worker stopped several times while running this job. {try_again_hint(job.pk)}"
            _fail(job, Code.WORKER_LOST, reason)
            return "failed"
        _requeue(job, Code.WORKER_LOST, "worker lost; running again", delay_seconds=0, counts=True)
        return "queued"


def _requeue(job: Job, code: Code, message: str, *, delay_seconds: float, counts: bool) -> None:
    job.failures += 1 if counts else 0
    job.run_after = timezone.now() + timedelta(seconds=delay_seconds) if delay_seconds > 0 else None
    job.dispatched_at = None  # the sweep dispatches it when it is due
    job.progress_message = message[:300]
    _move(job, State.QUEUED, code, message=message, facts={"delay_seconds": round(delay_seconds, 1)})
    if not delay_seconds and code != Code.PAUSED:
        dispatch.job_dispatch(job, claim_from=State.QUEUED)


def _fail(job: Job, code: Code, message: str, evidence: JsonObject | None = None) -> None:
    job.error = message
    job.error_evidence = dict(evidence or {})
    run = RemoteRun.objects.filter(job=job, attempt=job.attempt).first()
    status = run.status if run else RunStatus.NOT_ACCEPTED
    if status in {RunStatus.SUBMITTING, RunStatus.UNKNOWN} and may_move(job.state, State.NEEDS_ATTENTION):
        # A paid request may have been sent, so only a person may end this.
        _move(job, State.NEEDS_ATTENTION, Code.SUBMIT_UNKNOWN, message=message)
        return
    if status in {RunStatus.NOT_ACCEPTED, RunStatus.FAILED, RunStatus.CANCELLED}:
        money.cost_release(job, attempt=job.attempt)
    _move(job, State.FAILED, code, message=message)
    hold_if_repeated(job)


def _lock_claimed(claim: Claim) -> Job:
    rows = Job.objects.select_for_update().defer("parameters")
    job = rows.filter(pk=claim.job_id, claim=claim.number, state=State.RUNNING).first()
    if job is None:
        raise WorkCancelled("the job was cancelled, or another worker has taken it over")
    return job


def _move(
    job: Job,
    to: State,
    code: Code,
    *,
    message: str = "",
    facts: JsonObject | None = None,
    also: OneStatement | None = None,
) -> None:
    """Assign the job's state; nothing else does. The caller holds the row's lock. `also` is written with it."""
    if not may_move(job.state, to):
        raise ConflictError(f"A job cannot go from {job.state} to {to}.", code="illegal_move")
    from_state = job.state
    job.state = to
    job.code = code
    job.finished_at = timezone.now() if to in FINISHED else None
    if to in FINISHED:
        job.progress_message = ""  # it would describe work that has stopped
    job.updated_at = timezone.now()
    writes = also or OneStatement()
    writes.update(Job.objects.filter(pk=job.pk), **{name: getattr(job, name) for name in CHANGING})
    _event(job, from_state=from_state, code=code, message=message, facts=facts, also=writes)
    if to not in LIVE:
        dispatch.job_ended_dispatch(job.pk)
    page = {"page": job_page(job.pk)} if to in {State.FAILED, State.NEEDS_ATTENTION} else {}
    log.info(
        "job_moved",
        job_id=str(job.pk),
        kind=job.kind,
        from_state=from_state,
        to_state=str(to),
        code=str(code),
        **page,
    )


def _event(
    job: Job,
    *,
    from_state: str,
    code: Code,
    message: str,
    facts: JsonObject | None = None,
    also: OneStatement | None = None,
) -> None:
    """Write the event, and with it what `also` has collected."""
    event = JobEvent(job=job, from_state=from_state, to_state=job.state, code=code)
    event.message, event.facts = message[:1000], dict(facts or {})
    writes = also or OneStatement()
    writes.insert(event)
    writes.run()


def job_note(job: Job, *, code: Code, message: str, facts: JsonObject | None = None) -> None:
    """Add an event to the history without changing the state."""
    _event(job, from_state=job.state, code=code, message=message, facts=facts)
