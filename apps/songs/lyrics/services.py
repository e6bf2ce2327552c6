"""Use cases of a song's words: give them, correct a line, move all of them."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound
from apps.songs.lyrics.versions import SongWords, lyrics_lock, version_add
from apps.songs.models import Song
from apps.songs.selectors import song_get
from engines.lyrics.draft import MOST_CHARACTERS, readable
from engines.lyrics.encodings import Decoded
from engines.lyrics.languages import language_guess
from engines.lyrics.plain import MOST_SONG_LINES, read_plain
from engines.lyrics.reading import is_timed, read_lyrics
from engines.lyrics.sung_lines import SungLine, sung_lines

PLAIN = "plain"
SHORTEST_SECONDS = 0.05
# A line that gets a start but no end lasts this long, or until the next one.
_USUAL_SECONDS = 3.0


@dataclass(frozen=True)
class LineEdit:
    """A person's changes to one line; None leaves a value unchanged. A `start` alone moves the whole line."""

    start: float | None = None
    end: float | None = None
    text: str | None = None
    pinned: bool | None = None


def lyrics_put(*, by: User, audio_id: UUID, source: Decoded, language: str = "", original_name: str = "") -> SongWords:
    """Store a song's words, plain or with times; they replace those it has, which undo restores.

    Raises InputError, naming the line, for what can't be read."""
    song = song_get(by=by, audio_id=audio_id)
    form, lines = _read(source.text, song.asset.duration_seconds)
    facts: dict[str, Any] = {
        "source": form,
        "language": language or language_guess("\n".join(line.text for line in lines)),
        "original_name": original_name[:255],
    }
    with transaction.atomic(durable=True):
        return version_add(Song.objects.select_for_update(of=("self",)).get(pk=song.pk), lines, **facts)


def lyrics_change(*, by: User, audio_id: UUID, nudge: float = 0.0, language: str | None = None) -> SongWords:
    """Move every line by `nudge` seconds, and say in which language they are sung.

    Raises InputError if a line would leave the song."""
    with transaction.atomic(durable=True):
        words = lyrics_lock(by=by, audio_id=audio_id)
        lines = tuple(_nudged(line, nudge, _seconds(words.song)) for line in words.lines) if nudge else words.lines
        facts = {} if language is None else {"language": language}
        return version_add(words.song, lines, **facts)


def line_change(*, by: User, audio_id: UUID, index: int, edit: LineEdit) -> SongWords:
    """Change one line's times or words. A line that a person timed is pinned: alignment leaves it where it is.

    Raises NotFound for an unknown line, InputError for an impossible time, or one out of the lines' order."""
    with transaction.atomic(durable=True):
        words = lyrics_lock(by=by, audio_id=audio_id)
        if not 0 <= index < len(words.lines):
            raise NotFound(f"There is no line {index}. These lyrics have lines 0 to {len(words.lines) - 1}.")
        line = _reworded(words.lines[index], edit.text)
        if edit.start is not None or edit.end is not None:
            line = _retimed(line, edit, _following(words.lines, index), _seconds(words.song))
            _order_check(words.lines, index, line)
        if edit.pinned and line.span is None:
            raise _refused("pinned", "This line has no time yet. Set its start first.")
        if edit.pinned is not None:
            line = replace(line, pinned=edit.pinned)
        if line == words.lines[index]:
            return words
        return version_add(words.song, (*words.lines[:index], line, *words.lines[index + 1 :]))


def _read(text: str, song_seconds: float | None) -> tuple[str, tuple[SungLine, ...]]:
    if not text.strip():
        raise InputError("These lyrics are empty. Paste the words, or choose another file.", code="no_words")
    if not is_timed(text):
        return PLAIN, read_plain(text)
    read = read_lyrics(text)
    if len(read.lines) > MOST_SONG_LINES:
        raise InputError(
            f"These lyrics have more than {MOST_SONG_LINES:,} lines. Is this the right file?", code="lyrics_too_long"
        )
    return str(read.format), sung_lines(read, song_seconds)


def _reworded(line: SungLine, text: str | None) -> SungLine:
    if text is None:
        return line
    words = readable(text)
    if not words:
        raise _refused("text", "A line needs words.")
    if len(words) > MOST_CHARACTERS:
        raise _refused("text", f"A line of lyrics can have {MOST_CHARACTERS:,} characters. Split it.")
    # The times of other words say nothing about these.
    return line if words == line.text else replace(line, text=words, words=())


def _retimed(line: SungLine, edit: LineEdit, following: float | None, song_seconds: float | None) -> SungLine:
    if line.span is None and edit.start is None:
        raise _refused("start", "This line has no time yet. Set its start, too.")
    before = line.span or (0.0, 0.0)
    start = before[0] if edit.start is None else edit.start
    if edit.end is not None:
        end = edit.end
    elif line.span:
        end = start + before[1] - before[0]
    else:
        end = start + _USUAL_SECONDS if following is None else max(start + SHORTEST_SECONDS, following)
        end = min(end, start + _USUAL_SECONDS)
    if song_seconds is not None and edit.end is None:
        end = min(end, max(song_seconds, start + SHORTEST_SECONDS))
    if end - start < SHORTEST_SECONDS - 1e-9:
        raise _refused("end", "The line must end after it starts.")
    _inside_check(start, end, song_seconds)
    return replace(line.moved(start, end), confidence=1.0, pinned=True)


def _order_check(lines: tuple[SungLine, ...], index: int, line: SungLine) -> None:
    """Raise InputError if the line would start before an earlier line, or after a later one."""
    start = line.start or 0.0
    previous = next((other.start for other in reversed(lines[:index]) if other.start is not None), None)
    following = _following(lines, index)
    if previous is not None and start < previous:
        raise _refused(
            "start", f"The line before starts at {previous:g} s. Start this one later, or move that one first."
        )
    if following is not None and start > following:
        raise _refused(
            "start", f"The next line starts at {following:g} s. Start this one earlier, or move that one first."
        )


def _following(lines: tuple[SungLine, ...], index: int) -> float | None:
    return next((other.start for other in lines[index + 1 :] if other.start is not None), None)


def _nudged(line: SungLine, by: float, song_seconds: float | None) -> SungLine:
    if line.span is None:
        return line
    start, end = line.span[0] + by, line.span[1] + by
    if start < 0:
        raise _refused("nudge", f"“{line.text[:40]}” would start before the song does. Nudge by less.")
    if song_seconds is not None and start > song_seconds - SHORTEST_SECONDS:
        raise _refused("nudge", f"“{line.text[:40]}” would start after the song's end. Nudge by less.")
    return line.moved(start, end if song_seconds is None else min(end, max(song_seconds, start + SHORTEST_SECONDS)))


def _inside_check(start: float, end: float, song_seconds: float | None) -> None:
    if start < 0:
        raise _refused("start", "The song starts at 0. Start the line there, or later.")
    if song_seconds is not None and end > song_seconds + SHORTEST_SECONDS:
        raise _refused("end", f"The song is {song_seconds:.1f} s long. Keep the line inside it.")


def _seconds(song: Song) -> float | None:
    seconds = song.asset.duration_seconds or song.analysis.get("duration_seconds")
    return float(seconds) if seconds else None


def _refused(field: str, words: str) -> InputError:
    return InputError(words, errors={field: [words]})
