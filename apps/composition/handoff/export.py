"""The editor's package of a project: starting to pack it, and finding the current one."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.fields.json import KT

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.composition.captions import readable_words
from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.markers import Marker, song_markers
from apps.composition.handoff.options import HandoffOptions
from apps.composition.parameters import ExportParameters
from apps.composition.planning import project_look, project_plan
from apps.composition.results import PackageResult, PackedFile
from apps.core.errors import ConflictError, InputError
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.services import NewJob, job_create
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_get

# Increase this when the package's files change, so that an older package isn't served as the current one.
_PACKAGE_VERSION = 4


def project_export(
    *, by: User, project_id: UUID, options: HandoffOptions | None = None, idempotency: Idempotency | None = None
) -> Job:
    """Start packing the project's current state. Raises InputError when a clip is missing."""
    with transaction.atomic():
        project = project_get(by=by, project_id=project_id)
        plan = project_plan(project).plan
        return job_create(
            by=by,
            new=NewJob(
                kind=Kind.EXPORT,
                parameters=ExportParameters(
                    project_id=project.pk,
                    plan=plan,
                    fingerprint=_fingerprint(project, plan),
                    package_version=_PACKAGE_VERSION,
                    options=options or HandoffOptions(),
                ),
                project_id=project.pk,
                dedupe_key=f"export:{project.pk}",
            ),
            idempotency=idempotency,
        )


def latest_export(project: Project, options: HandoffOptions | None = None) -> Asset | None:
    """Return the newest package of the project's current state, with these options if given; None if there is none."""
    fingerprint = _fingerprint(project, project_plan(project).plan)
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.EXPORT, state=State.SUCCEEDED)
    same = jobs.filter(parameters__fingerprint=fingerprint, parameters__package_version=_PACKAGE_VERSION)
    if options is not None:
        same = same.filter(parameters__options=options.model_dump(mode="json"))
    job = same.order_by("-created_at").first()
    return Asset.objects.filter(pk=job.result.get("archive_id")).first() if job else None


def export_being_packed(project_id: UUID, options: HandoffOptions | None = None) -> Job | None:
    """Return the unfinished job that packs the project, with these options if given."""
    jobs = live_jobs(project_id).filter(kind=Kind.EXPORT)
    if options is not None:
        jobs = jobs.filter(parameters__options=options.model_dump(mode="json"))
    return jobs.first()


@dataclass(frozen=True)
class PackageState:
    """The newest package of a project. `archive` is missing until it is packed; `current`: it has the project's current
    state."""

    job: Job
    archive: Asset | None
    files: tuple[PackedFile, ...]
    current: bool


def package_state(project: Project) -> PackageState | None:
    """Return the project's newest package, packed or not; None if nobody has asked for one."""
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.EXPORT)
    marked = jobs.annotate(made_from=KT("parameters__fingerprint"), release=KT("parameters__package_version"))
    job = marked.defer("parameters").order_by("-created_at").first()
    if job is None:
        return None
    if job.state != State.SUCCEEDED:
        return PackageState(job, None, (), current=False)
    result = PackageResult.model_validate(job.result)
    archive = Asset.objects.filter(pk=result.archive_id).first()
    current = archive is not None and job.release == str(_PACKAGE_VERSION) and job.made_from == _now(project)
    return PackageState(job, archive, result.files, current)


def _now(project: Project) -> str:
    """Return the fingerprint of the project's current state; "" where it can't be packed."""
    try:
        return _fingerprint(project, project_plan(project).plan)
    except InputError:
        return ""


def export_get(*, by: User, project_id: UUID) -> Asset:
    """Return the package of the project's current state. Raises ConflictError if it has to be packed first."""
    project = project_get(by=by, project_id=project_id)
    if archive := latest_export(project):
        return archive
    packing = export_being_packed(project_id)
    if packing is not None:
        raise ConflictError(
            "The package is still being created. Try again when its job is done.",
            code="export_in_progress",
            errors={"job": f"/api/jobs/{packing.pk}"},
        )
    raise ConflictError(
        "There is no up-to-date package. Create it first.",
        code="export_not_packed",
    )


def project_markers(project: Project, plan: FrozenPlan) -> tuple[Marker, ...]:
    """Return everything that can be marked on the plan's frames."""
    return song_markers(plan, project.song, readable_words(project))


def _fingerprint(project: Project, plan: FrozenPlan) -> str:
    """Equal for packages with the same files: unlike a video, a timeline contains the title, lyrics and beats, and the
    files of the lyrics look like captions even where none are burned in."""
    facts = (plan.fingerprint, plan.title, project_markers(project, plan), project_look(project).captions.changed({}))
    return hashlib.sha256(repr(facts).encode()).hexdigest()
