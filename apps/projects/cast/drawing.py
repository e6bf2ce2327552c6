"""Pictures of a subject drawn by a provider: one from its description, or a reference sheet after its picture."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import ConflictError, InputError
from apps.core.text import listed
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.cast.lead import lead_show, picture_place
from apps.projects.cast.selectors import lead_of, subject_get, subjects_of, used_pictures
from apps.projects.models import PictureOrigin, Project, Subject, SubjectKind, SubjectPicture
from apps.projects.selectors import project_lock
from apps.providers.capabilities import Capability
from apps.work.choice import Choice, Picked, picked_for, provider_choose
from apps.work.frozen import FrozenRequest, ImageValues, InputSource, SubjectValues
from apps.work.parameters import ReferenceParameters
from apps.work.seeds import SEED_MAXIMUM
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start
from engines.media.formats import picture_size

# What a reference sheet shows, by kind.
SHEETS: Mapping[str, tuple[str, ...]] = {
    SubjectKind.CHARACTER: ("front", "three-quarter", "profile", "full body"),
    SubjectKind.PLACE: ("day", "night"),
}
SHEET_RATIO = "1:1"


def picture_works(subject: Subject, *, sheet: bool = False, asked: Picked = Picked(), flavor: str = "") -> list[Work]:  # noqa: B008  # frozen
    """Return the work of drawing the subject with the asked or the project's model: one picture, or one for each view
    of a sheet that it has no picture of yet. Raises InputError if there is nothing to draw from, ConflictError if the
    sheet is complete."""
    project = subject.project
    assert project is not None  # noqa: S101 - the library draws nothing
    own = picked_for(Capability.IMAGE, providers=project.providers, models=project.chosen_models)
    choice = provider_choose(Capability.IMAGE, flavor=flavor or project.flavor, picks=(asked, own))
    if sheet:
        return _sheet_works(subject, project, choice)
    if not subject.description.strip():
        detail = f"Describe “{subject.name}” first."
        raise InputError(detail, errors={"description": [detail]})
    return [_work(subject, project, choice, prompt=_prompt(subject, choice.config.values["image_prompts"]))]


def pictures_draw(
    *,
    by: User,
    project_id: UUID,
    subject_id: UUID,
    spending: Spending,
    sheet: bool = False,
    asked: Picked = Picked(),  # noqa: B008  # frozen
    flavor: str = "",
    idempotency: Idempotency | None = None,
) -> list[Job]:
    """Draw a picture or what is missing of a reference sheet, a job for each picture. One becomes the preferred picture
    only if there is none yet. Raises ConflictError while the same is being drawn, or if the sheet is complete,
    BudgetExceeded if the cost needs confirmation."""
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return [earlier]
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
        works = picture_works(subject, sheet=sheet, asked=asked, flavor=flavor)
        total = sum((work.quote.amount for work in works), Decimal(0))
        spending_check(total, Spending(project.confirm_above, spending.confirmed, spending.max_cost))
        return [
            work_start(
                by=by,
                work=work,
                project_id=project_id,
                dedupe_key=_key(subject, project, work),
                idempotency=None if number else idempotency,
            )
            for number, work in enumerate(works)
        ]


def pictures_arrive(*, project_id: UUID, asked: ReferenceParameters, image_ids: Sequence[UUID], used: bool) -> None:
    """Add drawn pictures to their subject, at the end of its order, those of a sheet in its order; not `used`, they are
    only kept. Call it inside the transaction that ends the job."""
    project = Project.objects.select_for_update(of=("self",)).filter(pk=project_id).first()
    if project is None:
        return
    subjects = subjects_of(project)
    subject = lead_of(subjects) if asked.subject_id is None else subjects.filter(pk=asked.subject_id).first()
    if subject is None:
        return
    origin = PictureOrigin.SHEET if asked.view else PictureOrigin.DRAWN
    for image_id in image_ids:
        asset = Asset.objects.get(pk=image_id)
        picture = picture_place(subject, asset, origin=origin, first=False, view=asked.view)
        if not used:
            SubjectPicture.objects.filter(pk=picture.pk).update(position=None)
        elif asked.view:
            _sheet_sort(subject)
    lead_show(project)


def sheet_views(subject: Subject) -> tuple[list[str], list[str]]:
    """Return the views of the subject's sheet that it has pictures of, in use or put aside, and those it lacks."""
    views = SHEETS.get(subject.kind, ())
    drawn = {one.view for one in subject.pictures.all()}
    return [one for one in views if one in drawn], [one for one in views if one not in drawn]


def _sheet_sort(subject: Subject) -> None:
    """Bring the sheet's pictures into its order, in the places that they have: they arrive in any. The preferred one
    stays."""
    views = SHEETS.get(subject.kind, ())
    used = SubjectPicture.objects.filter(subject=subject, position__isnull=False)[1:]
    pictures = [one for one in used if one.origin == PictureOrigin.SHEET and one.view in views]
    places = [one.position for one in pictures]
    for place, one in zip(places, sorted(pictures, key=lambda one: views.index(one.view)), strict=True):
        SubjectPicture.objects.filter(pk=one.pk).update(position=place)


def reference_key(project_id: UUID) -> str:
    """Return the dedupe key that allows one drawing of the lead at a time."""
    return f"project:{project_id}:character_reference"


def _key(subject: Subject, project: Project, work: Work) -> str:
    view = work.parameters.view if isinstance(work.parameters, ReferenceParameters) else ""
    lead = lead_of(subjects_of(project))
    if lead is not None and lead.pk == subject.pk and not view:
        return reference_key(project.pk)
    return f"subject:{subject.pk}:picture:{view}"


def _sheet_works(subject: Subject, project: Project, choice: Choice) -> list[Work]:
    there, views = sheet_views(subject)
    if not (there or views):
        raise InputError("Only characters and places have reference sheets.", errors={"sheet": ["characters, places"]})
    picture = next(iter(used_pictures(subject)), None)
    if picture is None:
        detail = f"Upload or draw a picture of “{subject.name}” first; the sheet is drawn after it."
        raise InputError(detail, code="input_missing", errors={"sheet": [detail]})
    if not views:
        detail = f"“{subject.name}” has its whole sheet: {listed(there)}. Remove what you want drawn anew first."
        raise ConflictError(detail, code="already_there")
    templates = choice.config.values["image_prompts"]["views"]
    works = [
        _work(subject, project, choice, prompt=_filled(templates[view], subject), view=view, picture=picture)
        for view in views
        if view in templates
    ]
    if works and not choice.provider.built_in and not choice.provider.pictures_sent(works[0].request):
        raise InputError(
            "This model takes no reference picture, so it can't draw the same again. Choose another model.",
            code="input_unsupported",
            errors={"model": ["takes no reference picture"]},
        )
    return works


def _work(
    subject: Subject,
    project: Project,
    choice: Choice,
    *,
    prompt: str,
    view: str = "",
    picture: SubjectPicture | None = None,
) -> Work:
    values = choice.config.values
    of_person = subject.kind == SubjectKind.CHARACTER
    ratio = SHEET_RATIO if view and of_person else project.aspect_ratio
    width, height = picture_size(ratio, values["resolution"])
    built_in = choice.provider.built_in
    # The draft reads people from pictures, not places; everything else it reads from the subject's own words.
    source = picture if picture is not None and (of_person or not built_in) else None
    shown = SubjectValues(
        name=subject.name,
        kind=subject.kind,
        description=subject.description if built_in else "",
        never_change=subject.never_change if built_in else "",
        input="character_reference" if source else "",
    )
    request = ImageValues(
        prompt=prompt,
        negative_prompt=values["image_prompts"]["negative_prompt"],
        width=width,
        height=height,
        aspect_ratio=ratio,
        purpose="character_reference" if of_person and not view else "subject",
        view=view,
        subjects=(shown,) if source or built_in else (),
        seed=(project.seed + subject.pictures.count()) % (SEED_MAXIMUM + 1),
        settings=dict(values),
    )
    inputs = {"character_reference": InputSource(asset_id=source.asset_id)} if source else {}
    parameters = ReferenceParameters(frozen=FrozenRequest.of(request, inputs), subject_id=subject.pk, view=view)
    return work_prepare(by=subject.owner, kind=Kind.CHARACTER_REFERENCE, parameters=parameters, choice=choice)


def _prompt(subject: Subject, templates: Mapping[str, Any]) -> str:
    if subject.kind == SubjectKind.CHARACTER:
        return _description(subject)
    return _filled(str(templates[subject.kind]), subject)


def _filled(template: str, subject: Subject) -> str:
    return template.replace("{name}", subject.name).replace("{description}", _description(subject) or subject.name)


def _description(subject: Subject) -> str:
    return ". ".join(text.strip().rstrip(".") for text in (subject.description, subject.never_change) if text.strip())
