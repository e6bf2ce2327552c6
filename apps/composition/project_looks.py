"""How all of a project's videos are composed, and their outputs as shown on a page."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.fields.json import KT

from apps.accounts.models import User
from apps.composition.captions import caption_words, captions_check
from apps.composition.models import Composition, Output, ProjectLook
from apps.composition.options import OptionChanges
from apps.composition.planning import project_look
from apps.composition.selectors import CurrentPlans, composition_is_stale, compositions_of
from apps.core.json import JsonObject
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock

log = structlog.get_logger(__name__)


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


def project_look_set(*, by: User, project_id: UUID, options: JsonObject) -> ProjectLook:
    """Change how the project's videos are composed; a value of None restores the flavor's. Of captions, only the given
    values change.

    Raises InputError (`missing_glyphs`) for captions to be burned in with characters that no font can draw."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        look, _ = ProjectLook.objects.get_or_create(project=project)
        values = {**look.options, **options}
        if options.get("captions") is not None:
            captions = project_look(project).captions.changed(options["captions"])
            captions_check(caption_words(project), captions)
            values["captions"] = captions.model_dump(mode="json")
        look.options = {name: value for name, value in values.items() if value is not None}
        look.save()
    log.info("project_look_set", project_id=str(project_id), **look.options)
    return look


def project_look_get(*, by: User, project_id: UUID) -> ProjectLook:
    """Return the project's look, or an unsaved default one."""
    project = project_get(by=by, project_id=project_id)
    return ProjectLook.objects.filter(project=project).first() or ProjectLook(project=project)


def look_told(look: ProjectLook) -> JsonObject:
    """Return what the project sets, and its captions even where nobody chose them."""
    options = OptionChanges.model_validate(look.options)
    return {**look.options, "captions": options.captions.changed({}).model_dump(mode="json")}
