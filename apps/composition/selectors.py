"""Reads of composed videos. What belongs to somebody else's project is not found."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.composition.models import Composition, Output
from apps.composition.parameters import ComposeParameters
from apps.composition.planning import project_plan
from apps.core.errors import InputError, NotFound
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of


def compositions_of(project: Project) -> QuerySet[Composition]:
    """Newest first."""
    return Composition.objects.filter(project=project).select_related("asset", "poster", "output", "project")


def composition_get(*, project: Project, composition_id: UUID) -> Composition:
    found = compositions_of(project).filter(pk=composition_id).first()
    if found is None:
        raise NotFound("There is no such composed video in this project.")
    return found


def output_get(*, by: User, project_id: UUID, output_id: UUID) -> Output:
    found = Output.objects.filter(project__owner=by, project_id=project_id, pk=output_id).first()
    if found is None:
        raise NotFound("There is no such output in this project.")
    return found


def current_composition(project: Project, output: Output | None = None) -> Composition | None:
    """The final video in use; of another output, its newest."""
    found = compositions_of(project).filter(output=output)
    if output is None:
        found = found.filter(asset_id=project.final_video_id) if project.final_video_id else found.none()
    return found.first()


def composes_final(job: Job) -> bool:
    """Whether a composing job makes the project's final video, not an output's."""
    parameters = ComposeParameters.find(job)
    return parameters is not None and parameters.output_id is None


@dataclass
class CurrentPlans:
    """The plans of one project at one moment, for asking about many of its compositions: fingerprints by wishes, and
    the scenes that they are made of, read once."""

    project: Project
    scenes: Sequence[Scene]
    fingerprints: dict[str, str] = field(default_factory=dict)


def composition_is_stale(composition: Composition, now: CurrentPlans | None = None) -> bool:
    """Whether composing again with the same wishes would make another video."""
    now = now or CurrentPlans(composition.project, list(scenes_of(composition.project)))
    wishes = json.dumps([str(composition.output_id), composition.options], sort_keys=True)
    if wishes not in now.fingerprints:
        try:
            planned = project_plan(
                now.project, output=composition.output, wishes=composition.options, scenes=now.scenes
            )
            now.fingerprints[wishes] = planned.plan.fingerprint
        except InputError:
            now.fingerprints[wishes] = ""  # it cannot be composed now, so it is not what was composed
    return now.fingerprints[wishes] != composition.fingerprint
