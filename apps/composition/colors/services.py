"""Starting the job that measures the colors of a project's clips."""

from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.composition.colors.preview import matching_plan
from apps.composition.parameters import ClipColorsParameters
from apps.core.errors import ConflictError
from apps.jobs.kinds import Kind
from apps.jobs.models import ACTIVE_STATES, Job
from apps.jobs.services import NewJob, job_create
from apps.projects.models import Project
from apps.projects.selectors import project_get


def colors_measure(*, by: User, project_id: UUID) -> Job:
    """Start the job that measures what isn't known of the project's clips, or return the one that is at it. Raises
    InputError before there are clips."""
    project = project_get(by=by, project_id=project_id)
    matching_plan(project)
    new = NewJob(
        kind=Kind.CLIP_COLORS,
        parameters=ClipColorsParameters(project_id=project.pk),
        dedupe_key=_key(project),
    )
    try:
        with transaction.atomic():
            return job_create(by=by, new=new)
    except ConflictError:
        # Another request has just started it.
        return Job.objects.filter(dedupe_key=new.dedupe_key).latest("created_at")


def measuring_job(project: Project) -> Job | None:
    """Return the job that measures the project's clips now."""
    return Job.objects.filter(dedupe_key=_key(project), state__in=ACTIVE_STATES).first()


def _key(project: Project) -> str:
    return f"clip_colors:{project.pk}"
