"""The cast of a project: its people, places and things, each with a page of its own, and who is in a scene."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, InputError, NotFound, StudioError
from apps.projects.cast import services
from apps.projects.cast.drawing import picture_works, pictures_draw
from apps.projects.cast.selectors import subject_get
from apps.projects.cast.serializers import WORDS_LENGTH
from apps.projects.models import Project, Subject, SubjectPicture
from apps.projects.selectors import project_get
from apps.providers.capabilities import Capability
from apps.scenes.cast_removing import picture_remove, subject_remove
from apps.scenes.casting import scenes_subjects
from apps.scenes.history import change_stack, change_undo
from apps.scenes.models import Change
from apps.scenes.selectors import scene_get
from apps.scenes.services import scene_update
from apps.studio.choosing.pickers import call_pick
from apps.studio.forms import form_saves, text_field
from apps.studio.live import live_response, poll_of
from apps.studio.pages.acting import confirm_cost, scene_action, uuid_of
from apps.studio.project.board import Board, board_of
from apps.studio.project.cast_views import (
    COLOR_WORDS,
    KIND_WORDS,
    SubjectView,
    cast_piece,
    subject_pieces,
    subject_views,
    takable,
)
from apps.studio.project.pages.overview import board_context
from apps.work.work import Spending

# The tab that the cast is under.
PAGE = "settings"
NO_SUBJECT = "This project doesn't have that subject."
NO_PICTURE = "It doesn't have that picture."
# The fields of the wardrobe's lines, and how many empty ones a page offers.
SECTION, WEARS = "variant_section", "variant_description"
EMPTY_LINES = 1
EMPTY_LINE = {"section": "", "description": ""}


class Where(TypedDict):
    by: User
    project_id: UUID
    subject_id: UUID


class SubjectForm(forms.Form):
    kind = forms.ChoiceField(choices=KIND_WORDS, error_messages={"required": "Choose what it is."})
    name = text_field(length=80, missing="Give it a name.")
    description = text_field(length=WORDS_LENGTH)
    never_change = text_field(length=WORDS_LENGTH)
    color = forms.ChoiceField(choices=COLOR_WORDS, required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # One that was set over the API.
        own = str(self.initial.get("color", ""))
        if own not in dict(COLOR_WORDS):
            self.fields["color"].choices = [*COLOR_WORDS, (own, own)]  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cast(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the cast. POST: add a subject, take one from the library (`copy_of`), or bring back the one that was removed
    last (`undo`, the change's id)."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    if request.method == "POST" and "copy_of" in request.POST:
        return _acted(request, project, lambda: _take(by, project, request.POST["copy_of"]))
    if request.method == "POST" and "undo" in request.POST:
        return _acted(request, project, lambda: _bring_back(by, project, request.POST["undo"]))
    form = SubjectForm(request.POST if request.method == "POST" else None, initial={"kind": "character"})
    if form_saves(form, lambda: _create(by, project, form)):
        return redirect("studio:cast", project.pk)
    board = _board(project)
    context = {
        **board_context(request, board, PAGE),
        "poll": poll_of(_news_url(project), busy=board.busy),
        "form": form,
        "takable": takable(by, project),
        "removed": _removed(by, project),
    }
    return render(request, "studio/cast.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def subject(request: HttpRequest, project_id: UUID, subject_id: UUID) -> HttpResponse:
    """Show one subject with its pictures. POST: save its words."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    row = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    form = SubjectForm(request.POST if request.method == "POST" else None, initial=_initial(row))
    if form_saves(form, lambda: _save(request, by, row, form)):
        return redirect("studio:subject", project.pk, subject_id)
    board = _board(project, row)
    context = {
        **board_context(request, board, PAGE),
        "poll": poll_of(_news_url(project, row), busy=board.busy),
        "form": form,
        "view": _view(project, row),
        "removed": _removed(by, project, row),
        "variants": [*(_lines(request) if form.errors else row.variants), *[EMPTY_LINE] * EMPTY_LINES],
    }
    return render(request, "studio/subject.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def cast_news(request: HttpRequest, project_id: UUID, subject_id: UUID | None = None) -> HttpResponse:
    """Return what changed on the cast's page, or on a subject's, whose own POST saves it."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    row = subject_get(by=by, project_id=project_id, subject_id=subject_id) if subject_id else None
    board = _board(project, row)
    return live_response(request, board.pieces, url=_news_url(project, row), busy=board.busy)


@login_required
@require_POST
def subject_act(request: HttpRequest, project_id: UUID, subject_id: UUID, what: str) -> HttpResponse:
    """Do what a button says: `draw`, `sheet` or `upload` a picture, `prefer` one, put it `aside` or `remove-picture`,
    say for which `section` it is; bring back the one that was removed last (`undo`, the change's id);
    make the subject the `lead`, `keep` it in the library, `delete` it."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    row = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    where: Where = {"by": by, "project_id": project_id, "subject_id": subject_id}

    def picture() -> UUID:
        found = uuid_of(request.POST.get("picture_id", ""), NO_PICTURE)
        if found is None:
            raise NotFound(NO_PICTURE)
        return found

    def draw(*, sheet: bool) -> object:
        asked = call_pick(request, project, Capability.IMAGE)
        spending = Spending(confirmed=request.POST.get("confirm_cost") == "true")
        return pictures_draw(**where, spending=spending, sheet=sheet, asked=asked)

    def upload() -> object:
        files = request.FILES.getlist("file")
        if not files:
            raise InputError("Choose a picture first.")
        # The first one becomes the preferred one.
        return [services.picture_upload(**where, upload=file) for file in reversed(files)]

    def keep() -> None:
        services.subject_keep(**where)
        messages.success(request, f"“{row.name}” is in your library. Other projects can take it on their cast's page.")

    actions: dict[str, Callable[[], object]] = {
        "draw": lambda: draw(sheet=False),
        "sheet": lambda: draw(sheet=True),
        "upload": upload,
        "prefer": lambda: services.picture_update(**where, picture_id=picture(), position=0),
        "aside": lambda: services.picture_update(**where, picture_id=picture(), position=None),
        "section": lambda: services.picture_update(
            **where, picture_id=picture(), section=request.POST.get("section", "")[:40]
        ),
        "remove-picture": lambda: picture_remove(**where, picture_id=picture()),
        "undo": lambda: _bring_back(by, project, request.POST.get("undo", "")),
        "lead": lambda: services.subject_update(**where, position=0),
        "keep": keep,
        "delete": lambda: subject_remove(**where),
    }
    if what not in actions:
        raise NotFound("There is no such button.")
    there = None if what == "delete" else row
    return _acted(request, project, actions[what], there=there)


@login_required
@require_safe
def subject_quote(request: HttpRequest, project_id: UUID, subject_id: UUID, what: str) -> HttpResponse:
    """Return the price of a drawing (`draw`) or a reference sheet (`sheet`); empty if it can't be drawn, which the
    button explains."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    row = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    total: Decimal | None
    try:
        asked = call_pick(request, project, Capability.IMAGE)
        works = picture_works(row, sheet=what == "sheet", asked=asked)
        total = sum((work.quote.amount for work in works), Decimal(0))
    except StudioError:
        total = None
    return render(request, "studio/quote.html", {"total": total})


@login_required
@require_POST
def scene_cast(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Put a subject into the scene, or take it out (`subject_id`)."""
    subject_id = uuid_of(request.POST.get("subject_id", ""), NO_SUBJECT)

    def action(by: User, _: Spending) -> object:
        if subject_id is None:
            raise NotFound(NO_SUBJECT)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        shown = [one.pk for one in scenes_subjects(scene.project, [scene])[scene.pk]]
        left = [one for one in shown if one != subject_id]
        subjects = left if subject_id in shown else [*shown, subject_id]
        return scene_update(by=by, project_id=project_id, sequence=sequence, subjects=subjects)

    return scene_action(request, project_id, sequence, action)


def _board(project: Project, row: Subject | None = None) -> Board:
    """Return what the settings' tab shows above the cast, and the cast or one of its subjects."""
    board = board_of(project, page="cast")
    own = [cast_piece(project, subject_views(project))] if row is None else subject_pieces(project, _view(project, row))
    return replace(board, pieces=[*board.pieces, *own])


def _view(project: Project, row: Subject) -> SubjectView:
    return next(one for one in subject_views(project) if one.subject.pk == row.pk)


def _news_url(project: Project, row: Subject | None = None) -> str:
    if row is None:
        return reverse("studio:cast-news", args=[project.pk])
    return reverse("studio:subject-news", args=[project.pk, row.pk])


def _acted(
    request: HttpRequest, project: Project, action: Callable[[], object], *, there: Subject | None = None
) -> HttpResponse:
    """Act, then go back to the subject or the cast. An error is told there; a cost is asked for."""
    try:
        action()
    except StudioError as error:
        if isinstance(error, BudgetExceeded) and error.code == "confirmation_required":
            return confirm_cost(request, error)
        messages.error(request, error.message)
    if there is None:
        return redirect(reverse("studio:cast", args=[project.pk]))
    return redirect(reverse("studio:subject", args=[project.pk, there.pk]))


def _take(by: User, project: Project, text: str) -> object:
    subject_id = uuid_of(text, NO_SUBJECT)
    if subject_id is None:
        raise InputError("Choose whom or what to take.")
    return services.subject_take(by=by, project_id=project.pk, subject_id=subject_id)


def _removed(by: User, project: Project, row: Subject | None = None) -> Change | None:
    """Return the newest change, if it removed somebody or something from the cast, or a picture of this one."""
    newest = change_stack(by=by, project_id=project.pk).undo
    if newest is None:
        return None
    if row is None:
        return newest if newest.removed_subjects else None
    pictures = SubjectPicture.with_removed.filter(subject=row, pk__in=newest.removed_pictures)
    return newest if pictures.exists() else None


def _bring_back(by: User, project: Project, text: str) -> object:
    """Undo the removal. The button names it, so that it needs no other question."""
    if not text.isdecimal():
        raise InputError("There's nothing to undo.")
    return change_undo(by=by, project_id=project.pk, change_id=int(text), confirmed=True)


def _create(by: User, project: Project, form: forms.Form) -> object:
    names = ("kind", "name", "description", "never_change")
    return services.subject_create(
        by=by, project_id=project.pk, **{name: form.cleaned_data[name] for name in names if name in form.data}
    )


def _initial(row: Subject) -> dict[str, object]:
    return {name: getattr(row, name) for name in SubjectForm.base_fields}


def _lines(request: HttpRequest) -> list[dict[str, str]]:
    """Return the wardrobe's lines as they were typed, without the empty ones."""
    lines = zip(request.POST.getlist(SECTION), request.POST.getlist(WEARS), strict=False)
    return [
        {"section": section[:40], "description": words[:WORDS_LENGTH]}
        for section, words in lines
        if section.strip() or words.strip()
    ]


def _refuse_half_lines(lines: Sequence[Mapping[str, str]]) -> None:
    """Raise InputError for a line without a section, or without words. A line is removed by emptying both."""
    for one in lines:
        if not one["description"].strip():
            raise InputError(f"Say what is different in “{one['section'].strip()}”, or empty the section's name too.")
        if not one["section"].strip():
            raise InputError(f"Say in which section it is “{one['description'].strip()[:40]}”, or empty the line.")


def _save(request: HttpRequest, by: User, row: Subject, form: forms.Form) -> object:
    given = {name: form.cleaned_data[name] for name in SubjectForm.base_fields if name in form.data}
    if SECTION in request.POST:
        given["variants"] = _lines(request)
        _refuse_half_lines(given["variants"])
    version = form.data.get("version", "")
    return services.subject_update(
        by=by,
        project_id=row.project_id,  # type: ignore[arg-type]  # found by its project
        subject_id=row.pk,
        expected_version=int(version) if version.isdecimal() else None,
        **given,
    )
