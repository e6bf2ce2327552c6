"""How a button of a project's page acts: one writing call, then the live pieces. A refusal is shown where it belongs, a
cost that needs a yes is asked for, and without htmx the page follows."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, InputError, StudioError
from apps.generation.work import Spending
from apps.projects.selectors import project_get
from apps.scenes.clips import scene_expect
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get
from apps.studio.board import board_of
from apps.studio.cards import owner_of
from apps.studio.live import held_pieces, live_response
from apps.studio.pages.project import PAGES, board_page_name, confirm_cost, live_url

Action = Callable[[User, Spending], object]

# What every form sends beside its own fields.
OWN_FIELDS = frozenset({"csrfmiddlewaretoken", "seen"})


def scene_action(request: HttpRequest, project_id: UUID, sequence: int, action: Action) -> HttpResponse:
    """A button on a scene. The scene that the form shows must still have that number (`scene_id`)."""
    by = owner_of(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)

    def guarded(by: User, spending: Spending) -> object:
        scene_expect(scene, uuid_of(request.POST.get("scene_id", ""), "There is no such scene."))
        return action(by, spending)

    return project_action(request, project_id, guarded, anchor=f"#scene-{scene.pk}")


def project_action(request: HttpRequest, project_id: UUID, action: Action, *, anchor: str = "") -> HttpResponse:
    """A button that concerns the whole project."""
    by = owner_of(request)
    project_get(by=by, project_id=project_id)
    page = board_page_name(request.POST.get("page", "project"))
    fragment = bool(request.headers.get("HX-Request"))
    try:
        action(by, Spending(confirmed=request.POST.get("confirm_cost") == "true"))
    except BudgetExceeded as error:
        if error.code == "confirmation_required":
            return confirm_cost(request, error)
        raise
    except StudioError as error:
        if fragment:
            raise
        messages.error(request, error.message)
    if fragment:
        board = board_of(project_get(by=by, project_id=project_id), page=page)
        pieces = board.changed_pieces(held_pieces(request))
        return live_response(request, pieces, url=live_url(board, page), busy=board.busy)
    return redirect(f"{reverse(PAGES[page], args=[project_id])}{anchor}")


def scene_dialog(request: HttpRequest, scene: Scene, name: str, **context: object) -> HttpResponse:
    """A dialog about a scene for the page, or a page of its own for a browser without JS."""
    return dialog(request, name, {**context, "scene": scene, "project": scene.project})


def dialog(request: HttpRequest, name: str, context: Mapping[str, object], *, instead: bool = False) -> HttpResponse:
    """`instead`: it answers a form that would not have shown it, so it says itself where it goes."""
    page = board_page_name(request.POST.get("page") or request.GET.get("page", "project"))
    template = f"studio/dialog_{name}.html"
    context = {**context, "page": page, "dialog": template}
    if not request.headers.get("HX-Request"):
        return render(request, "studio/dialog_page.html", context, status=409 if instead else 200)
    response = render(request, template, context)
    if instead:
        response["HX-Retarget"] = "#dialogs"
        response["HX-Reswap"] = "innerHTML"
    return response


def sent_fields(request: HttpRequest, *without: str) -> list[tuple[str, str]]:
    """What a form said, to be said again by another form."""
    names = [name for name in request.POST if name not in OWN_FIELDS | set(without)]
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def uuid_of(text: str, problem: str) -> UUID | None:
    """None for nothing. Raises InputError with `problem` for what is no id."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InputError(problem) from error
