"""Drawing the character on Create, before there is a project. Its price is on the button."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import ConflictError, NotFound, StudioError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import job_cancel
from apps.jobs.states import State
from apps.production.references import reference_work, sketch_draw
from apps.projects.models import Project
from apps.projects.services import project_sketch
from apps.studio.choosing.paces import sketch_fields
from apps.studio.forms import CreateForm
from apps.studio.project.cards import view_url
from apps.work.work import Spending


@dataclass(frozen=True)
class CharacterDrawing:
    """What Create shows of the character's picture: one being drawn, one that is there, the price of another.

    `price` is None while it isn't known, which `problem` explains where a person can help."""

    job: Job | None = None
    picture: Asset | None = None
    price: Decimal | None = None
    problem: str = ""

    @property
    def picture_url(self) -> str | None:
        return view_url(self.picture)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_character(request: HttpRequest) -> HttpResponse:
    """Return how far the drawing is. POST starts one, or stops it (`stop`)."""
    by = acting_user(request)
    form = CreateForm(request.POST if request.method == "POST" else request.GET)
    form.full_clean()
    drawing = character_drawing(by, form)
    if request.method == "POST":
        drawing = _stopped(by, form, drawing) if "stop" in request.POST else _started(by, form, drawing)
    return render(request, "studio/create_character.html", {"drawing": drawing, "shown": True})


def character_drawing(by: User, form: CreateForm) -> CharacterDrawing:
    """Return what is known for the form so far; fields that aren't right yet are left out."""
    data = getattr(form, "cleaned_data", {})
    job = _job_of(by, data.get("character_job"))
    picture = _picture_of(by, data.get("character_reference_id"))
    problem = ""
    if job is not None and not job.is_live:
        if job.state == State.SUCCEEDED:
            picture = _picture_of(by, UUID(job.result["images"][0]["image_id"]))
        elif job.state != State.CANCELLED:
            problem = job.error or "The character couldn't be drawn."
        job = None
    return CharacterDrawing(job, picture, _price(by, form), problem)


def _started(by: User, form: CreateForm, drawing: CharacterDrawing) -> CharacterDrawing:
    try:
        spending = Spending(confirmed=True, max_cost=Decimal(form.data.get("price", "0")))
        job = sketch_draw(by=by, project=_sketch(by, form), spending=spending)
    except (StudioError, InvalidOperation) as error:
        words = error.message if isinstance(error, StudioError) else "Reload the page, then try again."
        return CharacterDrawing(None, drawing.picture, drawing.price, words)
    return CharacterDrawing(job, drawing.picture, drawing.price)


def _stopped(by: User, form: CreateForm, drawing: CharacterDrawing) -> CharacterDrawing:
    if drawing.job is None:
        return drawing
    try:
        job_cancel(by=by, job_id=drawing.job.pk)
    except ConflictError:
        # It was drawn a moment ago.
        return character_drawing(by, form)
    return CharacterDrawing(None, drawing.picture, drawing.price)


def _job_of(by: User, job_id: UUID | None) -> Job | None:
    return Job.objects.filter(owner=by, pk=job_id, kind=Kind.CHARACTER_REFERENCE).first() if job_id else None


def _picture_of(by: User, asset_id: UUID | None) -> Asset | None:
    try:
        return asset_get(by=by, asset_id=asset_id, kind=AssetKind.IMAGE) if asset_id else None
    except NotFound:
        return None


def _price(by: User, form: CreateForm) -> Decimal | None:
    try:
        return reference_work(_sketch(by, form, character_description="Somebody")).quote.amount
    except StudioError:
        return None


def _sketch(by: User, form: CreateForm, **more: str) -> Project:
    """Return the project that the form describes so far, without a picture of its character. Raises like
    `project_sketch`."""
    fields = sketch_fields(form)
    fields["character_reference_id"] = None
    fields["character_description"] = more.get("character_description", fields["character_description"])
    return project_sketch(by=by, **fields)
