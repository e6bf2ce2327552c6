"""Runs a job's handler: claims the job, keeps the heartbeat and scratch folder, and turns errors into job outcomes.

One of the two places that catch `Exception`.
"""

import os
import random
import socket
from collections.abc import Mapping
from uuid import UUID

import structlog
from av.error import FFmpegError
from django.conf import settings

from apps.core.database_restarts import DATABASE_GONE, written
from apps.core.errors import BudgetExceeded, MediaToolError, ProviderError, StudioError, WorkCancelled, is_disk_full
from apps.core.tracebacks import where_from
from apps.jobs import polling, retry, services, submit_rate
from apps.jobs.claims import Claim
from apps.jobs.execution import Done, Handler, JobRun, LateRun, scratch_folder, scratch_remove
from apps.jobs.kinds import SPECS
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.pages import job_page, try_again_hint
from apps.jobs.states import Code, State
from apps.providers.moderation import CONTENT_REFUSED
from engines.media.reasons import decoding_error

log = structlog.get_logger(__name__)

NO_CAPACITY = "no_capacity"  # a provider's way of saying "wait for a free slot", which is not a failure


def job_run(handlers: Mapping[str, Handler], *, job_id: str, claim_from: str) -> None:
    """Claim the job from the `claim_from` state and run its kind's handler. Does nothing if it can't be claimed."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    claim = services.job_claim(job_id=UUID(job_id), claim_from=State(claim_from), worker=worker)
    if claim is None:
        return
    job = claim.job
    with structlog.contextvars.bound_contextvars(job_id=job_id, kind=job.kind, claim=claim.number):
        _work(handlers[job.kind], job, claim)


def _work(handler: Handler, job: Job, claim: Claim) -> None:
    scratch = scratch_folder(job)
    run = JobRun(job, claim, scratch=scratch, time_limit_seconds=SPECS[job.kind].time_limit_seconds)
    try:
        with run:
            outcome = handler(run)
        if isinstance(outcome, Done):
            services.job_succeed(claim, result=outcome.result, save=outcome.save, cost=outcome.cost)
    except WorkCancelled as stopped:
        _stopped(run, stopped)
    except DATABASE_GONE as error:
        _database_went_away(run, error)
    except Exception as error:  # noqa: BLE001 - the edge: every error becomes a job outcome
        _failed(run, error)
    finally:
        scratch_remove(scratch)


def _stopped(run: JobRun, stopped: WorkCancelled) -> None:
    log.info("job_work_stopped", reason=str(stopped), timed_out=run.timed_out)
    if run.timed_out:
        minutes = SPECS[run.job.kind].time_limit_seconds / 60
        _fail(run.claim, Code.DEADLINE, f"The work took longer than {minutes:.0f} minutes and was stopped.", {})


def _database_went_away(run: JobRun, error: Exception) -> None:
    """Have the job run again once the database is back. If that takes too long, or it happened too often, the row goes
    on saying RUNNING, and the sweep takes it for one that lost its worker."""
    failures = run.job.failures
    if failures + 1 >= retry.MAX_TRIES:
        raise error
    log.warning("job_lost_its_database", reason=str(error))
    delay = retry.backoff_seconds(failures, retry_after=None, chance=random.random())  # noqa: S311
    message = "The studio's database was away for a moment. Trying again soon."
    written(lambda: _again(run, Code.RETRY_LATER, message, delay, counts=True))


def _failed(run: JobRun, error: Exception) -> None:
    evidence = {
        "error": type(error).__name__,
        "text": str(error)[:4000],
        "traceback": where_from(error),
        **getattr(error, "evidence", {}),
    }
    if isinstance(error, ProviderError):
        _provider_failed(run, error, evidence)
    elif isinstance(error, BudgetExceeded):
        _fail(run.claim, Code.BUDGET_EXCEEDED, error.message, evidence)
    elif isinstance(error, MediaToolError):
        log.warning("job_media_failed", **evidence, page=job_page(run.job.pk))
        code = Code.DISK_FULL if error.code == "disk_full" else Code.MEDIA_FAILED
        _fail(run.claim, code, error.message, evidence)
    elif isinstance(error, StudioError):
        _fail(run.claim, Code.INVALID_INPUT, error.message, evidence)
    elif is_disk_full(error):  # PyAV's error of that kind is an FFmpegError, too
        log.error("disk_full", data_dir=str(settings.DATA_DIR))
        _fail(run.claim, Code.DISK_FULL, "The studio's disk is full. Free some space, then try again.", evidence)
    elif isinstance(error, FFmpegError):
        log.exception("job_media_undecodable")
        _fail(run.claim, Code.MEDIA_FAILED, decoding_error(error).message, evidence)
    else:
        log.exception("job_failed_unexpectedly", page=job_page(run.job.pk))
        message = f"Something went wrong inside the studio. {try_again_hint(run.job.pk)}"
        _fail(run.claim, Code.INTERNAL_ERROR, message, evidence)


def _provider_failed(run: JobRun, error: ProviderError, evidence: Mapping[str, object]) -> None:
    log.warning(
        "job_provider_failed",
        permanent=error.permanent,
        retry_after=error.retry_after,
        reason=error.message,
        page=job_page(run.job.pk),
    )
    facts = {**evidence, "provider_code": error.code, "raw": str(error.raw)[:4000] if error.raw is not None else ""}
    paid = RemoteRun.objects.filter(job=run.job, attempt=run.attempt, status=RunStatus.SUCCEEDED).exists()
    tries = retry.MAX_COLLECT_TRIES if paid else retry.MAX_TRIES
    delay = retry.backoff_seconds(run.job.failures, retry_after=error.retry_after, chance=random.random())  # noqa: S311
    if error.code == NO_CAPACITY:
        submit_rate.submits_pause(provider=run.job.provider, seconds=error.retry_after or delay)
        _again(run, Code.WAITING_FOR_PLACE, error.message, delay, counts=False)
    elif error.permanent or run.job.failures + 1 >= tries:
        code = Code.PROVIDER_REJECTED if error.permanent else Code.PROVIDER_UNREACHABLE
        if error.code == CONTENT_REFUSED:
            code = Code.CONTENT_REFUSED
        # A refusal says itself what to do. Anything else was tried until the studio gave up.
        message = error.message if error.permanent else f"{error.message} The studio tried {tries} times. Retry later."
        lost = paid and code != Code.CONTENT_REFUSED
        _fail(run.claim, Code.RESULT_LOST if lost else code, message, facts)
    else:
        if error.retry_after:
            submit_rate.submits_pause(provider=run.job.provider, seconds=error.retry_after)
        _again(run, Code.RETRY_LATER, f"{error.message} Trying again soon.", delay, counts=True)


def _again(run: JobRun, code: Code, message: str, delay: float, *, counts: bool) -> None:
    try:
        services.job_reschedule(run.claim, code=code, message=message, delay_seconds=delay, counts=counts)
    except WorkCancelled as stopped:
        log.info("job_work_stopped", reason=str(stopped))


def _fail(claim: Claim, code: Code, message: str, evidence: Mapping[str, object]) -> None:
    try:
        services.job_fail(
            claim, code=code, message=message, evidence={key: str(value) for key, value in evidence.items()}
        )
    except WorkCancelled as stopped:
        log.info("job_work_stopped", reason=str(stopped))


def late_result_keep(handlers: Mapping[str, Handler], *, run_id: int) -> None:
    """Collect a paid result that arrived after its job had ended, and keep it without making it current."""
    remote = polling.late_result_lease(run_id)
    if remote is None:
        return
    claim = Claim(job_id=remote.job_id, number=-1, attempt=remote.attempt, came_from=State.WAITING)
    scratch = scratch_folder(remote.job)
    run = LateRun(remote.job, claim, scratch=scratch, time_limit_seconds=0)
    try:
        outcome = handlers[remote.job.kind](run)
        if isinstance(outcome, Done):
            polling.late_result_keep(remote, outcome.save, cost=outcome.cost)
    except (StudioError, OSError) as error:
        lost = error.permanent if isinstance(error, ProviderError) else isinstance(error, StudioError)
        log.warning("late_result_not_kept", run_id=run_id, lost=lost, reason=str(error))
        if lost:
            polling.late_result_lost(remote, reason=str(error))
        # Otherwise the lease runs out and the sweep dispatches this again.
    finally:
        scratch_remove(scratch)
