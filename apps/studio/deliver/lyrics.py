"""Lyrics of a project's own: a file or a text, and how the file is read."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import User
from apps.composition.lyrics import LyricsReading, lyrics_from_song, lyrics_reading, lyrics_reread, lyrics_set
from apps.composition.lyrics import lyrics_delete as project_lyrics_delete
from apps.composition.models import Lyrics
from apps.core.errors import InputError
from apps.studio.deliver.dialogs import dialog_response, project_asked, saved_response, sent
from apps.studio.deliver.forms import LyricsForm
from apps.studio.forms import form_saves
from apps.studio.pages.acting import project_action
from engines.lyrics.encodings import Decoded, decoded


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lyrics(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Add lyrics of the project's own, or correct how their file is read."""
    by, project = project_asked(request, project_id)
    words = Lyrics.objects.filter(project=project).first() or Lyrics(project=project)
    reading = _reading(words)
    likely = (words.encoding, *(reading.encodings if reading else ()))
    form = LyricsForm(*sent(request), initial={"text": "", "encoding": words.encoding}, likely=likely)
    saved = form_saves(form, lambda: _lyrics_save(by, words, form.cleaned_data))
    stored = Lyrics.objects.filter(project=project).first()
    if saved and stored and stored.encoding_sure:
        return saved_response(request, project_id)
    if saved and stored:
        # Nobody can tell which encoding it is but somebody who knows the words: ask, with the lines in front of them.
        words, reading = stored, _reading(stored)
        likely = (stored.encoding, *(reading.encodings if reading else ()))
        form = LyricsForm(initial={"encoding": stored.encoding}, likely=likely)
    return dialog_response(request, "deliver/dialog_lyrics", project, form, lyrics=words, reading=reading)


@login_required
@require_POST
def lyrics_of_song(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Use the timed lyrics of the project's song."""
    return project_action(request, project_id, lambda by, _: lyrics_from_song(by=by, project_id=project_id))


@login_required
@require_POST
def lyrics_delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return project_action(request, project_id, lambda by, _: project_lyrics_delete(by=by, project_id=project_id))


def _reading(words: Lyrics) -> LyricsReading | None:
    """Return what the stored lyrics say; None without any, or if they can't be read any more."""
    try:
        return lyrics_reading(words) if words.text else None
    except InputError:
        return None


def _lyrics_save(by: User, words: Lyrics, data: dict[str, Any]) -> object:
    file, text, encoding = data["file"], data["text"], data["encoding"]
    if file or text.strip():
        name = file.name if file else "pasted.txt"
        # The encoding that is shown belongs to the file before, unless it was changed together with the file.
        chosen = encoding if encoding != words.encoding else ""
        try:
            source = decoded(file.read(), chosen) if file else Decoded(text, "")
            return lyrics_set(by=by, project_id=words.project_id, source=source, original_name=name)
        except InputError as error:
            place = "encoding" if "encoding" in error.errors else "file" if file else "text"
            raise InputError(error.message, errors={place: error.message}) from error
    if not words.text:
        raise InputError("Choose a file, or paste the lyrics.", errors={"file": "Choose a file, or paste the lyrics."})
    # Saving the encoding that was guessed confirms it.
    if words.encoding and encoding and (encoding != words.encoding or not words.encoding_sure):
        return lyrics_reread(by=by, project_id=words.project_id, encoding=encoding)
    return words
