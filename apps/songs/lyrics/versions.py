"""The versions of a song's words: reading the current one, adding the next."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from apps.accounts.models import User
from apps.core.errors import ConflictError, NotFound
from apps.songs.lyrics.history import Entry, History
from apps.songs.models import Song, SongLyrics
from apps.songs.selectors import song_get
from engines.lyrics.sung_lines import SungLine

log = structlog.get_logger(__name__)

# Dragging a line adds a version each time; older ones are deleted.
VERSIONS_KEPT = 50
# What a version takes over from the one before, or the one that it brings back.
_KEPT = ("source", "language", "original_name")
_LINES = TypeAdapter(tuple[SungLine, ...])
NO_LYRICS = "This song has no lyrics yet. Paste or upload them first."


@dataclass(frozen=True)
class SongWords:
    """A song's current words. `undo` and `redo` say which change an undo would take back and a redo bring back, such as
    "moved line 3"; None where there is none. `before` are the lines that a change replaced."""

    song: Song
    version: SongLyrics
    lines: tuple[SungLine, ...]
    undo: str | None = None
    redo: str | None = None
    before: tuple[SungLine, ...] = ()

    @property
    def sure(self) -> int:
        return sum(line.sure for line in self.lines)

    @property
    def to_check(self) -> int:
        return len(self.lines) - self.sure

    @property
    def timed(self) -> bool:
        return any(line.span for line in self.lines)

    @property
    def changed(self) -> tuple[int, ...]:
        """Return the indexes of the lines that the change made different; all of them where their number changed."""
        if len(self.before) != len(self.lines):
            return tuple(range(len(self.lines)))
        return tuple(index for index, line in enumerate(self.lines) if line != self.before[index])


def song_words(song: Song) -> SongWords | None:
    """Return the song's current words; None if it has none."""
    version = song.lyrics_versions.first()
    if version is None:
        return None
    return _with_history(SongWords(song, version, lines_read(version.lines)))


def lyrics_get(*, by: User, audio_id: UUID) -> SongWords:
    """Return the words of the user's song. Raises NotFound for the song, or if it has none."""
    found = song_words(song_get(by=by, audio_id=audio_id))
    if found is None:
        raise NotFound(NO_LYRICS, code="no_lyrics")
    return found


def song_lines(song_id: UUID | None) -> tuple[SungLine, ...]:
    """Return the song's lines that have times, in order of time; none without a song. One query."""
    version = SongLyrics.objects.filter(song=song_id).first() if song_id else None
    timed = [line for line in lines_read(version.lines) if line.span] if version else []
    return tuple(sorted(timed, key=lambda line: line.span or (0.0, 0.0)))


def lyrics_lock(*, by: User, audio_id: UUID, seen: int | None = None) -> SongWords:
    """Return the words, and keep others from changing them until the transaction ends. Raises ConflictError if they
    aren't the version that was `seen`."""
    song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
    found = song_words(song)
    if found is None:
        raise NotFound(NO_LYRICS, code="no_lyrics")
    if seen not in {None, found.version.number}:
        raise ConflictError(
            "These lyrics were changed in the meantime, maybe in another tab. Look at them, then try again.",
            code="stale",
        )
    return found


def version_add(
    song: Song, before: SongWords | None, lines: Sequence[SungLine], *, change: str, **facts: Any
) -> SongWords:
    """Add a version with these lines, and delete the oldest. The caller holds the song's lock. `change` says what was
    done, for undo; `facts` are fields that differ from those of the version before."""
    number = before.version.number + 1 if before else 1
    kept = {name: getattr(before.version, name) for name in _KEPT} if before else {}
    row = SongLyrics(song=song, number=number, lines=lines_stored(lines), change=change, **{**kept, **facts})
    row.save(force_insert=True)
    song.lyrics_versions.filter(number__lte=number - VERSIONS_KEPT).delete()
    return _with_history(SongWords(song, row, tuple(lines), before=before.lines if before else ()))


def lyrics_undo(*, by: User, audio_id: UUID) -> SongWords:
    """Bring back the version before the current one, also several times in a row; it becomes the newest version.

    Raises NotFound if there is no earlier one."""
    return _restored(by, audio_id, lambda history: history.earlier, "There is no earlier version of these lyrics.")


def lyrics_redo(*, by: User, audio_id: UUID) -> SongWords:
    """Bring back what the last undo took back. Raises NotFound if there is nothing like that."""
    return _restored(by, audio_id, lambda history: history.later, "There is nothing to redo in these lyrics.")


def _restored(by: User, audio_id: UUID, target: Callable[[History], int | None], nothing: str) -> SongWords:
    with transaction.atomic(durable=True):
        now = lyrics_lock(by=by, audio_id=audio_id)
        number = target(_history(now.version))
        if number is None:
            raise NotFound(nothing, code="nothing_to_undo")
        back = now.song.lyrics_versions.get(number=number)
        facts = {name: getattr(back, name) for name in _KEPT}
        return version_add(now.song, now, lines_read(back.lines), change="", restored_from=back.number, **facts)


def lyrics_delete(*, by: User, audio_id: UUID) -> None:
    """Delete the song's words with all of their versions."""
    song_get(by=by, audio_id=audio_id).lyrics_versions.all().delete()


def _with_history(words: SongWords) -> SongWords:
    history = _history(words.version)
    return replace(words, undo=history.undo, redo=history.redo)


def _history(version: SongLyrics) -> History:
    rows = SongLyrics.objects.filter(song=version.song_id, number__lte=version.number)
    return History(tuple(Entry(*row) for row in rows.values_list("number", "restored_from", "change")))


def lines_stored(lines: Iterable[SungLine]) -> list[dict[str, Any]]:
    return [asdict(line) for line in lines]


def lines_read(stored: object) -> tuple[SungLine, ...]:
    """Return the lines of a row; none if they aren't what we wrote, as an imported row may claim anything."""
    try:
        return _LINES.validate_python(stored)
    except ValidationError as error:
        log.warning("song_lyrics_unreadable", errors=error.error_count())
        return ()
