"""A project's budget, and what its missing work would cost."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.production.project_money import project_estimate
from apps.projects.services import project_update
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.forms import dollars_typed, form_saves
from apps.studio.project.settings_forms import BudgetForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Set the project's cap, and the cost above which it asks for confirmation."""
    by, project = project_asked(request, project_id)
    initial = {name: dollars_typed(getattr(project, name)) for name in ("budget", "confirm_above")}
    form = BudgetForm(sent(request)[0], initial=initial)
    if form_saves(form, lambda: project_update(by=by, project_id=project_id, **form.cleaned_data)):
        return saved_response(request, project_id)
    return dialog_response(request, "dialog_budget", project, form)


@login_required
@require_safe
def estimate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what the missing work would cost; loaded after the page."""
    by, project = project_asked(request, project_id)
    return render(request, "studio/estimate.html", {"estimate": project_estimate(by=by, project=project)})
