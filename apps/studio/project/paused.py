"""What the bar of a project's pages says while its jobs are paused."""

from collections.abc import Collection
from dataclasses import dataclass

from apps.jobs.labels import kind_label
from apps.jobs.models import Job, Pause
from apps.jobs.pauses import project_pauses
from apps.projects.models import Project


@dataclass(frozen=True)
class Paused:
    """`words`: what is paused. `resume`: what the button says; "" where only an operator can resume."""

    words: str
    resume: str


def paused_of(project: Project, live: Collection[Job]) -> Paused | None:
    """Return what holds the project's jobs; None if nothing does."""
    pauses = project_pauses(owner_id=project.owner_id, project_id=project.pk, live=live)
    if not pauses:
        return None
    mine = [pause for pause in pauses if pause.owner_id is not None]
    reason = next((pause.reason for pause in pauses if pause.automatic or pause.owner_id is None), "")
    return Paused(reason or f"Paused: {_scope(pauses)}.", f"Resume {_scope(mine)}" if mine else "")


def _scope(pauses: Collection[Pause]) -> str:
    """Return the widest of what they hold."""
    widest = min(pauses, key=lambda pause: (bool(pause.project_id), bool(pause.kind)))
    return scope_words(widest.kind, "" if widest.project_id else "all projects")


def scope_words(kind: str, title: str) -> str:
    """Return for instance `Image jobs of Night Drive`."""
    jobs = f"{kind_label(kind)} jobs" if kind else "all jobs"
    return f"{jobs} of {title}" if title else jobs
