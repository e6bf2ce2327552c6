"""A real Celery worker in its own process, on the test's database and broker."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.jobs import sweep
from apps.jobs.models import Job
from apps.jobs.states import State
from launcher.forking import POSSIBLE, ForkedProcess
from tests.waiting import wait_for
from tests.warm_workers import warm_start

ROOT = Path(__file__).parents[1]
START_SECONDS = 120.0
Process = subprocess.Popen[bytes] | ForkedProcess


def worker_environment(**more: str) -> dict[str, str]:
    """Return the test's own environment with the test database."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{database['HOST'].replace('/', '%2F')}/{database['NAME']}"
    if database.get("PASSWORD"):
        url = url.replace("@", f":{database['PASSWORD']}@", 1)
    if database.get("PORT") and not database["HOST"].startswith("/"):
        url = url.replace(f"{database['HOST']}/", f"{database['HOST']}:{database['PORT']}/", 1)
    return {**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, **more}


@contextmanager
def celery_worker(
    *,
    queues: str = "io,media,segments,joins,housekeeping",
    pool: str = "prefork",
    concurrency: int = 2,
    **environment: str,
) -> Iterator[Process]:
    """Run a worker that is ready for tasks; it and its children are gone afterwards.

    Workers without an `environment` of their own share one that has been read already, and start at once."""
    log, name = Path(settings.DATA_DIR) / "worker.log", f"w{time.time_ns()}@test"
    command = ["celery", "-A", "mvsite", "worker", "-Q", queues, "-P", pool, "-c", str(concurrency), "-l", "INFO"]
    command += ["--without-gossip", "--without-mingle", "-n", name]
    process = _process_start(tuple(command), worker_environment(**environment), log, warm=not environment)
    try:
        wait_for(lambda: worker_answers(name), seconds=START_SECONDS, what="the worker to be ready", log=log)
        yield process
    finally:
        kill_tree(process)


def _process_start(command: tuple[str, ...], environment: dict[str, str], log: Path, *, warm: bool) -> Process:
    stream = log.open("wb", buffering=0)
    if warm and POSSIBLE:
        return warm_start(command, environment, stream)
    with stream:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )


def worker_answers(name: str) -> bool:
    """Return whether the worker accepts commands. A pooled connection would keep waiting and hang later forks."""
    with current_app.connection_for_write() as broker:
        return bool(current_app.control.ping(destination=[name], timeout=0.3, connection=broker))


@contextmanager
def beat(*more: Callable[[], object]) -> Iterator[None]:
    """Do what beat does for jobs every few seconds, and `more`, but faster and from a thread here."""
    stop = threading.Event()

    def ticks() -> None:
        while not stop.wait(0.5):
            for tick in (sweep.jobs_dispatch_due, sweep.jobs_recover_lost, sweep.jobs_dispatch_again, *more):
                tick()
        connection.close()

    thread = threading.Thread(target=ticks)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def silence() -> None:
    """Make the running jobs look silent for longer than allowed. A short limit would do the same, but on a busy machine
    it would also hit workers that are alive."""
    silent = timedelta(seconds=settings.JOB_SILENT_SECONDS + 1)
    Job.objects.filter(state=State.RUNNING).update(heartbeat_at=timezone.now() - silent)


def kill_tree(process: Process) -> None:
    """`kill -9` the worker and every child, as a power cut would."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: process.poll() is not None, seconds=60, what="the killed process to end", step=0.02)
