"""Pages about the versions of a project's film: the list, one of them, and two side by side."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.composition.changes import plan_changes
from apps.composition.models import Composition
from apps.composition.selectors import CurrentPlans, composition_get
from apps.composition.services import composition_revert
from apps.projects.models import Project
from apps.scenes.selectors import scenes_of
from apps.studio.deliver.dialogs import dialog_response, project_asked
from apps.studio.deliver.version_rows import Version, main_versions, proof_of, versions_of
from apps.studio.pages.acting import project_action, uuid_of
from apps.studio.project.cards import view_url
from apps.work.work import Spending

VERSIONS_ON_A_PAGE = 24
# How many of the newest can be compared: more make a choice too long to choose from.
COMPARED = 40


@login_required
@require_safe
def versions(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """List every composed video in the project's own format."""
    _, project = project_asked(request, project_id)
    page = Paginator(main_versions(project), VERSIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    start = page.start_index() - 1 if page.paginator.count else 0
    found = list(main_versions(project)[start : start + VERSIONS_ON_A_PAGE + 1])
    shown = versions_of(CurrentPlans(project, list(scenes_of(project))), found)[:VERSIONS_ON_A_PAGE]
    return render(request, "studio/deliver/versions_page.html", {"project": project, "versions": shown, "page": page})


@login_required
@require_safe
def version(request: HttpRequest, project_id: UUID, composition_id: UUID) -> HttpResponse:
    """Show one composed video: a player, and what was verified about it."""
    _, project = project_asked(request, project_id)
    found = composition_get(project=project, composition_id=composition_id)
    return dialog_response(
        request,
        "deliver/dialog_version",
        project,
        None,
        composition=found,
        url=view_url(found.asset),
        poster_url=view_url(found.poster),
        in_use=found.asset_id == project.final_video_id,
        proof=proof_of(found),
    )


@login_required
@require_safe
def versions_compare(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show two versions side by side, and what changed from the older one to the newer; the one in use and the one
    before it unless `a` and `b` say others."""
    _, project = project_asked(request, project_id)
    found = list(main_versions(project)[:COMPARED])
    both = _pair(project, found, *(_asked(project, request.GET.get(name, "")) for name in ("a", "b")))
    shown = versions_of(CurrentPlans(project, list(scenes_of(project))), both)
    return dialog_response(
        request,
        "deliver/dialog_versions",
        project,
        None,
        choices=list(zip("ab", shown, strict=True)) if len(both) > 1 else [],
        versions=found,
        changes=_between(shown) if len(both) > 1 else "",
    )


@login_required
@require_POST
def version_revert(request: HttpRequest, project_id: UUID, composition_id: UUID) -> HttpResponse:
    def action(by: User, _: Spending) -> object:
        return composition_revert(by=by, project_id=project_id, composition_id=composition_id)

    return project_action(request, project_id, action)


def _asked(project: Project, text: str) -> Composition | None:
    wanted = uuid_of(text, "This isn't the id of a version. Choose one of the list.")
    return composition_get(project=project, composition_id=wanted) if wanted else None


def _pair(
    project: Project, found: Sequence[Composition], earlier: Composition | None, later: Composition | None
) -> list[Composition]:
    """Return the older and the newer of two versions to compare; fewer where there are no others."""
    in_use = next((one for one in found if one.asset_id == project.final_video_id), None)
    later = later or (in_use if in_use != earlier else None) or next((one for one in found if one != earlier), None)
    before = [one for one in found if later and one != later and one.created_at <= later.created_at]
    earlier = earlier or next(iter(before), None) or next((one for one in found if one != later), None)
    both = [one for one in (earlier, later) if one is not None]
    return sorted(both, key=lambda one: one.created_at) if len(set(both)) > 1 else both[:1]


def _between(shown: list[Version]) -> str:
    older, newer = (one.composition for one in shown)
    return plan_changes(older.plan, newer.plan)
