"""What a handler gets and returns: a `JobRun` with heartbeat, progress and scratch folder, and an `Outcome`.

A handler does its long work outside any transaction and may be killed at any line. It writes rows only in
`Done.save`, which commits together with the end of the job.
"""

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection

from apps.assets.models import Asset
from apps.core.errors import WorkCancelled
from apps.jobs.claims import Claim, claim_holds, claims_held, job_heartbeat, jobs_heartbeat
from apps.jobs.models import Job
from apps.jobs.parameters import Parameters, ParametersReader
from apps.jobs.results import JobResult

log = structlog.get_logger(__name__)

# How soon a worker notices that its job was cancelled. Costs one small query per second for each busy process.
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
        self._ends_at = time.monotonic() + time_limit_seconds
        self._last_write = 0.0
        self._last_beat = time.monotonic()
        self._phase = ""
        self._later: tuple[float, str] | None = None
        self.files: dict[UUID, Asset] = {}  # those of the request that were read so far
        self._reader = ParametersReader()
        self.timed_out = False

    def read(self, model: type[Parameters]) -> Parameters:
        """The frozen request. Raises InputError where it cannot be read."""
        return self._reader.read(model, self.job)

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
        self._last_write, self._phase, self._later = now, phase, None
        if not job_heartbeat(self.claim, progress_percentage=percentage, message=message or None):
            self._over.set()
            self.check()

    def progress_if_slow(self, percentage: float, message: str) -> None:
        """Report a phase that is usually over at once: it is written only if it lasts, within a second."""
        self.check()
        self._later = (percentage, message)

    def write_slow_phase(self) -> None:
        """Write what `progress_if_slow` reported, unless another phase was written since."""
        later, self._later = self._later, None
        if later is not None:
            job_heartbeat(self.claim, progress_percentage=later[0], message=later[1])

    def beat_due(self) -> bool:
        """Return whether its worker should show again that it is alive."""
        return time.monotonic() - self._last_beat >= settings.JOB_HEARTBEAT_SECONDS

    def beaten(self) -> None:
        self._last_beat = time.monotonic()

    def stop(self) -> None:
        """Make the handler stop soon: the claim no longer holds."""
        self._over.set()

    def stop_if_too_long(self) -> None:
        if time.monotonic() > self._ends_at:
            self.timed_out = True
            self._over.set()

    def __enter__(self) -> "JobRun":
        WATCH.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        WATCH.remove(self)


class Watch:
    """Looks after all jobs that run in this process, from one thread with one connection: stops those that were
    cancelled, taken over or ran out of time, and keeps the heartbeats of the others."""

    def __init__(self) -> None:
        self._runs: set[JobRun] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, run: JobRun) -> None:
        with self._lock:
            self._runs.add(run)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="heartbeats", daemon=True)
                self._thread.start()

    def remove(self, run: JobRun) -> None:
        with self._lock:
            self._runs.discard(run)

    def _watch(self) -> None:
        try:
            while True:
                time.sleep(CANCEL_CHECK_SECONDS)
                with self._lock:
                    runs = list(self._runs)
                    if not runs:
                        self._thread = None
                        return
                _look_after(runs)
        finally:
            connection.close()


WATCH = Watch()


def _look_after(runs: Sequence[JobRun]) -> None:
    for run in runs:
        run.stop_if_too_long()
    # A handler that doesn't stop loses its heartbeat, and the sweep its job.
    runs = [run for run in runs if not run.cancelled()]
    due = [run for run in runs if run.beat_due()]
    try:
        if due:
            jobs_heartbeat([run.claim for run in due])
        for run in runs:
            run.write_slow_phase()
        held = claims_held([run.claim for run in runs]) if runs else set()
    except DatabaseProblem as error:
        # Don't throw work away because the database is briefly unreachable; the claim is checked at the end.
        log.warning("heartbeat_failed", jobs=len(runs), reason=str(error))
        connection.close()
        return
    for run in due:
        run.beaten()
    for run in runs:
        if run.claim not in held:
            run.stop()


class LateRun(JobRun):
    """Collects a paid result that arrived after its job had ended: there is no claim and nothing to cancel."""

    late = True

    def fence(self) -> None:
        """Do nothing: the lease on the late result already keeps other workers away."""

    def progress(self, percentage: float, message: str = "") -> None:
        """Do nothing: the job has ended, so no page shows its progress."""

    def progress_if_slow(self, percentage: float, message: str) -> None:
        """Do nothing, likewise."""

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
