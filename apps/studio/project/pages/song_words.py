"""The Lyrics panel of a song's page, as a piece of its own: it is rendered again after each change."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, ConflictError, InputError, NotFound, http_status
from apps.core.htmx import is_htmx
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.songs.lyrics.aligning import alignment_jobs
from apps.songs.lyrics.services import lyrics_put
from apps.songs.models import Song
from apps.studio.project.song_words import words_context, words_saved
from engines.lyrics.encodings import Decoded, decoded
from engines.lyrics.reading import MOST_BYTES


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def song_words(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Correct the song's words line by line, align, nudge, undo, or have them heard. GET: the panel; with `while`, the
    id of a job, only how far it is, until it has ended."""
    by = acting_user(request)
    project, song = _song(by, project_id)
    problem, status = "", 200
    if is_htmx(request) and "while" in request.GET:
        return _progress(request, project, song)
    if request.method == "POST":
        try:
            words_saved(by=by, project=project, song=song, sent=request.POST)
        except (InputError, ConflictError, NotFound, BudgetExceeded) as error:
            problem, status = error.message, http_status(error)
        else:
            if not is_htmx(request):
                return redirect(f"{reverse('studio:song', args=[project_id])}#lyrics")
    return _panel(request, project, song, problem=problem, status=status)


@login_required
@require_POST
def song_words_add(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Give the song its words: a file, or pasted text."""
    by = acting_user(request)
    project, song = _song(by, project_id)
    file, typed = request.FILES.get("file"), request.POST.get("text", "")
    try:
        if file is not None and file.size is not None and file.size > MOST_BYTES:
            raise InputError("The lyrics are larger than 5 MB. Upload a smaller file.")
        source = Decoded(typed, "") if file is None else decoded(file.read())
        name = (file.name or "") if file is not None else ""
        lyrics_put(by=by, audio_id=song.asset_id, source=source, original_name=name)
    except InputError as error:
        return _panel(request, project, song, problem=error.message, status=400, typed=typed)
    if is_htmx(request):
        return _panel(request, project, song)
    return redirect(f"{reverse('studio:song', args=[project_id])}#lyrics")


def _song(by: User, project_id: UUID) -> tuple[Project, Song]:
    project = project_get(by=by, project_id=project_id)
    if project.song is None:
        raise NotFound("This project has no song. Add one first.")
    return project, project.song


def _progress(request: HttpRequest, project: Project, song: Song) -> HttpResponse:
    """Return the job's progress; once it has ended, the panel, in its place."""
    job = alignment_jobs(song).first()
    if job is None or not job.is_live or str(job.pk) != request.GET["while"]:
        return retarget(reswap(_panel(request, project, song), "outerHTML"), "#lyrics")
    words_url = reverse("studio:song-words", args=[project.pk])
    return render(request, "studio/song_words_progress.html", {"align_job": job, "words_url": words_url})


def _panel(
    request: HttpRequest, project: Project, song: Song, *, problem: str = "", status: int = 200, typed: str = ""
) -> HttpResponse:
    context = {
        "project": project,
        "song": song,
        "words_problem": problem,
        "words_typed": typed,
        **words_context(acting_user(request), project, song),
    }
    if is_htmx(request):
        # htmx shows only what was successful.
        return render(request, "studio/song_words.html", context)
    return render(request, "studio/song_words_page.html", context, status=status)
