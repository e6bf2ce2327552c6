"""Approving scenes, sending one back, and making the final."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, StudioError
from apps.production.approving import scene_redo, scenes_approve
from apps.production.finals import final_kinds, final_plan, final_start
from apps.projects.selectors import project_get
from apps.projects.services import project_update
from apps.providers.registry import provider_label
from apps.studio.pages.acting import dialog, price_shown, project_action, scene_action
from apps.studio.words import CAPABILITY_WORDS
from apps.work.work import Spending

# What a person reads of each kind of work that the final buys.
FINAL_WORDS = {"image": "Pictures", "video": "Clips", "lipsync": "Lip-sync"}


@login_required
@require_POST
def project_approve(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Approve every scene that can be, if their `pictures` still are those that the person saw."""

    def action(by: User, spending: Spending) -> object:
        seen = request.POST.get("pictures", "")
        return scenes_approve(by=by, project_id=project_id, spending=spending, seen=seen)

    return project_action(request, project_id, action, usual="quick")


@login_required
@require_POST
def project_approval(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Let clips be made for approved scenes only (`approval` "on"), or for all of them ("off"). Buys nothing."""
    needed = request.POST.get("approval", "")

    def action(by: User, _: Spending) -> object:
        if needed not in {"on", "off"}:
            raise InputError("Choose whether scenes need an approval: on or off.", errors={"approval": ["unknown"]})
        return project_update(by=by, project_id=project_id, needs_approval=needed == "on")

    return project_action(request, project_id, action, usual="quick")


@login_required
@require_POST
def scene_approve(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    def action(by: User, spending: Spending) -> object:
        version = _version(request)
        return scenes_approve(
            by=by, project_id=project_id, sequences=[sequence], spending=spending, expected_version=version
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_POST
def scene_send_back(request: HttpRequest, project_id: UUID, sequence: int) -> HttpResponse:
    """Draw the scene's picture again, with the `note`."""

    def action(by: User, spending: Spending) -> object:
        return scene_redo(
            by=by,
            project_id=project_id,
            sequence=sequence,
            note=request.POST.get("note", ""),
            spending=spending,
            expected_version=_version(request),
        )

    return scene_action(request, project_id, sequence, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def make_final(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """GET: the dialog, with what the final costs by kind of work and what it leaves as it is."""
    if request.method == "POST":

        def start(by: User, spending: Spending) -> object:
            most = Spending(confirmed=spending.confirmed, max_cost=price_shown(request.POST))
            return final_start(by=by, project_id=project_id, spending=most)

        return project_action(request, project_id, start, usual="quick")
    by = acting_user(request)
    project, problem, plan = project_get(by=by, project_id=project_id), "", None
    try:
        plan = final_plan(by=by, project_id=project_id)
    except StudioError as error:
        if not isinstance(error, ConflictError | InputError):
            raise
        problem = error.message
    kinds = [(FINAL_WORDS[one.kind], provider_label(one.provider), one) for one in final_kinds(plan)] if plan else []
    bare = [CAPABILITY_WORDS[one].lower() for one in plan.bare] if plan else []
    context = {"project": project, "plan": plan, "kinds": kinds, "bare": bare, "problem": problem}
    return dialog(request, "make_final", context)


def _version(request: HttpRequest) -> int | None:
    """Return the version of the scene that the person saw."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
