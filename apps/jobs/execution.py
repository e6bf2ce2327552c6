"""What a handler gets and returns: a `JobRun` with heartbeat, progress and scratch folder, and an `Outcome`.

A handler does its long work outside any transaction and may be killed at any line. It writes rows only in
`Done.save`, which commits together with the end of the job.
"""

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from apps.core.errors import WorkCancelled
from apps.jobs.models import Job
from apps.jobs.parameters import JobParameters
from apps.jobs.results import JobResult
from apps.jobs.services import Claim, claim_holds, job_heartbeat

log = structlog.get_logger(__name__)

# How soon a worker notices that its job was cancelled. Costs one small query per second for each running job.
CANCEL_CHECK_SECONDS = 1.0
# Progress is written at most this often, however often it is reported. A new phase is written immediately.
PROGRESS_WRITE_SECONDS = 0.5


@dataclass(frozen=True)
class Done:
    """The work is done. `save` writes its rows inside the finishing transaction, and the fields it returns are added
    to the result. `cost` is the actual cost (None: as quoted)."""

    result: JobResult | None = None
    save: Callable[[], JobResult | None] | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class HandedOff:
    """A provider is working on it, or the job was already moved: this worker has nothing more to do."""


Parameters = TypeVar("Parameters", bound=JobParameters)
Outcome = Done | HandedOff
Handler = Callable[["JobRun"], Outcome]


class JobRun:
    """One claim's work on a job: its parameters, a scratch folder, progress, and whether to continue."""

    # True if the job had ended before its paid result arrived: keep the result, change nothing else.
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

    def read(self, model: type[Parameters]) -> Parameters:
        """The frozen request. Raises InputError where it cannot be read."""
        return model.read(self.job)

    @property
    def attempt(self) -> int:
        return self.claim.attempt

    def cancelled(self) -> bool:
        """Return whether to stop: cancelled, taken over by another worker, or out of time. Cheap; call it often."""
        return self._over.is_set()

    def check(self) -> None:
        """Raise WorkCancelled if the work must stop."""
        if self._over.is_set():
            raise WorkCancelled("the job was cancelled, taken over or ran out of time")

    def fence(self) -> None:
        """Read the row now and raise WorkCancelled unless the job is still running under this claim.

        Call it just before writing something outside the database under a name that the next claim would also use.
        """
        if not claim_holds(self.claim):
            self._over.set()
        self.check()

    def progress(self, percentage: float, message: str = "") -> None:
        """Report progress (0…100) and what is being done. Raises WorkCancelled if the work must stop."""
        self.check()
        now = time.monotonic()
        # Without its digits, "Image 2 of 9" is the same phase as "Image 1 of 9".
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
                # Don't throw work away because the database is briefly unreachable; the claim is checked at the end.
                log.warning("heartbeat_failed", job_id=str(self.job.pk), reason=str(error))
                connection.close()
                continue
            last_beat = now if beat_due else last_beat
            if not holds:
                self._over.set()
        connection.close()


class LateRun(JobRun):
    """Collects a paid result that arrived after its job had ended: there is no claim and nothing to cancel."""

    late = True

    def fence(self) -> None:
        """Do nothing: the lease on the late result already keeps other workers away."""

    def progress(self, percentage: float, message: str = "") -> None:
        """Do nothing: the job has ended, so no page shows its progress."""

    def __enter__(self) -> "LateRun":
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: there is no heartbeat to stop."""


def scratch_folder(job: Job) -> Path:
    """Create an empty folder for one claim's temporary files."""
    root = Path(settings.SCRATCH_ROOT) / "jobs"
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{job.pk}-", dir=root))


def scratch_remove(folder: Path) -> None:
    """Remove a scratch folder with everything in it. It may already be gone."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
