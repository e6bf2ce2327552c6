"""What a worker does around a handler: claim, heartbeat, run, and turn the outcome into a move.

A handler is a function from `JobRun` to an `Outcome`. It does long work outside any transaction and may be
killed at any line; it writes rows only in `Done.save`, which commits together with the end of the job.
"""

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from apps.core.errors import WorkCancelled
from apps.jobs.models import Job
from apps.jobs.parameters import JobParameters
from apps.jobs.services import Claim, claim_holds, job_heartbeat

log = structlog.get_logger(__name__)

# How soon a cancelled job's worker notices. One small query a second for each job that runs that long.
CANCEL_CHECK_SECONDS = 1.0
# Progress is written at most this often, whatever the renderer reports; a new phase at once.
PROGRESS_WRITE_SECONDS = 0.5


@dataclass(frozen=True)
class Done:
    """The work is made. `save` writes its rows inside the finishing transaction; its dict joins the result.
    `cost` is what it really cost, None: as quoted."""

    result: Mapping[str, Any] = field(default_factory=dict)
    save: Callable[[], Mapping[str, Any] | None] | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Handed:
    """Another machine works on it, or the job was already moved on; there is nothing more to do here."""


Parameters = TypeVar("Parameters", bound=JobParameters)
Outcome = Done | Handed
Handler = Callable[["JobRun"], Outcome]


class JobRun:
    """One claim's work: the frozen job, a scratch folder, progress, and the question whether to go on."""

    # True when the job had ended before its paid result came: keep the result, change nothing else.
    late = False

    def __init__(self, job: Job, claim: Claim, *, scratch: Path, time_limit_seconds: float) -> None:
        self.job = job
        self.claim = claim
        self.scratch = scratch
        self._over = threading.Event()
        self._stopped = threading.Event()
        self._ends_at = time.monotonic() + time_limit_seconds
        self._last_write = 0.0
        self._phase = ""
        self.timed_out = False

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The frozen request."""
        return self.job.parameters  # type: ignore[no-any-return]

    def read(self, model: type[Parameters]) -> Parameters:
        """The frozen request. Raises InputError where it cannot be read."""
        return model.read(self.job)

    @property
    def attempt(self) -> int:
        return self.claim.attempt

    def cancelled(self) -> bool:
        """Whether to stop: cancelled, taken over by another worker, or out of time. Cheap; ask often."""
        return self._over.is_set()

    def check(self) -> None:
        """Raise WorkCancelled when there is a reason to stop."""
        if self._over.is_set():
            raise WorkCancelled("the job was cancelled, taken over or ran out of time")

    def fence(self) -> None:
        """Ask the row itself, now. Raises WorkCancelled unless the job still runs under this claim.

        For the moment before something is written outside the database under a name that the next claim uses, too.
        """
        if not claim_holds(self.claim):
            self._over.set()
        self.check()

    def progress(self, percentage: float, message: str = "") -> None:
        """Show how far the work is (0…100) and what it does. Raises WorkCancelled when there is a reason to stop."""
        self.check()
        now = time.monotonic()
        # What is counted within a phase is not a new one.
        phase = re.sub(r"\d+", "", message) or self._phase
        if phase == self._phase and now - self._last_write < PROGRESS_WRITE_SECONDS:
            return
        self._last_write, self._phase = now, phase
        if not job_heartbeat(self.claim, progress_percentage=percentage, message=message or None):
            self._over.set()
            self.check()

    def __enter__(self) -> "JobRun":
        self._thread = threading.Thread(target=self._watch, name=f"heartbeat-{self.job.pk}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        last_beat = time.monotonic()
        while not self._stopped.wait(CANCEL_CHECK_SECONDS) and not self._over.is_set():
            now = time.monotonic()
            if now > self._ends_at:
                self.timed_out = True
                self._over.set()
            beat_due = now - last_beat >= settings.JOB_HEARTBEAT_SECONDS
            try:
                holds = job_heartbeat(self.claim) if beat_due else claim_holds(self.claim)
            except DatabaseError as error:
                # A database that is away for a moment is no reason to throw work away; fencing guards the end.
                log.warning("heartbeat_failed", job_id=str(self.job.pk), reason=str(error))
                connection.close()
                continue
            last_beat = now if beat_due else last_beat
            if not holds:
                self._over.set()
        connection.close()


class LateRun(JobRun):
    """Collecting a paid result that came after its job had ended: nothing to claim, nothing to cancel."""

    late = True

    def fence(self) -> None:
        """The lease on the late result is the right to keep it, under a name that nobody else uses."""

    def progress(self, percentage: float, message: str = "") -> None:
        """There is nobody to show it to."""

    def __enter__(self) -> "LateRun":
        return self

    def __exit__(self, *_: object) -> None:
        """No heartbeat to stop."""


def scratch_folder(job: Job) -> Path:
    """A new empty folder for one claim's temporary files."""
    root = Path(settings.SCRATCH_ROOT) / "jobs"
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{job.pk}-", dir=root))


def scratch_remove(folder: Path) -> None:
    """Remove a scratch folder whatever is in it; one that is gone already is fine."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
