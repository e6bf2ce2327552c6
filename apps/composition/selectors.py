"""Queries for composed videos. Anything in another user's project is not found."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.composition.models import Composition, Output
from apps.composition.options import OptionChanges
from apps.composition.parameters import ComposeParameters
from apps.composition.planning import project_plan
from apps.core.errors import InputError, NotFound
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of


def compositions_of(project: Project) -> QuerySet[Composition]:
    """Return the project's composed videos, newest first."""
    return Composition.objects.filter(project=project).select_related("asset", "poster", "output", "project")


def composition_get(*, project: Project, composition_id: UUID) -> Composition:
    found = compositions_of(project).filter(pk=composition_id).first()
    if found is None:
        raise NotFound("This project has no such composed video.")
    return found


def output_get(*, by: User, project_id: UUID, output_id: UUID) -> Output:
    found = Output.objects.filter(project__owner=by, project_id=project_id, pk=output_id).first()
    if found is None:
        raise NotFound("This project has no such output.")
    return found


def current_composition(project: Project, output: Output | None = None) -> Composition | None:
    """Return the current final video, or the newest video of another output."""
    found = compositions_of(project).filter(output=output)
    if output is None:
        found = found.filter(asset_id=project.final_video_id) if project.final_video_id else found.none()
    return found.first()


def composes_final(job: Job) -> bool:
    """Return whether a composing job is for the project's final video, not an output's."""
    parameters = ComposeParameters.find(job)
    return parameters is not None and parameters.output_id is None


@dataclass
class CurrentPlans:
    """A project's plans at one moment, to check many of its compositions: fingerprints by options, and the scenes they
    are made of, read once."""

    project: Project
    scenes: Sequence[Scene]
    fingerprints: dict[str, str] = field(default_factory=dict)


def composition_is_stale(composition: Composition, now: CurrentPlans | None = None) -> bool:
    """Return whether composing again with the same options would produce a different video."""
    now = now or CurrentPlans(composition.project, list(scenes_of(composition.project)))
    request = json.dumps([str(composition.output_id), composition.options], sort_keys=True)
    if request not in now.fingerprints:
        try:
            planned = project_plan(
                now.project,
                output=composition.output,
                overrides=OptionChanges.model_validate(composition.options),
                scenes=now.scenes,
            )
            now.fingerprints[request] = planned.plan.fingerprint
        except InputError:
            now.fingerprints[request] = ""  # it can't be composed now, so it differs from what was
    return now.fingerprints[request] != composition.fingerprint
