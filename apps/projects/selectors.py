"""Queries for projects. Another user's project counts as not found."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.jobs.models import LIVE_STATES, Job
from apps.projects.models import Project


class ProjectStatus(StrEnum):
    """Derived from the rows, never stored."""

    DRAFT = "draft"
    GENERATING = "generating"
    AWAITING_APPROVAL = "awaiting_approval"
    COMPLETED = "completed"
    ERROR = "error"


def projects_of(by: User) -> QuerySet[Project]:
    """Return the user's projects, newest first, each annotated with `has_live_jobs` and `has_bare_images`."""
    live = Job.objects.filter(project_id=OuterRef("pk"), state__in=LIVE_STATES)
    bare = Project.objects.filter(
        pk=OuterRef("pk"), scenes__deleted_at=None, scenes__image__isnull=False, scenes__current_clip=None
    )
    related = ("song__asset", "character_reference", "final_video")
    projects = (
        Project.objects.filter(owner=by)
        .select_related(*related)
        .annotate(has_live_jobs=Exists(live), has_bare_images=Exists(bare))
    )
    # A song's analysis is 100 kB of JSON; the few readers that need it load it on access.
    return projects.defer("song__analysis")


def project_get(*, by: User, project_id: UUID) -> Project:
    project = projects_of(by).filter(pk=project_id).first()
    if project is None:
        raise NotFound("This project doesn't exist.")
    return project


def project_lock(*, by: User, project_id: UUID) -> Project:
    """Lock and return the project's row until the transaction ends; every change to its scenes takes this lock."""
    project = Project.objects.select_for_update(of=("self",)).filter(owner=by, pk=project_id).first()
    if project is None:
        raise NotFound("This project doesn't exist.")
    return project


def project_status(project: Project) -> ProjectStatus:
    """Return the status of a project loaded by `projects_of`."""
    if project.generating or getattr(project, "has_live_jobs", False):
        return ProjectStatus.GENERATING
    if project.problem:
        return ProjectStatus.ERROR
    if project.needs_approval and getattr(project, "has_bare_images", False):
        return ProjectStatus.AWAITING_APPROVAL
    return ProjectStatus.COMPLETED if project.final_video_id else ProjectStatus.DRAFT


def song_seconds(project: Project) -> Decimal | None:
    """Return the length of the used part of the song; None without a song or while its length is unknown."""
    end = project.song_end
    if end is None and project.song is not None and project.song.asset.duration_seconds is not None:
        end = Decimal(str(project.song.asset.duration_seconds)).quantize(Decimal("0.000001"))
    return None if end is None or project.song is None else end - project.song_start
