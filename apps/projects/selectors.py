"""Reads of projects. Somebody else's project is not found."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.jobs.models import Job
from apps.jobs.states import LIVE
from apps.projects.models import Project


class ProjectStatus(StrEnum):
    """Read from what is there, never stored."""

    DRAFT = "draft"
    GENERATING = "generating"
    COMPLETED = "completed"
    ERROR = "error"


def projects_of(by: User) -> QuerySet[Project]:
    """The user's projects, newest first, each with `has_live_jobs`."""
    live = Job.objects.filter(project_id=OuterRef("pk"), state__in=sorted(LIVE))
    related = ("song__asset", "character_reference", "final_video")
    projects = Project.objects.filter(owner=by).select_related(*related).annotate(has_live_jobs=Exists(live))
    # A song's analysis is 100 kB of JSON; the few who want it fetch it when they read it.
    return projects.defer("song__analysis")


def project_get(*, by: User, project_id: UUID) -> Project:
    project = projects_of(by).filter(pk=project_id).first()
    if project is None:
        raise NotFound("This project doesn't exist.")
    return project


def project_lock(*, by: User, project_id: UUID) -> Project:
    """The project's row, locked for the rest of the transaction: every change of its scenes takes this lock."""
    project = Project.objects.select_for_update(of=("self",)).filter(owner=by, pk=project_id).first()
    if project is None:
        raise NotFound("This project doesn't exist.")
    return project


def project_status(project: Project) -> ProjectStatus:
    """Of a project that came from `projects_of`."""
    if project.generating or getattr(project, "has_live_jobs", False):
        return ProjectStatus.GENERATING
    if project.problem:
        return ProjectStatus.ERROR
    return ProjectStatus.COMPLETED if project.final_video_id else ProjectStatus.DRAFT


def song_seconds(project: Project) -> Decimal | None:
    """Length of the used part of the song; None without a song or while its length is not known."""
    end = project.song_end
    if end is None and project.song is not None and project.song.asset.duration_seconds is not None:
        end = Decimal(str(project.song.asset.duration_seconds)).quantize(Decimal("0.000001"))
    return None if end is None or project.song is None else end - project.song_start
