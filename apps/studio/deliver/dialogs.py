"""The dialogs of a project's Deliver page. Each is a page of its own without JavaScript; an error shows the form again
with the message at its field."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.htmx import current_path, in_dialogs, is_htmx
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.studio.pages.acting import PAGES, WITH_OWN_PIECES, changed_response


def sent(request: HttpRequest) -> tuple[QueryDict | None, MultiValueDict[str, Any] | None]:
    """Return a form's data and files; None if the page only shows it."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def project_asked(request: HttpRequest, project_id: UUID) -> tuple[User, Project]:
    by = acting_user(request)
    return by, project_get(by=by, project_id=project_id)


def saved_response(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Return what changed on the page that asked; without htmx, a redirect to the project's."""
    if not is_htmx(request):
        return redirect("studio:project", project_id)
    path = current_path(request) or ""
    urls = {reverse(name, args=[project_id]): page for page, name in PAGES.items()}
    below = [page for url, page in urls.items() if page in WITH_OWN_PIECES and path.startswith(f"{url}/")]
    return changed_response(request, project_id, urls.get(path) or next(iter(below), "project"))


def dialog_response(
    request: HttpRequest, name: str, project: Project, form: forms.Form | None, **context: object
) -> HttpResponse:
    """Return the dialog, or a page of its own. After an error the form replaces itself."""
    template = f"studio/{name}.html"
    context = {**context, "project": project, "form": form, "dialog": template, "page": "project"}
    if not is_htmx(request):
        return render(request, "studio/dialog_page.html", context, status=400 if form and form.errors else 200)
    return in_dialogs(render(request, template, context))
