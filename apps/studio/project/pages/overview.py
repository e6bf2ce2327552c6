"""One project: live scene cards, the final video, and what its buttons start."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.composition.services import project_compose
from apps.core.errors import ConflictError, StudioError
from apps.flavors.discovery import DEFAULT
from apps.flavors.registry import flavor_names
from apps.production.generate_all import generate_all_cancel, generate_all_start, generate_all_works
from apps.production.quick import stitch_current
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.scenes.writing import project_scenes_work, scenes_generate
from apps.studio.live import LIVE_METHODS, held_pieces, live_response, piece_html, poll_of
from apps.studio.pages.acting import live_url, project_action
from apps.studio.project.board import Board, board_of
from apps.studio.project.finishing import reencode_wish


@login_required
@require_http_methods(LIVE_METHODS)
def project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return board_page(request, project_id, page="project", template="studio/project.html")


@login_required
@require_http_methods(LIVE_METHODS)
def quick_gen(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return board_page(request, project_id, page="quick", template="studio/quick_gen.html")


@login_required
@require_POST
def project_flavor(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Change the flavor used by new work."""
    version = request.POST.get("version", "")
    try:
        project_update(
            by=acting_user(request),
            project_id=project_id,
            expected_version=int(version) if version.isdigit() else None,
            flavor=request.POST.get("flavor") or DEFAULT,
        )
    except ConflictError as error:
        # The page after the redirect shows the project's current state.
        messages.error(request, error.message)
    return redirect("studio:quick-gen", project_id)


@login_required
@require_http_methods(LIVE_METHODS)
def edit(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return board_page(request, project_id, page="edit", template="studio/edit.html")


def board_page(request: HttpRequest, project_id: UUID, *, page: str, template: str) -> HttpResponse:
    """Return the page; for a POST, what changed on it."""
    board = board_of(project_get(by=acting_user(request), project_id=project_id), page=page)
    if request.method == "POST":
        pieces = board.changed_pieces(held_pieces(request))
        return live_response(request, pieces, url=live_url(board, page), busy=board.busy)
    return render(request, template, board_context(request, board, page))


def board_context(request: HttpRequest, board: Board, page: str) -> dict[str, object]:
    html = {piece.id: piece_html(request, piece) for piece in board.pieces if not piece.id.startswith("scene-")}
    poll = poll_of(live_url(board, page), busy=board.busy)
    return {
        "project": board.project,
        "board": board,
        "html": html,
        "poll": poll,
        "page": page,
        "flavors": flavor_names(),
    }


@login_required
@require_safe
def project_quote(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return the price on a button, loaded after the page: of everything that is missing, which prepares each of its
    requests, or with `?what=scenes` of writing the scenes."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    try:
        scenes_only = request.GET.get("what") == "scenes"
        works = (
            [project_scenes_work(by=by, project=project)] if scenes_only else generate_all_works(by=by, project=project)
        )
    except StudioError:
        works = []  # pressing the button says why
    total = sum((work.quote.amount for work in works), start=Decimal(0)) if works else None
    return render(request, "studio/quote.html", {"total": total})


@login_required
@require_POST
def project_generate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(
        request,
        project_id,
        lambda by, spending: generate_all_start(by=by, project_id=project_id, spending=spending),
    )


@login_required
@require_POST
def project_stop(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(request, project_id, lambda by, _: generate_all_cancel(by=by, project_id=project_id))


@login_required
@require_POST
def project_write_scenes(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(
        request, project_id, lambda by, spending: scenes_generate(by=by, project_id=project_id, spending=spending)
    )


@login_required
@require_POST
def project_stitch(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Handle Quick gen's `Re-stitch with current clips`."""
    return project_action(request, project_id, lambda by, _: stitch_current(by=by, project_id=project_id))


@login_required
@require_POST
def project_compose_final(request: HttpRequest, project_id: UUID) -> HttpResponse:
    overrides = reencode_wish(request)
    return project_action(
        request, project_id, lambda by, _: project_compose(by=by, project_id=project_id, overrides=overrides)
    )
