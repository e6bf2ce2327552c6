"""What this owner's finished jobs tell about how long such work takes on this installation."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median
from typing import Any

from django.db.models import Case, F, FloatField, OuterRef, Subquery, When, Window
from django.db.models.functions import RowNumber

from apps.jobs.kinds import PIECES
from apps.jobs.models import Job, RemoteRun
from apps.jobs.parameters import asked_of, seconds_asked
from apps.jobs.states import State

# So many of the owner's newest jobs are looked at: a film of 200 scenes has about 600.
LOOKBACK_JOBS = 800
# So many of each kind and provider count, the newest.
SAMPLE_JOBS = 30
# A page asks every two seconds, and the figures change slowly.
KEPT_SECONDS = 30


@dataclass(frozen=True)
class Task:
    """What is to be made. `seconds`: the clip's, film's or sung part's length; None for what has none."""

    kind: str
    provider: str = ""
    model: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Past:
    """A finished job; its times are seconds since the epoch. `place`: 1 for the newest of its kind and provider."""

    task: Task
    started: float
    finished: float
    place: int = 1

    @property
    def took(self) -> float:
        return self.finished - self.started


@dataclass(frozen=True)
class History:
    """What finished jobs tell, by kind and provider."""

    past: Mapping[tuple[str, str], Sequence[Past]] = field(default_factory=dict)

    @classmethod
    def of(cls, past: Iterable[Past]) -> "History":
        found: dict[tuple[str, str], list[Past]] = defaultdict(list)
        for one in past:
            found[one.task.kind, one.task.provider].append(one)
        return cls(found)

    def seconds(self, task: Task) -> float | None:
        """Return how long such a task takes from a worker's start to its end; None if none was finished lately. Another
        model of the provider counts if this one has none."""
        alike = [one for one in self.past.get((task.kind, task.provider), ()) if one.place <= SAMPLE_JOBS]
        alike = [one for one in alike if one.task.model == task.model] or alike
        rates = [one.took / one.task.seconds for one in alike if one.task.seconds] if task.seconds else []
        if rates and task.seconds:
            return median(rates) * task.seconds
        return median(one.took for one in alike) if alike else None

    def at_once(self, provider: str) -> float:
        """Return how many of the provider's jobs ran at the same time, on average while any ran; 1 without any."""
        spans = [(one.started, one.finished) for (_, by), past in self.past.items() if by == provider for one in past]
        work = sum(finished - started for started, finished in spans)
        busy = _covered(spans)
        return max(1.0, work / busy) if busy else 1.0


def _covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the length of the union of the spans."""
    until, covered = float("-inf"), 0.0
    for started, finished in sorted(spans):
        covered += max(0.0, finished - max(started, until))
        until = max(until, finished)
    return covered


def job_history(owner_id: Any) -> History:
    """Return the owner's history, at most half a minute old."""
    return _kept_history(owner_id, int(time.monotonic() / KEPT_SECONDS))


@lru_cache(maxsize=256)
def _kept_history(owner_id: Any, _period: int) -> History:
    return history_read(owner_id)


def history_read(owner_id: Any) -> History:
    """Read the owner's history with one query, whose cost doesn't grow with the number of jobs."""
    done = Job.objects.filter(owner_id=owner_id, state=State.SUCCEEDED).exclude(kind__in=PIECES)
    newest = done.order_by("-created_at", "-id").values("pk")[:LOOKBACK_JOBS]
    # A job that was tried again took longer than its work, and an imported one ran elsewhere.
    usual = Job.objects.filter(pk__in=newest, attempt=1, failures=0, started_at__isnull=False, imported_at=None)
    place = Window(RowNumber(), partition_by=[F("kind"), F("provider")], order_by=F("finished_at").desc())
    model = Subquery(RemoteRun.objects.filter(job=OuterRef("pk"), attempt=1).order_by().values("model")[:1])
    # What was asked for is many kB of JSON, so that it is read of the samples only.
    rows = usual.order_by().annotate(
        place=place,
        model=Case(When(place__lte=SAMPLE_JOBS, then=model), default=None),
        asked=Case(When(place__lte=SAMPLE_JOBS, then=seconds_asked()), default=None, output_field=FloatField()),
    )
    columns = rows.values_list("kind", "provider", "model", "asked", "started_at", "finished_at", "place")
    return History.of(
        Past(Task(kind, provider, _model_name(name), seconds), started.timestamp(), finished.timestamp(), number)
        for kind, provider, name, seconds, started, finished, number in columns
        if started and finished
    )


def task_of(job: Job) -> Task:
    """Return the job as a task."""
    asked = asked_of(job)
    return Task(job.kind, job.provider, _model_name(asked.model), asked.seconds)


def _model_name(name: str | None) -> str:
    """Return the model without its version."""
    return (name or "").partition(":")[0]
