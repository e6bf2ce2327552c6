"""How a button of a project's page acts: one writing call, then the changed pieces. Errors are shown where they belong,
a cost above the threshold asks for confirmation, and without htmx the response is a redirect."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import trigger_client_event

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, ConflictError, InputError, StudioError
from apps.core.htmx import in_dialogs, in_toasts, is_htmx
from apps.projects.selectors import project_get
from apps.scenes.clips import scene_expect
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get
from apps.studio.live import held_pieces, live_response
from apps.studio.project.board import Board, board_of
from apps.studio.project.card_window import full_cards
from apps.work.work import Spending

Action = Callable[[User, Spending], object]

# The pages of a project; each names the tab of its bar.
PAGES = {
    "quick": "studio:quick-gen",
    "edit": "studio:edit",
    "project": "studio:project",
    "settings": "studio:settings",
    "cast": "studio:cast",
}
# Where a page asks what changed on it, if not where it is.
NEWS = {"settings": "studio:settings-news"}
# Pages with pieces that no board has; after an action they ask for what changed by themselves (static/js/live.js).
WITH_OWN_PIECES = {"cast"}
# What every form sends besides its own fields.
OWN_FIELDS = frozenset({"csrfmiddlewaretoken", "seen", "full"})


def scene_action(request: HttpRequest, project_id: UUID, sequence: int, action: Action) -> HttpResponse:
    """Wrap a button on a scene. The form's scene must still have that number (`scene_id`)."""
    by = acting_user(request)
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)

    def guarded(by: User, spending: Spending) -> object:
        scene_expect(scene, uuid_of(request.POST.get("scene_id", ""), "This scene doesn't exist."))
        return action(by, spending)

    return project_action(request, project_id, guarded, anchor=f"#scene-{scene.pk}", usual="quick")


def project_action(
    request: HttpRequest, project_id: UUID, action: Action, *, anchor: str = "", usual: str = "project"
) -> HttpResponse:
    """Wrap a button that concerns the whole project. `usual`: the page if the form names none."""
    by = acting_user(request)
    project_get(by=by, project_id=project_id)
    page = board_page_name(request.POST.get("page", usual))
    fragment = is_htmx(request)
    try:
        action(by, Spending(confirmed=request.POST.get("confirm_cost") == "true"))
    except StudioError as error:
        if isinstance(error, BudgetExceeded) and error.code == "confirmation_required":
            return confirm_cost(request, error)
        if fragment and isinstance(error, BudgetExceeded):
            return _over_budget(request, error, project_id)
        if fragment:
            raise
        messages.error(request, error.message)
    if fragment:
        return changed_response(request, project_id, page)
    return redirect(f"{reverse(PAGES[page], args=[project_id])}{anchor}")


def changed_response(request: HttpRequest, project_id: UUID, page: str) -> HttpResponse:
    """Return what changed on the project's page that sent a form."""
    if page in WITH_OWN_PIECES:
        return trigger_client_event(HttpResponse(status=204), "news")
    board = board_of(project_get(by=acting_user(request), project_id=project_id), page=page, full=full_cards(request))
    pieces = board.changed_pieces(held_pieces(request))
    response = live_response(request, pieces, url=live_url(board, page), busy=board.busy)
    if told := list(messages.get_messages(request)):
        response.status_code = 200
        response.write(render_to_string("components/toasts.html", {"messages": told, "out_of_band": True}))
    return response


def scene_dialog(request: HttpRequest, scene: Scene, name: str, **context: object) -> HttpResponse:
    """Return a dialog about a scene, or a page of its own without JavaScript."""
    return dialog(request, name, {**context, "scene": scene, "project": scene.project}, usual="quick")


def dialog(
    request: HttpRequest, name: str, context: Mapping[str, object], *, instead: bool = False, usual: str = "project"
) -> HttpResponse:
    """Render a dialog. `instead`: it responds to a form that doesn't show dialogs, so it sets its own target."""
    page = board_page_name(request.POST.get("page") or request.GET.get("page", usual))
    template = f"studio/dialog_{name}.html"
    context = {**context, "page": page, "dialog": template}
    if not is_htmx(request):
        return render(request, "studio/dialog_page.html", context, status=409 if instead else 200)
    response = render(request, template, context)
    return in_dialogs(response) if instead else response


def refuse_stale_look(request: HttpRequest, *, now: str, what: str) -> None:
    """Raise ConflictError if the dialog showed another version of the scene's look than `now`, both as marks."""
    if request.POST.get("seen_look", "") not in {"", now}:
        message = f"This {what} was changed in the meantime. Open it again to see the current version."
        raise ConflictError(message, code="stale")


def price_shown(sent: QueryDict) -> Decimal:
    """Return the price that a form's button showed (`max_cost`, US dollars), the most that pressing it may spend; zero
    for a missing or invalid one."""
    try:
        price = Decimal(sent.get("max_cost", ""))
    except InvalidOperation:
        return Decimal(0)
    return price if price.is_finite() else Decimal(0)


def sent_fields(request: HttpRequest, *without: str) -> list[tuple[str, str]]:
    """Return a form's fields, so that another form can send them again."""
    names = [name for name in request.POST if name not in OWN_FIELDS | set(without)]
    return [(name, value) for name in names for value in request.POST.getlist(name)]


def uuid_of(text: str, problem: str) -> UUID | None:
    """Parse an id; None for an empty text. Raises InputError with `problem` for an invalid one."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InputError(problem) from error


def live_url(board: Board, page: str) -> str:
    return reverse(NEWS.get(page, PAGES[page]), args=[board.project.pk])


def board_page_name(name: str) -> str:
    """Return the page that a form came from; an unknown value means the project's page."""
    return name if name in PAGES else "project"


def _over_budget(request: HttpRequest, error: BudgetExceeded, project_id: UUID) -> HttpResponse:
    """Return the error, with a link to the cap that was exceeded; none where the price is above the one shown."""
    scope = str(error.evidence.get("scope", ""))
    in_project = scope.startswith("project:")
    cap_url = reverse("studio:budget", args=[project_id]) if in_project else reverse("studio:spending")
    cap = {"cap_url": cap_url, "cap_word": "Change the budget" if in_project else "Change your caps"}
    response = render(
        request,
        "components/toast.html",
        {"tone": "bad", "message": error.message, "in_dialog": in_project, **(cap if scope else {})},
        status=402,
    )
    return in_toasts(response)


def confirm_cost(request: HttpRequest, error: BudgetExceeded) -> HttpResponse:
    """Ask for confirmation: the same form again, with `confirm_cost`."""
    amount = error.evidence.get("amount")
    button = f"Spend ${Decimal(str(amount)):.2f}" if amount else "Continue"
    fields = sent_fields(request, "confirm_cost")
    context = {"question": error.message, "button": button, "fields": fields, "action": request.path}
    if is_htmx(request):
        return in_dialogs(render(request, "studio/confirm_cost_fragment.html", context))
    return render(request, "studio/confirm_cost.html", context, status=402)
