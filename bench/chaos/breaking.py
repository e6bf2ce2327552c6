"""Carries out the plan of faults, and undoes what doesn't end by itself."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bench.chaos.plan import Step
from bench.chaos.servers import Disk, Fakes, Line, Studio

# A real server restarts by its supervisor, a little later.
S3_RESTART_SECONDS = 2.0
STATUSES = (500, 503, 429)


@dataclass(frozen=True)
class Hit:
    """What became of a step: `note` says why nothing was hit, or what was."""

    step: Step
    at: float
    note: str


class Breaker:
    """Breaks one thing after another, in a thread of its own for each, so that one that lasts delays no other."""

    def __init__(self, *, studio: Studio, fakes: Fakes, line: Line, disk: Disk | None) -> None:
        self._studio, self._fakes, self._line, self._disk = studio, fakes, line, disk
        self._threads: list[threading.Thread] = []
        self._frozen: set[int] = set()
        self._over = threading.Event()
        self.hits: list[Hit] = []

    def run(self, steps: list[Step], *, tell: Callable[[Hit], None]) -> None:
        """Do the steps at their times, from now on."""
        started = time.monotonic()
        for step in steps:
            time.sleep(max(0.0, started + step.at - time.monotonic()))
            at = time.monotonic() - started

            def work(step: Step = step, at: float = at) -> None:
                hit = Hit(step, round(at, 1), self._break(step))
                self.hits.append(hit)
                tell(hit)

            thread = threading.Thread(target=work)
            thread.start()
            self._threads.append(thread)

    def heal(self) -> None:
        """End every fault."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for pid in list(self._frozen):
            _send(pid, signal.SIGCONT)
        if self._disk:
            self._disk.free()
        self._line.kill()
        self._line.start()
        for name in self._fakes.urls:
            self._fakes.heal(name)

    def _break(self, step: Step) -> str:
        """Return what was hit."""
        work = {"kill": self._kill, "freeze": self._freeze, "cut": self._cut, "service": self._service,
                "s3": self._s3, "disk": self._fill}  # fmt: skip
        return work[step.kind](step)

    def _kill(self, step: Step) -> str:
        if step.target == "s3":
            self._line.kill()
            self._over.wait(S3_RESTART_SECONDS)
            self._line.start()
            return "killed and started again"
        pids = self._studio.pids(step.target)[:1]
        return " ".join(f"killed {pid}" for pid in pids if _send(pid, signal.SIGKILL)) or "it was down already"

    def _freeze(self, step: Step) -> str:
        pids = [pid for pid in self._studio.pids(step.target) if _send(pid, signal.SIGSTOP)]
        self._frozen.update(pids)
        self._over.wait(step.seconds)
        for pid in pids:
            _send(pid, signal.SIGCONT)
        self._frozen.difference_update(pids)
        return f"froze {len(pids)} processes" if pids else "it was down already"

    def _cut(self, step: Step) -> str:
        if step.target == "valkey":
            return _valkey_cut(self._studio)
        return _postgres_cut(self._studio)

    def _service(self, step: Step) -> str:
        how, _, route = step.how.partition(" ")
        facts = {"status": STATUSES[step.times % len(STATUSES)], "body": {"detail": "broken on purpose"}}
        facts = facts if how == "status" else {}
        self._fakes.fail(step.target, route=route, kind=how, times=step.times, seconds=step.seconds, **facts)
        return "told the service"

    def _s3(self, step: Step) -> str:
        kind, _, method = step.how.partition(" ")
        self._line.fail([{"method": method, "kind": kind, "times": step.times}])
        return "told the line"

    def _fill(self, step: Step) -> str:
        if self._disk is None:
            return "not possible here: it needs a mount of its own"
        filled = self._disk.fill()
        self._over.wait(step.seconds)
        self._disk.free()
        return "filled the disk" if filled else "somebody wrote all the time"


def _send(pid: int, number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def _valkey_cut(studio: Studio) -> str:
    import redis

    import embedded

    try:
        with redis.Redis.from_url(embedded.redis_url(studio.data_dir), socket_timeout=5) as client:
            return f"cut {client.execute_command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')} connections"
    except redis.RedisError as error:
        return f"it was down already: {type(error).__name__}"


def _postgres_cut(studio: Studio) -> str:
    import psycopg

    import embedded

    everybody = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )
    try:
        with psycopg.connect(embedded.postgres_url(studio.data_dir), connect_timeout=5) as connection:
            row = connection.execute(everybody).fetchone()
            return f"cut {row[0] if row else 0} connections"
    except psycopg.Error as error:
        return f"it was down already: {type(error).__name__}"
