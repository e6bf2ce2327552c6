"""Drives paid jobs to their end, in this process or in a child that dies by `kill -9` at a named line.

One turn does what beat and the workers do: bring back what was lost, ask providers, run and collect. Delays are
skipped by moving the rows' times, since what is tested is the order of things and not the waiting.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from apps.generation.services import scenes_work, video_work
from apps.jobs import polling, sweep
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.states import LIVE, State
from apps.work.work import Spending, work_run
from tests.waiting import wait_for
from workers import generation, songs
from workers.base import job_run, late_result_keep

HANDLERS = {**generation.HANDLERS, **songs.HANDLERS}


@dataclass(frozen=True)
class Kill:
    """Die when `function` of the module whose path ends with `module` is entered ("call") or left ("return")."""

    module: str
    function: str
    event: str = "return"

    def hook(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == self.event and code.co_name == self.function and code.co_filename.endswith(self.module):
            os.kill(os.getpid(), signal.SIGKILL)


def video_job(user: Any, *, provider: str = "replicate", **facts: Any) -> Job:
    values: dict[str, Any] = {"prompt": "a door opens", "duration": 4, "provider": provider} | facts
    return work_run(by=user, work=video_work(by=user, **values), spending=Spending())


def scenes_job(user: Any) -> Job:
    work = scenes_work(by=user, idea="a walk through rain", number_of_scenes=3, provider="chat")
    return work_run(by=user, work=work, spending=Spending())


def turn(job: Job) -> None:
    """Run one round of beat and the workers over everything that is open."""
    Job.objects.filter(state=State.RUNNING).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    Job.objects.filter(state__in=LIVE).update(run_after=None)
    RemoteRun.objects.filter(status=RunStatus.SUBMITTED).update(next_poll_at=timezone.now())
    sweep.jobs_recover_lost()
    polling.runs_poll_due()
    job.refresh_from_db()
    if job.state == State.QUEUED:
        job_run(HANDLERS, job_id=str(job.pk), claim_from=State.QUEUED)
    elif job.state == State.WAITING and job.remote_runs.filter(status=RunStatus.SUCCEEDED).exists():
        job_run(HANDLERS, job_id=str(job.pk), claim_from=State.WAITING)
    for run in RemoteRun.objects.filter(status=RunStatus.SUCCEEDED).exclude(job__state__in=LIVE):
        late_result_keep(HANDLERS, run_id=run.pk)
    job.refresh_from_db()


@contextmanager
def sending(job: Job, service: Any, paid: str) -> Iterator[None]:
    """Run the block while another worker waits for the response to its paid request; then that worker finishes."""

    def work() -> None:
        job_run(HANDLERS, job_id=str(job.pk), claim_from=State.QUEUED)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    wait_for(lambda: service.count(paid) == 1, seconds=120, what="the paid request", step=0.01)
    yield
    worker.join()
    job.refresh_from_db()


def drive(job: Job, *, turns: int = 60, until: Callable[[], bool] | None = None) -> Job:
    """Repeat rounds until the job is no longer live, or `until` holds. Fails if it stays open."""
    for _ in range(turns):
        turn(job)
        if until() if until else job.state not in LIVE:
            return job
        time.sleep(0.02)
    raise AssertionError(f"still {job.state} ({job.code}) after {turns} turns")


def killed(action: Callable[[], object], *, at: Kill | None = None, when: Callable[[], bool] | None = None) -> None:
    """Run the action in a child process that is killed at the line `at`, or from here once `when` holds.

    Fails when the child ends by itself, which means that the line was never reached.
    """
    connections.close_all()  # a socket to the database must not be shared with the child
    child = os.fork()
    if child == 0:
        _run_child(action, at)
    ends_at = time.monotonic() + 120
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"the child ended by itself ({at})"
            return
        if (when and when()) or time.monotonic() > ends_at:
            os.kill(child, signal.SIGKILL)
            assert time.monotonic() < ends_at, f"never reached: {at}"
        time.sleep(0.005)


def _run_child(action: Callable[[], object], at: Kill | None) -> None:
    try:
        if at:
            threading.setprofile(at.hook)
            sys.setprofile(at.hook)
        action()
    finally:
        os._exit(0)


def run_of(job: Job) -> RemoteRun:
    return RemoteRun.objects.get(job=job, attempt=job.attempt)


def close_thread_connection() -> None:
    connection.close()
