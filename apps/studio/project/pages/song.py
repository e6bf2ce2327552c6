"""A song's sections, beats and singing as plain fields, for use without scripts and for times known exactly."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_datetime
from django.utils.text import get_text_list
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.assets.uploading.resumable import partial_named
from apps.core.errors import ConflictError, InputError, NotFound, http_status
from apps.core.htmx import is_htmx
from apps.projects.selectors import project_get
from apps.songs.grid_edits import GridEdit, Operation
from apps.songs.models import Song
from apps.songs.named_sections import song_sections
from apps.songs.section_edits import LABEL_LENGTH, MOST_SECTIONS
from apps.songs.selectors import tempo_choices
from apps.songs.services import SongChanges, song_update, song_voice_listen
from apps.songs.stems import song_stem_upload, stem_jobs
from apps.studio.project.song_paid import vocals_offer, vocals_separate
from apps.studio.project.song_times import number_typed, seconds_typed
from apps.studio.project.song_words import words_context
from apps.studio.project.sung_form import SUNG, sung_context, sung_edit
from apps.studio.templatetags.studio import clock

# Empty rows for new sections below the existing ones.
EMPTY_ROWS = 2
FORGET = "reset"
CHOOSE = "choose:"
LISTEN = "listen"


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def song(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the song's sections, beats and singing. POST: `save` says which to save."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    if project.song is None:
        raise NotFound("This project has no song. Add one first.")
    problem, status = "", 200
    if request.method == "POST":
        try:
            if request.POST.get("save") == LISTEN:
                song_voice_listen(by=by, audio_id=project.song.asset_id)
                return redirect("studio:song", project_id)
            song_update(by=by, audio_id=project.song.asset_id, changes=_changes(request))
        except (InputError, ConflictError) as error:
            problem, status = error.message, http_status(error)
        else:
            return redirect("studio:edit", project_id)
    typed = request.POST if request.method == "POST" else kept_fields(request)
    rows = _typed(typed) if "label" in typed else _rows(project.song)
    tempos = [(bpm, f"{round(bpm, 1):g}") for bpm in tempo_choices(project.song)]
    context = {
        "project": project,
        "song": project.song,
        "parts": [*rows, *[("", "")] * EMPTY_ROWS],
        "label_length": LABEL_LENGTH,
        "tempo": typed.get("bpm") or project.song.grid.get("tempo_bpm"),
        "tempos": tempos,
        "tempo_question": f"Tempo could be {get_text_list([words for _, words in tempos], 'or')} BPM.",
        "problem": problem,
        "offset": typed.get("offset", ""),
        "stem_job": stem_jobs(project.song).first(),
        "in_beats": "label" not in typed and "sung_from" not in typed,
        **sung_context(project.song, typed),
        "vocals": vocals_offer(by, project, project.song),
        **words_context(by, project, project.song),
    }
    return render(request, "studio/song.html", context, status=status)


@login_required
@require_POST
def song_stem(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Upload the vocals alone, which lip-sync then uses in place of the song, or have them separated. A job checks the
    file first."""
    by = acting_user(request)
    project = project_get(by=by, project_id=project_id)
    if project.song is None:
        raise NotFound("This project has no song. Add one first.")
    if request.POST.get("save") == "separate":
        vocals_separate(by, project, project.song, request.POST)
        return HttpResponseClientRefresh() if is_htmx(request) else redirect("studio:song", project_id)
    upload = request.FILES.get("file") or partial_named(by=by, text=request.POST.get("file", ""))
    if upload is None:
        raise InputError("Choose an audio file first.", errors={"file": ["is missing"]})
    song_stem_upload(by=by, audio_id=project.song.asset_id, upload=upload)
    return HttpResponseClientRefresh() if is_htmx(request) else redirect("studio:song", project_id)


def _rows(song: Song) -> list[tuple[str, str]]:
    return [(section.label, clock(section.start_seconds)) for section in song_sections(song)]


def _typed(sent: MultiValueDict[str, str]) -> list[tuple[str, str]]:
    """Return the sections in the form; a row without a name is ignored."""
    pairs = zip(sent.getlist("label"), sent.getlist("start"), strict=False)
    return [(label.strip(), start.strip()) for label, start in pairs if label.strip()][:MOST_SECTIONS]


def _changes(request: HttpRequest) -> SongChanges:
    save, seen = request.POST.get("save", ""), _seen(request.POST.get("updated_at", ""))
    if save == "sections":
        return SongChanges(sections=_sections(_typed(request.POST)), seen_at=seen)
    if save.startswith(SUNG):
        return SongChanges(sung=sung_edit(save.removeprefix(SUNG), request.POST), seen_at=seen)
    return _sections_or_beats(request, save, seen)


def _sections_or_beats(request: HttpRequest, save: str, seen: datetime | None) -> SongChanges:
    if save == "sections_found":
        return SongChanges(sections=[], seen_at=seen)
    if save == FORGET:
        return SongChanges(forget_edits=True, seen_at=seen)
    if save.startswith(CHOOSE):
        bpm = number_typed(save.removeprefix(CHOOSE), "Choose one of the offered tempos.")
        return SongChanges(grid=GridEdit(Operation.CHOOSE, bpm=bpm), seen_at=seen)
    if save in {Operation.HALVE, Operation.DOUBLE}:
        return SongChanges(grid=GridEdit(Operation(save)), seen_at=seen)
    if save == Operation.SET:
        offset = request.POST.get("offset", "").strip()
        grid = GridEdit(Operation.SET, bpm=_tempo(request), offset=seconds_typed(offset) if offset else None)
        return SongChanges(grid=grid, seen_at=seen)
    raise InputError("Choose what to save: sections, beats or singing.")


def _sections(typed: Sequence[tuple[str, str]]) -> list[tuple[str, float]]:
    """Return the sections in order of time; the first one starts with the song."""
    if not typed:
        raise InputError("Name at least one section.")
    if any(len(label) > LABEL_LENGTH for label, _ in typed):
        raise InputError(f"Shorten each section's name to {LABEL_LENGTH} characters.")
    found = sorted(((label, seconds_typed(start or "0")) for label, start in typed), key=lambda part: part[1])
    return [(label, start if number else 0.0) for number, (label, start) in enumerate(found)]


def _tempo(request: HttpRequest) -> float | None:
    text = request.POST.get("bpm", "").strip()
    return number_typed(text, "Type the tempo as a number, such as 120.") if text else None


def _seen(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
