"""Composing videos, and bringing earlier ones back."""

from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.composition.models import Composition
from apps.composition.options import OptionChanges
from apps.composition.parameters import ComposeParameters
from apps.composition.planning import project_plan
from apps.composition.selectors import composition_get, composition_is_stale, current_composition, output_get
from apps.core.errors import InputError
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
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
