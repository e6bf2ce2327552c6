"""How paid jobs scale: N lip-syncs at a fake Sync.so, two worker processes, real beat, Postgres and Redis.

    .venv/bin/python -m bench.orchestration [--json] [--jobs 100 1000] [--rate 600] [--latency 30] [--blocking 100 1000]

For each N: seconds until every job has ended, against the ideal (latency + the time in which the service accepts N
requests at its rate), poll requests per job, database queries per job (counted in a separate small run, since
counting is slow), and the largest worker's usage. `--blocking` measures the same service with one thread per
job that submits and then waits, in two processes, without any database.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
WORKERS = 2
# The same as `make run` uses for this queue.
IO_THREADS = 16
COUNTED_JOBS = 60


@dataclass(frozen=True)
class Measured:
    """One run. Memory is that of the largest worker process, processor time that of all of them; `rejected` counts the
    service's 429s."""

    jobs: int
    seconds: float
    ideal_seconds: float
    poll_requests_per_job: float
    poll_requests_per_job_and_round: float
    requests_per_job: float
    rejected: int
    cpu_ms_per_job: float
    peak_rss_mb: float

    @property
    def against_ideal(self) -> float:
        return self.seconds / self.ideal_seconds


@dataclass(frozen=True)
class Service:
    """The fake service in its own process."""

    url: str
    rate_per_minute: int
    latency_seconds: float

    def requests(self) -> dict[str, int]:
        from apps.core import http

        return dict(http.get(f"{self.url}/_control").json()["requests"])

    def ideal_seconds(self, jobs: int) -> float:
        waiting = max(0, jobs - burst_of(self.rate_per_minute))
        return self.latency_seconds + waiting / (self.rate_per_minute / 60)


def burst_of(rate_per_minute: int) -> int:
    """Return how many requests the service accepts at once: six seconds' worth."""
    return rate_per_minute // 10


def serve_fake(rate_per_minute: int, latency_seconds: float) -> None:
    """Run the service in a child process: print its address and serve until stopped."""
    from tests.fakes.sync_so import FakeSyncSo

    fake = FakeSyncSo(
        concurrency=None,
        creates_per_minute=rate_per_minute,
        create_burst=burst_of(rate_per_minute),
        latency_seconds=latency_seconds,
        fetch_inputs=False,
        keep_log=False,
    )
    with fake:
        print(fake.url, flush=True)
        threading.Event().wait()


def serve_blocking(url: str, jobs: int) -> None:
    """Run the comparison in a child process: a thread per job that submits, then sleeps and polls until it is done."""
    set_up_django(url)
    from pathlib import Path as File

    from apps.core.errors import ProviderError
    from apps.providers.base import PreparedSubmit, RemoteState
    from apps.providers.capabilities import Capability
    from apps.providers.sync_so.provider import SyncSo

    provider = SyncSo()
    links = [
        {"type": "video", "url": "https://cdn.example/v.mp4"},
        {"type": "audio", "url": "https://cdn.example/a.wav"},
    ]
    prepared = PreparedSubmit({"model": "lipsync-2", "input": links, "options": {"sync_mode": "cut_off"}})
    folder = File(tempfile.mkdtemp())

    def one(number: int) -> None:
        key, status = f"blocking-{os.getpid()}-{number}", None
        while status is None:
            try:
                status = provider.submit(prepared, capability=Capability.LIPSYNC, key=key)
            except ProviderError as error:
                time.sleep(error.retry_after or 1)
        while status.state != RemoteState.SUCCEEDED:
            time.sleep(3)
            status = provider.poll([status.ref])[status.ref]
        into = folder / str(number)
        into.mkdir()
        provider.collect(status, capability=Capability.LIPSYNC, into=into)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shutil.rmtree(folder)


def set_up_django(url: str, rate_per_minute: int = 60) -> None:
    """Point the settings at the fake. Call this before anything from Django is imported."""
    os.environ.update(
        SYNC_BASE_URL=url,
        SYNC_API_KEY="sk-sync-fake",
        SYNC_SUBMITS_PER_MINUTE=str(rate_per_minute),
        MV_ALLOWED_FETCH_HOSTS=url.removeprefix("http://"),
        PUBLIC_URL="https://studio.invalid",  # links instead of uploads; the fake does not follow them
        MV_SINGLE_USER="false",
        LOG_LEVEL="ERROR",
        DJANGO_SETTINGS_MODULE="mvsite.settings",
    )
    import django

    django.setup()


@contextmanager
def child(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, text=True, start_new_session=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def fake_service(rate_per_minute: int, latency_seconds: float) -> Iterator[Service]:
    arguments = ["-m", "bench.orchestration", "--role", "fake", "--rate", str(rate_per_minute)]
    with child(*arguments, "--latency", str(latency_seconds), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Service(process.stdout.readline().strip(), rate_per_minute, latency_seconds)


class Usage:
    """The largest resident size of any of the processes, and their processor time, sampled twice a second."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.peak_bytes = 0
        self.cpu_seconds = 0.0
        self._cpu_before = 0.0
        self._processes = [psutil.Process(process.pid) for process in processes]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Usage":
        self._count_cpu()
        self._cpu_before = self.cpu_seconds  # startup isn't part of the jobs' work
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            for process in self._processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)
            self._count_cpu()

    def _count_cpu(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.cpu_seconds = sum(sum(process.cpu_times()[:2]) for process in self._processes) - self._cpu_before


class Studio:
    """A database, a broker and an owner with two small files, created once for all runs."""

    def __init__(self, folder: Path) -> None:
        from django.core.management import call_command

        import embedded

        self.folder = folder
        embedded.postgres_start(folder, durable=False)
        embedded.redis_start(folder)
        call_command("migrate", verbosity=0)
        self.owner, self.work = self._work()

    def _work(self) -> tuple[Any, Any]:
        from django.db import transaction

        from apps.accounts.models import User
        from apps.assets.services import asset_create, file_store
        from apps.generation.lipsync import lipsync_work
        from tests.fakes import media

        owner = User.objects.create_user("bench", password="not used")  # noqa: S106
        ids: dict[str, Any] = {}
        for kind, content, content_type in (
            # Unmarked, a small picture has the colors of analogue television, and would be converted before it is sent.
            ("video", media.video(1.0, size="1280x720"), "video/mp4"),
            ("audio", media.sound(1.0), "audio/wav"),
        ):
            path = self.folder / f"input.{content_type.partition('/')[2]}"
            path.write_bytes(content)
            stored = file_store(path, key=f"bench/{path.name}", content_type=content_type)
            with transaction.atomic():
                ids[f"{kind}_id"] = asset_create(owner=owner, stored=stored, kind=kind).pk
        return owner, lipsync_work(by=owner, provider="sync_so", **ids)

    def stop(self) -> None:
        import embedded

        embedded.postgres_stop(self.folder)
        embedded.redis_stop(self.folder)

    def jobs_make(self, count: int) -> None:
        from django.db import transaction

        from apps.work.work import work_start

        for _ in range(count):
            with transaction.atomic():
                work_start(by=self.owner, work=self.work)

    @contextmanager
    def workers(self) -> Iterator[list[subprocess.Popen[str]]]:
        """Start two workers and beat, as `make run` does; yields when both are ready."""
        from celery import current_app

        options = ["-Q", "io,housekeeping", "-P", "threads", "-c", str(IO_THREADS), "-l", "INFO"]
        options += ["--without-gossip", "--without-mingle"]
        with ExitStack() as stack:
            processes = []
            for number in range(WORKERS):
                log = stack.enter_context((self.folder / f"worker{number}.log").open("w+"))
                command = ["-m", "celery", "-A", "mvsite", "worker", "-n", f"bench{number}@local", *options]
                processes.append(stack.enter_context(child(*command, stdout=log, stderr=log)))
            while len(current_app.control.ping(timeout=0.5) or ()) < WORKERS:
                if any(process.poll() is not None for process in processes):
                    raise SystemExit(f"a worker did not start: {Path(log.name).read_text()[-2000:]}")
            beat = ["-m", "celery", "-q", "-A", "mvsite", "beat", "--pidfile=", "-l", "ERROR"]
            yield [*processes, stack.enter_context(child(*beat))]

    def run(self, service: Service, count: int) -> Measured:
        from django.db.models import Sum

        from apps.jobs.models import Job, LedgerEntry, RemoteRun
        from apps.jobs.states import State

        LedgerEntry.objects.all().delete()
        Job.objects.all().delete()
        self.jobs_make(count)
        before = service.requests()
        with self.workers() as processes, Usage(processes) as usage:
            started = time.monotonic()
            while (done := Job.objects.filter(state=State.SUCCEEDED).count()) < count:
                time.sleep(0.5)
                if dead := [one.args for one in processes if one.poll() is not None]:
                    raise SystemExit(f"a process died: {dead[0]!r}")
                others = Job.objects.exclude(state__in=[State.QUEUED, State.RUNNING, State.WAITING, State.SUCCEEDED])
                if bad := others.first():
                    raise SystemExit(f"a job ended as {bad.state}: {bad.error} ({done} were done)")
            seconds = time.monotonic() - started
        rounds = RemoteRun.objects.aggregate(total=Sum("polls"))["total"] or 1
        return measured(service, before, count, seconds, rounds, usage)

    def queries_per_job(self, service: Service) -> float:
        """Count the statements Postgres executed while jobs ran, without those that open and close transactions and
        without those of an equally long idle period."""
        from django.db import connection

        log = self.folder / "postgres" / "log"
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET log_statement = 'all'")
            cursor.execute("SELECT pg_reload_conf()")
        time.sleep(1)
        self.jobs_make(COUNTED_JOBS)
        begin = log.stat().st_size
        from apps.jobs.models import Job
        from apps.jobs.states import LIVE

        with self.workers():
            while Job.objects.filter(state__in=LIVE).exists():
                time.sleep(2)
            busy = _statements(log, begin)
            begin, idle_from = log.stat().st_size, time.monotonic()
            time.sleep(10)
            idle_per_second = _statements(log, begin) / (time.monotonic() - idle_from)
        with connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM RESET log_statement")
            cursor.execute("SELECT pg_reload_conf()")
        idle = idle_per_second * (service.latency_seconds + 5)
        return max(0.0, busy - idle) / COUNTED_JOBS


def _statements(log: Path, begin: int) -> int:
    with log.open("rb") as stream:
        stream.seek(begin)
        return len(re.findall(rb"LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|SAVEPOINT|RELEASE)", stream.read()))


def measured(  # noqa: PLR0917
    service: Service, before: dict[str, int], jobs: int, seconds: float, rounds: int, usage: Usage
) -> Measured:
    after = service.requests()
    made = {name: count - before.get(name, 0) for name, count in after.items()}
    polls = sum(count for name, count in made.items() if name.startswith(("GET /v2/generations", "GET /v2/generate/")))
    submits = made.get("POST /v2/generate", 0)
    return Measured(
        jobs=jobs,
        seconds=round(seconds, 1),
        ideal_seconds=round(service.ideal_seconds(jobs), 1),
        poll_requests_per_job=round(polls / jobs, 4),
        poll_requests_per_job_and_round=round(polls / rounds, 4),
        requests_per_job=round(sum(made.values()) / jobs, 3),
        rejected=submits - jobs,
        cpu_ms_per_job=round(usage.cpu_seconds / jobs * 1000, 1),
        peak_rss_mb=round(usage.peak_bytes / 1024**2, 1),
    )


def blocking_run(service: Service, count: int) -> Measured:
    """Run one thread per job in two processes. A round is one job's poll, so polls per job and round are 1."""
    before = service.requests()
    started = time.monotonic()
    with ExitStack() as stack:
        arguments = ["-m", "bench.orchestration", "--role", "blocking", "--url", service.url]
        halves = [count // WORKERS + (number < count % WORKERS) for number in range(WORKERS)]
        processes = [stack.enter_context(child(*arguments, "--jobs", str(half))) for half in halves]
        with Usage(processes) as usage:
            for process in processes:
                if process.wait():
                    raise SystemExit("a blocking process failed")
        seconds = time.monotonic() - started
    polls = max(1, sum(count for name, count in service.requests().items() if name.startswith("GET /v2/gen")))
    return measured(service, before, count, seconds, polls, usage)


def show(title: str, found: Measured) -> None:
    print(
        f"{title:<22} N={found.jobs:<6} {found.seconds:>7.1f} s = {found.against_ideal:.2f} × ideal"
        f"   polls/job {found.poll_requests_per_job:<7} per job and round {found.poll_requests_per_job_and_round:<7}"
        f" requests/job {found.requests_per_job:<6} 429s {found.rejected:<4}"
        f" cpu/job {found.cpu_ms_per_job} ms, largest process {found.peak_rss_mb} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--blocking", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--rate", type=int, default=600, help="requests per minute the service accepts")
    parser.add_argument("--latency", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", choices=["fake", "blocking"], help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Stopping the bench also stops its services and workers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.role == "fake":
        serve_fake(options.rate, options.latency)
    elif options.role == "blocking":
        serve_blocking(options.url, options.jobs[0])
    else:
        bench(options)


def bench(options: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    os.environ["MV_DATA_DIR"] = str(folder)
    os.environ["SECRET_KEY"] = "a fixed key, for the bench only"  # noqa: S105
    results: dict[int, Measured] = {}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        service = stack.enter_context(fake_service(options.rate, options.latency))
        set_up_django(service.url, options.rate)
        studio = Studio(folder)
        stack.callback(studio.stop)
        for count in options.jobs:
            results[count] = studio.run(service, count)
            show("ours", results[count])
        queries = studio.queries_per_job(service)
        print(f"database queries per job: {queries:.1f}", flush=True)
        for count in options.blocking:
            # Use a new service: thousands of jobs from the previous run would slow its listing.
            with fake_service(options.rate, options.latency) as other:
                show("a thread per job", blocking_run(other, count))
    if options.json:
        largest = max(results)
        wanted = results.get(1000, results[largest])
        response = {
            f"drain_vs_ideal_{wanted.jobs}": round(wanted.against_ideal, 3),
            "poll_requests_per_job": wanted.poll_requests_per_job,
            "poll_requests_per_job_and_round": wanted.poll_requests_per_job_and_round,
            "queries_per_job": round(queries, 1),
            "cpu_ms_per_job": wanted.cpu_ms_per_job,
            "peak_rss_mb": max(found.peak_rss_mb for found in results.values()),
            "runs": [asdict(found) for found in results.values()],
        }
        print(json.dumps(response), flush=True)


if __name__ == "__main__":
    main()
