"""Every statement of a few jobs' whole lives, by where it comes from: lip-syncs at a fake Sync.so, in one process.

    .venv/bin/python -m bench.job_statements [--jobs 20] [--sql] [--profile worker.prof]

Counts everything that reaches the database, also the statements that open and close transactions, on real PostgreSQL
and Valkey. One worker thread runs the tasks, so that its processor time can be told by task. `--sql` adds the text of
each statement, `--profile` writes what `pstats` reads.
"""

import argparse
import cProfile
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from bench.orchestration import Service, Studio, fake_service, set_up_django

ROOT = Path(__file__).parents[1]
OURS = tuple(str(ROOT / folder) for folder in ("apps", "workers", "mvsite"))
PLACES = 3


class Statements:
    """What reaches the database through any connection of this process, by task and place."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.texts: dict[str, str] = {}
        self.counting = False
        self.task = threading.local()

    def watch(self) -> None:
        from django.db import connections
        from django.db.backends.signals import connection_created

        def created(connection: Any, **_: object) -> None:
            if self._note not in connection.execute_wrappers:
                connection.execute_wrappers.append(self._note)

        connection_created.connect(created, weak=False)
        for connection in connections.all():
            created(connection)

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.counting:
            where = f"{sql.split(maxsplit=1)[0]:<9} {_origin()}"
            self.counts[getattr(self.task, "name", "making the jobs, and polls")][where] += 1
            self.texts[where] = sql
        return execute(sql, params, many, context)


def _origin() -> str:
    """Return our own frames, the innermost first."""
    found: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(found) < PLACES:
        code = frame.f_code
        if code.co_filename.startswith(OURS):
            found.append(f"{Path(code.co_filename).relative_to(ROOT)}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return " < ".join(found) or "Django"


@contextmanager
def worker(statements: Statements, seconds: dict[str, list[float]], profile: cProfile.Profile | None) -> Iterator[None]:
    """Run tasks in one thread of this process."""
    from celery.contrib.testing.worker import start_worker
    from celery.signals import task_postrun, task_prerun

    from mvsite.celery import app

    begun: dict[str, float] = {}

    def before(task_id: str, task: Any, **_: object) -> None:
        statements.task.name = task.name
        begun[task_id] = time.thread_time()
        if profile:
            profile.enable()

    def after(task_id: str, task: Any, **_: object) -> None:
        if profile:
            profile.disable()
        seconds[task.name].append(time.thread_time() - begun.pop(task_id))

    task_prerun.connect(before, weak=False)
    task_postrun.connect(after, weak=False)
    with start_worker(app, pool="solo", concurrency=1, perform_ping_check=False, queues=["io"], shutdown_timeout=60.0):
        yield


def drain(studio: Studio, count: int) -> None:
    """Make the jobs and poll by hand until all have succeeded and their follow-ups have run."""
    from apps.core.redis_client import redis_client
    from apps.jobs import polling, sweep
    from apps.jobs.models import Job
    from apps.jobs.states import State

    before = Job.objects.filter(state=State.SUCCEEDED).count()
    studio.jobs_make(count)
    while Job.objects.filter(state=State.SUCCEEDED).count() < before + count or redis_client().llen("io"):
        time.sleep(0.3)
        sweep.jobs_dispatch_due()
        polling.runs_poll_due()


def run(service: Service, folder: Path, options: argparse.Namespace) -> None:
    set_up_django(service.url, 600_000)
    studio = Studio(folder)
    statements = Statements()
    seconds: dict[str, list[float]] = defaultdict(list)
    profile = cProfile.Profile() if options.profile else None
    try:
        statements.watch()
        with worker(statements, seconds, profile):
            drain(studio, 3)  # loads the code
            seconds.clear()
            if profile:
                profile.clear()
            statements.counting = True
            drain(studio, options.jobs)
            time.sleep(1)
            statements.counting = False
    finally:
        studio.stop()
    show(statements, seconds, options)
    if profile:
        profile.dump_stats(options.profile)


def show(statements: Statements, seconds: dict[str, list[float]], options: argparse.Namespace) -> None:
    jobs = options.jobs
    for task, counts in statements.counts.items():
        taken = seconds.get(task, [])
        print(f"\n{task}: {sum(counts.values()) / jobs:.1f} a job", end="")
        print(
            f", {1000 * sum(taken) / jobs:.1f} ms of processor time in {len(taken) / jobs:.1f} tasks" if taken else ""
        )
        for where, number in sorted(counts.items(), key=lambda one: -one[1]):
            print(f"{number / jobs:>7.2f} {where}")
            if options.sql:
                print("          " + re.sub(r"\s+", " ", statements.texts[where])[:400])
    every = sum(sum(counts.values()) for counts in statements.counts.values())
    print(f"\n{every / jobs:.1f} statements a job")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--sql", action="store_true")
    parser.add_argument("--profile", default="")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    os.environ |= {"MV_DATA_DIR": str(folder), "SECRET_KEY": "a fixed key, for the bench only"}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        run(stack.enter_context(fake_service(600_000, 1.0)), folder, options)


if __name__ == "__main__":
    main()
