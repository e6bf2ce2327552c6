"""What matching colors would do to the film, in the dialog of its look."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.composition.colors.api import cut_url
from apps.composition.colors.preview import ColorPreview, color_preview
from apps.composition.colors.services import colors_measure, measuring_job
from apps.core.errors import InputError
from apps.core.htmx import is_htmx
from apps.projects.models import Project
from apps.studio.deliver.dialogs import project_asked

# The cuts that change most; a page of all of them would hide what they show.
_SHOWN = 3


@dataclass(frozen=True)
class CutView:
    sequence: int
    before: float
    after: float
    before_url: str
    after_url: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def color_match(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the mean difference at the cuts and a few of them. POST: have the scenes' colors measured."""
    by, project = project_asked(request, project_id)
    problem = ""
    if request.method == "POST":
        try:
            colors_measure(by=by, project_id=project_id)
        except InputError as error:
            problem = error.message
        if not is_htmx(request):
            return redirect("studio:project-look", project_id)
    context: dict[str, object] = {"project": project, "problem": problem, "job": measuring_job(project)}
    try:
        preview = color_preview(project)
    except InputError as error:
        context["problem"] = error.message
    else:
        context |= {"preview": preview, "cuts": _cuts(project, preview)}
    return render(request, "studio/deliver/color_match.html", context)


def _cuts(project: Project, preview: ColorPreview) -> list[CutView]:
    return [
        CutView(
            cut.sequence,
            cut.before,
            cut.after,
            cut_url(project.pk, cut.sequence, matched=False),
            cut_url(project.pk, cut.sequence, matched=True),
        )
        for cut in preview.cuts[:_SHOWN]
    ]
