"""Where somebody sings, as plain fields: a question where it isn't sure, and one row for each passage."""

from typing import Any

from django.utils.datastructures import MultiValueDict

from apps.core.errors import InputError
from apps.jobs.states import ACTIVE
from apps.songs.models import Song
from apps.songs.services import analysis_jobs
from apps.songs.sung import MOST_SPANS, SungEdit, rests_unknown, sung_map
from apps.studio.project.song_times import seconds_typed
from apps.studio.templatetags.studio import clock
from engines.listening.voice import VoiceKind, VoiceSpan

# What the buttons save, after this prefix.
SUNG = "sung:"
_ANSWERS = {"yes": True, "no": False, "found": None}
_PASSAGES = "passages"
_EMPTY_ROWS = 2


def sung_context(song: Song, typed: MultiValueDict[str, str]) -> dict[str, Any]:
    """Return what the form shows: the typed rows after a refusal, else the song's."""
    found = sung_map(song)
    spans = [(clock(span.start), clock(span.end), str(span.kind)) for span in found.spans] if found else []
    rows = _typed(typed) if "sung_from" in typed else spans
    return {
        "sung": found,
        "sung_asks": found is not None and found.sings is None,
        "sung_rows": [*rows, *[("", "", "")] * _EMPTY_ROWS],
        "in_sung": "sung_from" in typed,
        "rests_unknown": rests_unknown(song),
        "listening": analysis_jobs(song).filter(state__in=ACTIVE).first() if rests_unknown(song) else None,
    }


def sung_edit(answer: str, typed: MultiValueDict[str, str]) -> SungEdit:
    """Return what a button of the form asks for. Raises InputError for a time that can't be read."""
    if answer in _ANSWERS:
        return SungEdit(_ANSWERS[answer])
    if answer != _PASSAGES:
        raise InputError("Choose what to save: sections, beats or singing.")
    spans = [
        VoiceSpan(seconds_typed(start), seconds_typed(end), VoiceKind.SPEECH if kind == "speech" else VoiceKind.SINGING)
        for start, end, kind in _typed(typed)
    ]
    return SungEdit(bool(spans), tuple(spans))


def _typed(typed: MultiValueDict[str, str]) -> list[tuple[str, str, str]]:
    """Return the typed rows; empty ones are ignored."""
    rows = zip(typed.getlist("sung_from"), typed.getlist("sung_until"), typed.getlist("sung_kind"), strict=False)
    stripped = [(start.strip(), end.strip(), kind) for start, end, kind in rows]
    return [row for row in stripped if row[0] or row[1]][:MOST_SPANS]
