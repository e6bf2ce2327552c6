"""Composing videos, and managing them and their outputs."""

from decimal import Decimal
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.composition.models import Composition, Output
from apps.composition.options import OptionChanges
from apps.composition.parameters import ComposeParameters
from apps.composition.planning import project_plan
from apps.composition.selectors import composition_get, composition_is_stale, current_composition, output_get
from apps.core.errors import ConflictError, InputError
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.services import NewJob, job_cancel, job_create
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock

log = structlog.get_logger(__name__)


def project_compose(
    *,
    by: User,
    project_id: UUID,
    output_id: UUID | None = None,
    overrides: OptionChanges | None = None,
    flavor: str = "",
    idempotency: Idempotency | None = None,
) -> Job:
    """Compose the project's video from its current clips. The plan is frozen now; later changes don't affect it.

    Raises InputError when a clip is missing, ConflictError while the same output is being composed."""
    with transaction.atomic():
        project = project_get(by=by, project_id=project_id)
        output = output_get(by=by, project_id=project_id, output_id=output_id) if output_id else None
        planned = project_plan(project, output=output, overrides=overrides, flavor=flavor)
        job = job_create(
            by=by,
            new=NewJob(
                kind=Kind.COMPOSE,
                parameters=ComposeParameters(
                    project_id=project.pk,
                    plan=planned.plan,
                    fingerprint=planned.plan.fingerprint,
                    output_id=output_id,
                    options=overrides or OptionChanges(),
                ),
                project_id=project.pk,
                dedupe_key=f"compose:{project.pk}:{output_id or 'main'}",
                flavor=planned.flavor,
                config_hash=planned.config_hash,
            ),
            idempotency=idempotency,
        )
    log.info("compose_requested", project_id=str(project_id), job_id=str(job.pk), scenes=len(planned.plan.shots))
    return job


def project_final_is_fresh(*, project: Project) -> bool:
    """Return whether the final video shows the project's current state."""
    current = current_composition(project)
    return current is not None and not composition_is_stale(current)


def composition_revert(*, by: User, project_id: UUID, composition_id: UUID) -> Composition:
    """Make an earlier composed video the final one again. It stays stale if clips have changed since."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        composition = composition_get(project=project, composition_id=composition_id)
        if composition.output_id is not None:
            raise InputError("Only a video in the project's own format can be its final video.")
        project.final_video = composition.asset
        project.save(update_fields=["final_video", "updated_at"])
    log.info("composition_brought_back", project_id=str(project_id), composition_id=str(composition_id))
    return composition


def output_create(
    *,
    by: User,
    project_id: UUID,
    name: str = "",
    aspect_ratio: str,
    resolution: str,
    hook_seconds: Decimal | None = None,
    hook_start: Decimal | None = None,
) -> Output:
    """Create another shape or a short cut of the project's video, named after its format if no name is given."""
    words = f"{aspect_ratio} · {resolution.upper() if resolution == '4k' else resolution}"
    name = name or words + _hook_label(hook_seconds, hook_start)
    project = project_get(by=by, project_id=project_id)
    try:
        with transaction.atomic():
            return Output.objects.create(
                project=project,
                name=name,
                aspect_ratio=aspect_ratio,
                resolution=resolution,
                hook_seconds=hook_seconds,
                hook_start=hook_start,
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already an output named {name!r}. Choose another name.") from error


def _hook_label(seconds: Decimal | None, start: Decimal | None) -> str:
    if seconds is None:
        return ""
    place = "" if start is None else f" from {int(start) // 60}:{start % 60:04.1f}"
    return f" · hook {seconds.normalize():f} s{place}"


def output_delete(*, by: User, project_id: UUID, output_id: UUID) -> None:
    """Delete the output and the record of its videos, and cancel its composing jobs; housekeeping deletes the files
    later."""
    output = output_get(by=by, project_id=project_id, output_id=output_id)
    for job_id in live_jobs(project_id).filter(parameters__output_id=str(output_id)).values_list("pk", flat=True):
        try:
            job_cancel(by=by, job_id=job_id)
        except ConflictError:
            log.info("job_ended_before_cancel", job_id=str(job_id))
    output.delete()
