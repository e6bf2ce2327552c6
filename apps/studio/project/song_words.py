"""The Lyrics panel of a song's page: what it shows, and what its buttons ask for."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError
from apps.projects.models import Project
from apps.songs.lyrics import services, versions
from apps.songs.lyrics.aligning import alignment_jobs, lyrics_align
from apps.songs.lyrics.files import FORMS
from apps.songs.lyrics.services import LineEdit
from apps.songs.lyrics.versions import SongWords, song_words
from apps.songs.models import Song
from apps.studio.project.song_paid import hearing_offer, hearing_start
from apps.studio.project.song_times import number_typed, seconds_typed
from apps.studio.templatetags.studio import clock
from engines.lyrics.sung_lines import SungLine

# How far the buttons move all lines, in seconds.
NUDGES = (-0.5, -0.1, 0.1, 0.5)


@dataclass(frozen=True)
class LineRow:
    """A line as the panel shows it; `state` is "sure", "check" or "no time"."""

    index: int
    line: SungLine

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def rows(self) -> int:
        """How many rows it is shown in: a file's line may have its translation below."""
        return self.line.text.count("\n") + 1

    @property
    def start(self) -> str:
        return clock(self.line.start)

    @property
    def end(self) -> str:
        return clock(self.line.end)

    @property
    def state(self) -> str:
        if self.line.span is None:
            return "no time"
        return "sure" if self.line.sure else "check"


def words_context(by: User, project: Project, song: Song) -> dict[str, Any]:
    """Return what the panel shows of the song's words, if it has any."""
    words = song_words(song)
    rows = [LineRow(index, line) for index, line in enumerate(words.lines)] if words else []
    return {
        "words": words,
        "line_rows": rows,
        "first_doubt": next((row for row in rows if row.state != "sure"), None),
        "nudges": [(f"{seconds:+g}", abs(seconds), seconds < 0) for seconds in NUDGES],
        "download_forms": [str(form) for form in FORMS],
        "align_job": alignment_jobs(song).first(),
        "hearing": hearing_offer(by, project, song),
    }


def words_saved(*, by: User, project: Project, song: Song, sent: QueryDict) -> None:
    """Do what the button asks for: `save` is align, hear, undo, redo, remove, nudge:SECONDS, or
    line:INDEX with its fields.

    Raises InputError for what can't be read, ConflictError if somebody changed the words in the meantime,
    BudgetExceeded for hearing them."""
    audio_id = song.asset_id
    asked, _, value = sent.get("save", "").partition(":")
    if asked == "align":
        lyrics_align(by=by, audio_id=audio_id)
    elif asked == "hear":
        hearing_start(by, project, song, sent)
    elif asked == "remove":
        versions.lyrics_delete(by=by, audio_id=audio_id)
    elif asked == "undo":
        versions.lyrics_undo(by=by, audio_id=audio_id)
    elif asked == "redo":
        versions.lyrics_redo(by=by, audio_id=audio_id)
    elif asked == "nudge":
        services.lyrics_change(by=by, audio_id=audio_id, nudge=_number(value))
    elif asked == "line" and value.isdecimal():
        _line_saved(by, versions.lyrics_get(by=by, audio_id=audio_id), int(value[:9]), sent)
    else:
        raise InputError("Choose what to do with the lyrics.")


def _line_saved(by: User, words: SongWords, index: int, sent: QueryDict) -> None:
    if _rows(sent.get("seen_text")) not in {None, *(line.text for line in words.lines[index : index + 1])}:
        raise ConflictError("These lyrics were changed in the meantime. Reload the page, then try again.", code="stale")
    line = words.lines[index] if index < len(words.lines) else SungLine("")
    edit = LineEdit(
        start=_time(sent.get("start", ""), clock(line.start)),
        end=_time(sent.get("end", ""), clock(line.end)),
        text=(_rows(sent.get("text")) or "").strip() or None,
        pinned=_pinned(line, "pinned" in sent),
    )
    services.line_change(by=by, audio_id=words.song.asset_id, index=index, edit=edit)


def _rows(typed: str | None) -> str | None:
    """Return the typed text with the line ends that lyrics have; forms send those of Windows."""
    return None if typed is None else typed.replace("\r\n", "\n")


def _pinned(line: SungLine, wanted: bool) -> bool | None:
    """Return the pin if the person changed it. A line without a time can't be pinned, and a new time pins it anyway."""
    return None if wanted == line.pinned or (wanted and line.span is None) else wanted


def _time(typed: str, shown: str) -> float | None:
    """Return the time if the person changed it: what is shown is rounded."""
    typed = typed.strip()
    return seconds_typed(typed) if typed and typed != shown else None


def _number(text: str) -> float:
    wrong = "Type the seconds as a number, such as 0.1."
    seconds = number_typed(text.removeprefix("+").removeprefix("-"), wrong)
    return -seconds if text.startswith("-") else seconds
