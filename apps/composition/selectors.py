"""Reads of composed videos. What belongs to somebody else's project is not found."""

import json
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.composition.models import Composition, Output
from apps.composition.planning import project_plan
from apps.core.errors import InputError, NotFound
from apps.projects.models import Project


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


def composition_is_stale(composition: Composition, known: dict[str, str] | None = None) -> bool:
    """Whether composing again with the same wishes would make another video. `known` keeps plans' fingerprints, for
    asking about many compositions of one project at one moment."""
    known = {} if known is None else known
    wishes = json.dumps([str(composition.output_id), composition.options], sort_keys=True)
    if wishes not in known:
        try:
            planned = project_plan(composition.project, output=composition.output, wishes=composition.options)
            known[wishes] = planned.plan.fingerprint
        except InputError:
            known[wishes] = ""  # it cannot be composed now, so it is not what was composed
    return known[wishes] != composition.fingerprint
