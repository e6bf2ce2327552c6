"""The user's songs: what there is, which projects use them, and their deletion."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.core.errors import ConflictError
from apps.songs.selectors import songs_of
from apps.songs.services import song_delete

PAGE_SIZE = 25


@login_required
@require_safe
def songs(request: HttpRequest) -> HttpResponse:
    """List the songs, newest first, with the projects that use them."""
    found = songs_of(acting_user(request)).defer("analysis", "grid").prefetch_related("projects")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "studio/songs.html", {"page": page})


@login_required
@require_POST
def song_remove(request: HttpRequest, audio_id: UUID) -> HttpResponse:
    """Delete a song with its files. A song that a project uses stays, and the page says why."""
    try:
        song_delete(by=acting_user(request), audio_id=audio_id)
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("studio:songs")
