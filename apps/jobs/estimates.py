"""How long work still takes: every "about 2 min left" comes from here.

It is what the owner's work of this kind took lately (`history.py`). Where that is unknown, a job that reports its
progress is measured by its own pace. Where that says nothing either, there is no figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.jobs.history import History, Task, job_history, task_of
from apps.jobs.labels import time_left
from apps.jobs.models import Job

# A job's own pace counts only in between: below, preparation dominates; above, what is left is storing and uploading.
LEAST_SHARE, MOST_SHARE = 0.05, 0.9
LEAST_ELAPSED_SECONDS = 5
# Of the usual time, for work that has taken longer than that.
OVERDUE_SHARE = 0.1


@dataclass(frozen=True)
class Step:
    """A task of a larger piece of work, with its live job if there is one."""

    task: Task
    job: Job | None = None

    @classmethod
    def of(cls, job: Job) -> "Step":
        return cls(task_of(job), job)


def job_seconds_left(job: Job, history: History, *, now: datetime) -> float | None:
    """Return how long a live job that was started still takes; None if that isn't known."""
    if job.started_at is None or not job.is_live or job.is_paused:
        return None
    usual, elapsed = history.seconds(task_of(job)), (now - job.started_at).total_seconds()
    # An automatic retry begins again, so that neither the time nor the share says anything.
    return None if job.failures else seconds_left(usual, elapsed=elapsed, share=job.progress_percentage / 100)


def job_time_left(job: Job) -> str:
    """Return the same in words, such as `about 40 s left`; "" if it isn't known."""
    if job.started_at is None or not job.is_live or job.is_paused:
        return ""
    return time_left(job_seconds_left(job, job_history(job.owner_id), now=timezone.now()))


def seconds_left(usual: float | None, *, elapsed: float, share: float) -> float | None:
    """Weigh what such work usually takes against its own pace, which counts more and more until it has taken as long as
    usual. None if neither says anything."""
    paced = LEAST_SHARE <= share < MOST_SHARE and elapsed >= LEAST_ELAPSED_SECONDS
    if usual is None:
        return elapsed / share - elapsed if paced else None
    if not paced:
        return usual - elapsed if elapsed < usual else None
    weight = min(1.0, elapsed / usual) if usual > 0 else 1.0
    return max(0.0, (1 - weight) * usual + weight * elapsed / share - elapsed)


def work_seconds_left(chains: Iterable[Sequence[Step]], history: History, *, now: datetime) -> float | None:
    """Return how long everything takes, where a chain's steps follow one another; None if one of them isn't known."""
    loads: dict[str, float] = defaultdict(float)
    running: dict[str, int] = defaultdict(int)
    longest = 0.0
    for chain in chains:
        length = 0.0
        for step in chain:
            left = _step_seconds(step, history, now)
            if left is None:
                return None
            length += left
            loads[step.task.provider] += left
            running[step.task.provider] += step.job is not None and step.job.started_at is not None
        longest = max(longest, length)
    at_once = {provider: max(history.at_once(provider), running[provider]) for provider in loads}
    return max(longest, *(load / at_once[provider] for provider, load in loads.items()), 0.0)


def _step_seconds(step: Step, history: History, now: datetime) -> float | None:
    usual = history.seconds(step.task)
    left = job_seconds_left(step.job, history, now=now) if step.job else None
    if left is not None or usual is None:
        return left
    # Work that takes longer than usual is nearly done, as far as one knows.
    begun = step.job is not None and step.job.started_at is not None and not step.job.failures
    return usual * OVERDUE_SHARE if begun else usual
