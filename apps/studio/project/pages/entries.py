"""How scenes follow one another: the mark between two of them, redoing stale ones, and what is proposed."""

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.projects.selectors import project_get
from apps.scenes.entry import scene_entry
from apps.scenes.entry_notes import entry_notes
from apps.scenes.entry_proposing import entries_accept, proposed_entries
from apps.scenes.entry_stale import scene_stale
from apps.scenes.models import Entry
from apps.scenes.redoing import scenes_redo, scenes_redo_works
from apps.scenes.selectors import scene_get, scenes_of
from apps.scenes.services import scene_update
from apps.studio.pages.acting import project_action, scene_action, scene_dialog
from apps.work.work import Spending

ENTRY_WORDS = {
    Entry.CUT: ("Cut", "Starts from its own picture."),
    Entry.CONTINUE: ("Continue", "Starts from the last frame of the shot before."),
    Entry.BRIDGE: ("Bridge", "Goes from that frame to its own picture."),
    Entry.MATCH: ("Match", "Its picture is drawn to match the shot before."),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scene_entry_page(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Choose how the scene follows the one before it. GET: the dialog."""
    if request.method != "POST":
        by = acting_user(request)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        current = scene_entry(scene)
        choices = [(one.value, *ENTRY_WORDS[one], one == current) for one in Entry]
        context = {"choices": choices, "before": sequence - 1, "notes": entry_notes(by=by, scene=scene)}
        context["stale"] = scene_stale(scene)
        context["proposed"] = len(proposed_entries(scene.project, list(scenes_of(scene.project))))
        return scene_dialog(request, scene, "entry", **context)

    def action(by: User, _: Spending) -> object:
        entry = request.POST.get("entry", "")
        return scene_update(by=by, project_id=project_id, sequence=sequence, entry=entry)

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_redo_stale(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Generate stale scenes again, with those that continue from them. GET: the price on the button."""
    if request.method != "POST":
        by, total = acting_user(request), None
        project_get(by=by, project_id=project_id)
        try:
            works = scenes_redo_works(by=by, project_id=project_id)
            total = sum((work.quote.amount for _, work in works), Decimal(0))
        except StudioError:
            pass  # pressing the button says why
        return render(request, "studio/quote.html", {"total": total})

    def action(by: User, spending: Spending) -> object:
        count = request.POST.get("count", "")
        expected = int(count) if count.isdecimal() else None
        return scenes_redo(by=by, project_id=project_id, spending=spending, expected=expected)

    return project_action(request, project_id, action)


@login_required
@require_POST
def project_continue(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Let shots continue within sections, wherever that is proposed."""

    def action(by: User, _: Spending) -> object:
        return entries_accept(by=by, project_id=project_id)

    return project_action(request, project_id, action)
