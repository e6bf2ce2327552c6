"""Pauses: which queued jobs don't start until somebody resumes them.

A paused job stays queued. The statement that claims a job looks for pauses itself (`job_is_paused`), and so does the
one that allows a paid submit, so that a pause holds from the moment it is committed. `pausing.py` writes them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Replace

from apps.accounts.models import User
from apps.jobs.kinds import PIECES, Kind
from apps.jobs.labels import kind_label
from apps.jobs.models import PAUSED, Job, Pause
from apps.jobs.states import State

WHERE_TO_RESUME = "on the Jobs page"


@dataclass(frozen=True)
class Scope:
    """Whose work a person pauses or resumes: all of it, a project's, one kind, or one kind of a project.

    `owner_id` None is everybody; only an operator may use it.
    """

    owner_id: int | None
    project_id: UUID | None = None
    kind: str = ""

    @property
    def reason(self) -> str:
        if self.owner_id is None:
            return f"{PAUSED} by the operator of this studio. It goes on by itself when they resume."
        kind, project = f"“{kind_label(self.kind)}”" if self.kind else "", "this project" if self.project_id else ""
        what = " of ".join(part for part in (kind, project) if part) or "all jobs"
        return f"{PAUSED}: resume {what} {WHERE_TO_RESUME}."

    @property
    def jobs(self) -> "QuerySet[Job]":
        found = Job.objects.all() if self.owner_id is None else Job.objects.filter(owner_id=self.owner_id)
        if self.project_id is not None:
            found = found.filter(project_id=self.project_id)
        # A shot's parts are clips, too.
        parts = [Kind.VIDEO_PART] if self.kind == Kind.VIDEO else []
        return found.filter(kind__in=[self.kind, *parts]) if self.kind else found


def active_pauses() -> "QuerySet[Pause]":
    return Pause.objects.filter(lifted_at=None)


def pauses_of(user: User) -> "QuerySet[Pause]":
    """Return what holds the user's jobs, oldest first: their own pauses and those of an operator."""
    return active_pauses().filter(Q(owner=user) | Q(owner=None))


def project_pauses(*, owner_id: int, project_id: UUID, live: Collection[Job]) -> list[Pause]:
    """Return what a project's page calls paused, oldest first: all of its jobs, or those of the `live` ones that wait.
    A pause of one kind in all projects counts only while such a job waits here."""
    waiting = {(job.kind.removesuffix("_part"), job.provider) for job in live if job.is_paused}
    found = active_pauses().filter(Q(owner=None) | Q(owner_id=owner_id), Q(project_id=None) | Q(project_id=project_id))
    return [
        pause
        for pause in found
        if pause.project_id
        or not (pause.kind or pause.provider)
        or any(pause.kind in {"", kind} and pause.provider in {"", provider} for kind, provider in waiting)
    ]


def _covering(*, owner: Any, project_id: Any, kind: Any, provider: Any) -> "QuerySet[Pause]":
    """Return the pauses that hold such a job. Pausing clips pauses the parts of a shot, too. Nothing holds a piece of
    another job's work: that job has started, and what runs goes on."""
    pauses = active_pauses().alias(held_kind=ExpressionWrapper(kind, CharField())).exclude(held_kind__in=PIECES)
    return pauses.filter(
        Q(owner=None) | Q(owner=owner),
        Q(project_id=None) | Q(project_id=project_id),
        Q(kind="") | Q(kind=kind) | Q(kind=Replace(kind, Value("_part"), Value(""))),
        Q(provider="") | Q(provider=provider),
    )


def pauses_of_the_job() -> "QuerySet[Pause]":
    """Return what holds a job row, as a subquery of it."""
    names = ("owner", "project_id", "kind", "provider")
    return _covering(**{name: OuterRef(name) for name in names})


def job_is_paused() -> Exists:
    """A condition for job rows: something holds them."""
    return Exists(pauses_of_the_job())


def paused_jobs(scope: Scope) -> "QuerySet[Job]":
    """Return the scope's queued jobs that wait for a pause, whichever it is."""
    return scope.jobs.filter(job_is_paused(), state=State.QUEUED).order_by()


def going_on(scope: Scope) -> "QuerySet[Job]":
    """Return the scope's jobs that run, or are with a provider: no pause stops these."""
    return scope.jobs.filter(state__in=[State.RUNNING, State.WAITING]).order_by()


def with_pause_reason(jobs: "QuerySet[Job]") -> "QuerySet[Job]":
    """Add to each job why it is paused; null if it isn't."""
    return jobs.annotate(pause_reason=Subquery(pauses_of_the_job().values("reason")[:1]))


def pause_reasons(job: Job) -> "QuerySet[Pause, str]":
    """Return why such a job wouldn't start, as a subquery; the job need not be saved yet."""
    found = _covering(owner=job.owner_id, project_id=job.project_id, kind=Value(job.kind), provider=job.provider)
    return found.values_list("reason", flat=True)[:1]
