"""The nightly comparison of rows that must agree, over all apps: see `apps/jobs/sanity.py`."""

from datetime import datetime

import structlog
from django.db.models import Exists, OuterRef, Q

from apps.jobs.models import Job
from apps.jobs.sanity import PATIENCE, Disagreement, jobs_disagreements
from apps.jobs.states import LIVE, State
from apps.projects.models import Project
from apps.songs.models import AnalysisState

log = structlog.get_logger(__name__)


def sanity_check(*, now: datetime) -> list[Disagreement]:
    """Return what does not agree, after logging each as an error."""
    found = [*jobs_disagreements(now=now), *_projects(now)]
    for one in found:
        log.error("sanity_problem", problem=one.name, subject=one.subject, detail=one.detail)
    log.info("sanity_checked", problems=len(found))
    return found


def _projects(now: datetime) -> list[Disagreement]:
    """Return the projects that make something, as their page says, while no job does, for longer than the rounds that
    move them on may take."""
    jobs = Job.objects.filter(project_id=OuterRef("pk"))
    idle = Project.objects.filter(
        ~Exists(jobs.filter(Q(state__in=LIVE) | Q(updated_at__gte=now - PATIENCE))),
        generating=True,
        generating_since__lt=now - PATIENCE,
    ).exclude(song__analysis_state=AnalysisState.WAITING)
    since = idle.values_list("pk", "generating_since")
    found = [Disagreement("generating_without_a_job", str(project_id), f"since {at}") for project_id, at in since]
    deaf = Project.objects.filter(generating=True, generating_since__lt=now - PATIENCE).filter(
        song__analysis_state=AnalysisState.WAITING
    )
    for project_id, song_id in deaf.values_list("pk", "song_id"):
        if not Job.objects.filter(parameters__song_id=str(song_id), state__in=[*LIVE, State.NEEDS_ATTENTION]).exists():
            found.append(Disagreement("song_without_an_analysis", str(project_id), f"song {song_id}"))
    return found
