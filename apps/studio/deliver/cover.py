"""The page on which a film's cover is picked."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.composition.stills.api import frame_url
from apps.composition.stills.covers import cover_candidates, cover_delete, cover_of, cover_set
from apps.composition.stills.film import film_seconds
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.deliver.forms import CoverForm
from apps.studio.forms import form_saves
from apps.studio.pages.acting import project_action
from apps.studio.templatetags.studio import clock


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Pick the frame of the film that stands for it: one of those offered, or any moment."""
    by, project = project_asked(request, project_id)
    now = cover_of(project)
    candidates = cover_candidates(project)
    offered = [one.seconds for one in candidates]
    typed = clock(now.seconds) if now and now.seconds not in offered else ""
    form = CoverForm(sent(request)[0], initial={"seconds": typed, "moment": now.seconds if now else None})
    if form_saves(form, lambda: cover_set(by=by, project_id=project_id, seconds=form.wanted())):
        return saved_response(request, project_id)
    return dialog_response(
        request,
        "deliver/dialog_cover",
        project,
        form,
        cover=now,
        candidates=[(one, frame_url(project_id, one.seconds)) for one in candidates],
        frame_url=frame_url(project_id, ""),
        length=film_seconds(project),
    )


@login_required
@require_POST
def cover_remove(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Leave the cover to the studio again."""
    return project_action(request, project_id, lambda by, _: cover_delete(by=by, project_id=project_id))
