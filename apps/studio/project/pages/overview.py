"""One project: live scene cards, the final video, and what its buttons start."""

from collections.abc import Collection
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.composition.services import project_compose
from apps.core.errors import ConflictError, StudioError
from apps.flavors.discovery import DEFAULT
from apps.flavors.registry import flavor_names
from apps.jobs.pausing import project_resume
from apps.production.approving import scenes_approve_works
from apps.production.generate_all import (
    PICTURES,
    generate_all_cancel,
    generate_all_start,
    generate_all_works,
    missing_works,
)
from apps.production.quick import stitch_current
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.scenes.writing import project_scenes_work, scenes_generate
from apps.studio.deliver.tiles import reencode_wish
from apps.studio.live import LIVE_METHODS, held_pieces, live_response, pace_of, piece_html, poll_of
from apps.studio.pages.acting import PAGES, live_url, project_action
from apps.studio.project.board import Board, board_of
from apps.studio.project.card_window import full_cards
from apps.studio.project.quiet import MARKED_PAGES, is_news, is_quiet, mark_of, standing_of
from apps.work.work import Work

TABS = (("quick", "Storyboard"), ("edit", "Edit"), ("project", "Deliver"), ("settings", "Settings"))


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
    standing = standing_of(project_id) if page in MARKED_PAGES else ""
    project = project_get(by=acting_user(request), project_id=project_id)
    held, full = held_pieces(request), full_cards(request)
    if request.method == "POST" and standing and is_quiet(standing, held, full):
        return HttpResponse(status=204)
    board = board_of(project, page=page, full=full)
    mark = board_mark(board, standing, full) if standing else ""
    if request.method == "POST":
        pieces = board.changed_pieces(held)
        news = mark if is_news(mark, held) else ""
        return live_response(request, pieces, url=live_url(board, page), busy=board.busy, mark=news)
    return render(request, template, {**board_context(request, board, page), "mark": mark})


def board_mark(board: Board, standing: str, full: Collection[int]) -> str:
    """Return the mark of the page once it shows the board."""
    shown = {piece.seen for piece in board.pieces} | {pace_of(busy=board.busy)}
    return mark_of(standing, shown, {number for number in full if number <= board.scene_count})


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
        "tabs": [(name, reverse(PAGES[name], args=[board.project.pk]), text) for name, text in TABS],
        "unplanned": not board.scene_count,
        "unfolded": not board.scene_count and not board.project.generating,
        # Whether Edit's row of cards was folded on this browser (static/js/timeline/workspace.js).
        "folded": request.COOKIES.get("cards") == "folded",
    }


@login_required
@require_safe
def project_quote(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return the price on a button, loaded after the page: of everything that is missing, which prepares each of its
    requests, or with `?what=` of writing the `scenes`, of the `pictures` and then the clips, of an `approval`,
    or of the clips that are missing without it (`unapproved`)."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    what = request.GET.get("what")
    works: list[Work] = []
    later: list[Work] = []
    with suppress(StudioError):  # pressing the button says why
        if what == "scenes":
            works = [project_scenes_work(by=by, project=project)]
        elif what == "approval":
            works = scenes_approve_works(by=by, project_id=project_id)
        elif what == "unapproved":
            later = [work for work in missing_works(by=by, project=project) if work.kind not in PICTURES]
        elif what == "pictures":
            missing = missing_works(by=by, project=project)
            works = [work for work in missing if work.kind in PICTURES]
            later = [work for work in missing if work.kind not in PICTURES]
        else:
            works = generate_all_works(by=by, project=project)
    totals = [sum((work.quote.amount for work in part), Decimal(0)) if part else None for part in (works, later)]
    if not any(totals) and totals[0] is not None:
        totals[1] = None  # "free draft" once says it all
    return render(request, "studio/quote.html", {"total": totals[0], "later": totals[1]})


@login_required
@require_POST
def project_generate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """With `stop_after` "images", the pictures first."""
    stop_after = "images" if request.POST.get("stop_after") == "images" else ""
    return project_action(
        request,
        project_id,
        lambda by, spending: generate_all_start(by=by, project_id=project_id, spending=spending, stop_after=stop_after),
    )


@login_required
@require_POST
def project_stop(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(request, project_id, lambda by, _: generate_all_cancel(by=by, project_id=project_id))


@login_required
@require_POST
def resume(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lift the pauses that the bar shows; what already ran went on anyway."""
    return project_action(request, project_id, lambda by, _: project_resume(owner_id=by.pk, project_id=project_id))


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
