"""Use cases of a song's words: give them, correct a line, move all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound
from apps.songs.lyrics.versions import SongWords, lyrics_lock, song_words, version_add
from apps.songs.models import Song
from apps.songs.selectors import song_get
from engines.lyrics.corrections import SHORTEST_SECONDS, OutsideError, WordsError, WordTime, rest_followed, words_timed
from engines.lyrics.draft import MOST_CHARACTERS, readable
from engines.lyrics.encodings import Decoded
from engines.lyrics.languages import language_guess
from engines.lyrics.plain import MOST_SONG_LINES, read_plain
from engines.lyrics.reading import is_timed, read_lyrics
from engines.lyrics.sung_lines import SungLine, sung_lines

PLAIN = "plain"
# A line that gets a start but no end lasts this long, or until the next one.
_USUAL_SECONDS = 3.0
# So does a line's last word, at least.
_LAST_WORD_SECONDS = 0.4


@dataclass(frozen=True)
class LineEdit:
    """A person's changes to one line; None leaves a value unchanged. A `start` alone moves the whole line. With
    `follow`, the lines behind it move along with its start, up to the next pinned one. `words` are the times of all of
    its words; the line goes from the first to the last, unless `start` or `end` say otherwise."""

    start: float | None = None
    end: float | None = None
    text: str | None = None
    pinned: bool | None = None
    follow: bool = False
    words: tuple[WordTime, ...] = ()

    @property
    def times(self) -> bool:
        return self.start is not None or self.end is not None or bool(self.words)


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
        locked = Song.objects.select_for_update(of=("self",)).get(pk=song.pk)
        before = song_words(locked)
        return version_add(locked, before, lines, change="replaced the words" if before else "added the words", **facts)


def lyrics_change(
    *,
    by: User,
    audio_id: UUID,
    nudge: float = 0.0,
    language: str | None = None,
    edits: Mapping[int, LineEdit] | None = None,
    seen: int | None = None,
) -> SongWords:
    """Correct several lines (`edits`, by index), move every line by `nudge` seconds, and say in which language they are
    sung, all as one version. `seen` is the version that the person saw.

    Raises InputError if a line would leave the song or its order, ConflictError if `seen` is outdated."""
    with transaction.atomic(durable=True):
        words = lyrics_lock(by=by, audio_id=audio_id, seen=seen)
        lines = _edited(words, edits) if edits else words.lines
        if nudge:
            lines = tuple(_nudged(line, nudge, _seconds(words.song)) for line in lines)
        facts = {} if language is None else {"language": language}
        if lines == words.lines and language in {None, words.version.language}:
            return replace(words, before=words.lines)
        return version_add(words.song, words, lines, change=_change(nudge, edits or {}), **facts)


def line_change(*, by: User, audio_id: UUID, index: int, edit: LineEdit, seen: int | None = None) -> SongWords:
    """Change one line's times or words. A line that a person timed is pinned: alignment leaves it where it is.

    Raises NotFound for an unknown line, InputError for an impossible time, or one out of the lines' order."""
    return lyrics_change(by=by, audio_id=audio_id, edits={index: edit}, seen=seen)


def _edited(words: SongWords, edits: Mapping[int, LineEdit]) -> tuple[SungLine, ...]:
    """Return the lines with the edits. A line without a time may need to know where the next one starts, so the last
    comes first."""
    lines, seconds = words.lines, _seconds(words.song)
    for index in sorted(edits, reverse=True):
        if not 0 <= index < len(lines):
            raise NotFound(f"There is no line {index}. These lyrics have lines 0 to {len(lines) - 1}.")
        lines = _line_edited(lines, index, edits[index], seconds)
    for index, edit in edits.items():
        if edit.times:
            _order_check(lines, index, lines[index])
    return lines


def _line_edited(
    lines: tuple[SungLine, ...], index: int, edit: LineEdit, seconds: float | None
) -> tuple[SungLine, ...]:
    line = _reworded(lines[index], edit.text)
    others = lines
    if edit.words:
        edit = _spanned(line, edit, seconds)
    if edit.times:
        if edit.follow and edit.start is not None and line.span is not None:
            others, line = _followed(lines, index, line, edit.start, seconds)
        line = _retimed(line, edit, _following(lines, index), seconds)
    if edit.words:
        line = _worded(line, edit.words)
    if edit.pinned and line.span is None:
        raise _refused("pinned", "This line has no time yet. Set its start first.")
    if edit.pinned is not None:
        line = replace(line, pinned=edit.pinned)
    return (*others[:index], line, *others[index + 1 :])


def _spanned(line: SungLine, edit: LineEdit, seconds: float | None) -> LineEdit:
    """Return the edit with the line's start and end, as its words say."""
    last = edit.words[-1]
    end = max(line.end or 0.0, round(max(word.start for word in edit.words) + _LAST_WORD_SECONDS, 3))
    if seconds is not None:
        end = min(end, max(seconds, last.start + SHORTEST_SECONDS))
    return replace(
        edit,
        start=edit.words[0].start if edit.start is None else edit.start,
        end=edit.end if edit.end is not None else end if last.end is None else last.end,
    )


def _worded(line: SungLine, times: tuple[WordTime, ...]) -> SungLine:
    try:
        return words_timed(line, times)
    except WordsError as error:
        raise _refused("words", str(error)) from error


def _followed(
    lines: tuple[SungLine, ...], index: int, line: SungLine, start: float, seconds: float | None
) -> tuple[tuple[SungLine, ...], SungLine]:
    try:
        others = rest_followed(lines, index, start, seconds)
    except OutsideError as error:
        raise _refused("start", f"{error} Move this one by less.") from error
    moved = others[index].span or (start, start)
    return others, line.moved(*moved)


def _change(nudge: float, edits: Mapping[int, LineEdit]) -> str:
    """Return what was done, as undo names it."""
    if nudge:
        return f"moved all lines by {nudge:+g} s"
    if len(edits) > 1:
        words = " the words of" if any(edit.words for edit in edits.values()) else ""
        return f"timed{words} {len(edits)} lines"
    for index, edit in edits.items():
        return f"{_done(edit)} line {index + 1}"
    return "changed the language"


def _done(edit: LineEdit) -> str:
    if edit.words:
        return "timed the words of"
    if edit.times:
        return "moved"
    if edit.text is not None:
        return "reworded"
    return "pinned" if edit.pinned else "unpinned"


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
    return line if words == line.text else replace(line, text=words, words=(), heard="")


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
