"""How all of a project's videos are composed, and their outputs as shown on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.fields.json import KT

from apps.accounts.models import User
from apps.composition.models import Composition, Output, ProjectLook
from apps.composition.selectors import CurrentPlans, composition_is_stale, compositions_of
from apps.composition.services import output_create, project_compose
from apps.core.errors import InputError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock

log = structlog.get_logger(__name__)

SHORTEST_HOOK_SECONDS, LONGEST_HOOK_SECONDS = 15, 30


@dataclass(frozen=True)
class OutputState:
    """An output with its newest video and its newest composing job."""

    output: Output
    composition: Composition | None
    job: Job | None
    stale: bool


def outputs_of(now: CurrentPlans) -> list[OutputState]:
    """Return the outputs in the order they were added."""
    project = now.project
    outputs = list(Output.objects.filter(project=project))
    newest = (
        compositions_of(project).filter(output__in=outputs).order_by("output_id", "-created_at").distinct("output_id")
    )
    made = {composition.output_id: composition for composition in newest}
    jobs = _newest_jobs(project)
    return [
        OutputState(output, found, jobs.get(str(output.pk)), found is not None and composition_is_stale(found, now))
        for output in outputs
        for found in [made.get(output.pk)]
    ]


def _newest_jobs(project: Project) -> dict[str, Job]:
    """Return jobs by output id, without their plans, which are large and not needed here."""
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.COMPOSE).annotate(output=KT("parameters__output_id"))
    newest = jobs.filter(output__isnull=False).order_by("output", "-created_at").distinct("output")
    return {job.output: job for job in newest.defer("parameters", "result")}


def outputs_add(
    *,
    by: User,
    project_id: UUID,
    aspect_ratios: Sequence[str],
    resolution: str,
    hook_seconds: Decimal | None = None,
    hook_start: Decimal | None = None,
) -> list[Output]:
    """Add an output for each shape, named after its format, and start composing it if every scene has a clip.

    Raises ConflictError if one of them already exists; then none is added."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        outputs = [
            output_create(
                by=by,
                project_id=project_id,
                aspect_ratio=aspect_ratio,
                resolution=resolution,
                hook_seconds=hook_seconds,
                hook_start=hook_start,
            )
            for aspect_ratio in aspect_ratios
        ]
    for output in outputs:
        try:
            project_compose(by=by, project_id=project_id, output_id=output.pk)
        except InputError as error:
            log.info("output_not_composed_yet", output_id=str(output.pk), reason=error.code)
    return outputs


def project_look_set(*, by: User, project_id: UUID, options: Mapping[str, str | float | None]) -> ProjectLook:
    """Change how the project's videos are composed; a value of None restores the flavor's."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        look, _ = ProjectLook.objects.get_or_create(project=project)
        values = {**look.options, **options}
        look.options = {name: value for name, value in values.items() if value is not None}
        look.save()
    log.info("project_look_set", project_id=str(project_id), **look.options)
    return look


def project_look_get(*, by: User, project_id: UUID) -> ProjectLook:
    """Return the project's look, or an unsaved default one."""
    project = project_get(by=by, project_id=project_id)
    return ProjectLook.objects.filter(project=project).first() or ProjectLook(project=project)
