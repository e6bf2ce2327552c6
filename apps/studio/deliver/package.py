"""The package for an editor: what it contains is chosen in a dialog; it is packed and downloaded on the page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.composition.handoff.export import export_being_packed, latest_export, project_export
from apps.composition.handoff.options import HandoffOptions
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.deliver.forms import PackageForm
from apps.studio.forms import form_saves


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def package(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask what the package contains, and pack it, unless the newest one is just that."""
    by, project = project_asked(request, project_id)
    usual = HandoffOptions()
    initial = {"timeline_start": usual.timeline_start, "markers": [*usual.markers]}
    form = PackageForm(sent(request)[0], initial=initial)

    def pack() -> None:
        options = form.options()
        if latest_export(project, options) is None and export_being_packed(project_id, options) is None:
            project_export(by=by, project_id=project_id, options=options)

    if form_saves(form, pack):
        return saved_response(request, project_id)
    return dialog_response(request, "deliver/dialog_package", project, form)
