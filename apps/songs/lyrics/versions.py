"""The versions of a song's words: reading the current one, adding the next."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.songs.models import Song, SongLyrics
from apps.songs.selectors import song_get
from engines.lyrics.sung_lines import SungLine

log = structlog.get_logger(__name__)

# Dragging a line adds a version each time; older ones are deleted.
VERSIONS_KEPT = 50
_LINES = TypeAdapter(tuple[SungLine, ...])
NO_LYRICS = "This song has no lyrics yet. Paste or upload them first."


@dataclass(frozen=True)
class SongWords:
    """A song's current words. `can_undo`: there is an earlier version."""

    song: Song
    version: SongLyrics
    lines: tuple[SungLine, ...]
    can_undo: bool

    @property
    def sure(self) -> int:
        return sum(line.sure for line in self.lines)

    @property
    def to_check(self) -> int:
        return len(self.lines) - self.sure

    @property
    def timed(self) -> bool:
        return any(line.span for line in self.lines)


def song_words(song: Song) -> SongWords | None:
    """Return the song's current words; None if it has none."""
    version = song.lyrics_versions.first()
    if version is None:
        return None
    return SongWords(song, version, lines_read(version.lines), _earlier(version) is not None)


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


def lyrics_lock(*, by: User, audio_id: UUID) -> SongWords:
    """Return the words, and keep others from changing them until the transaction ends."""
    song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
    found = song_words(song)
    if found is None:
        raise NotFound(NO_LYRICS, code="no_lyrics")
    return found


def version_add(song: Song, lines: Sequence[SungLine], **facts: Any) -> SongWords:
    """Add a version with these lines, and delete the oldest. The caller holds the song's lock; `facts` are fields that
    differ from those of the version before."""
    before = song.lyrics_versions.first()
    number = before.number + 1 if before else 1
    kept = {name: getattr(before, name) for name in ("source", "language", "original_name")} if before else {}
    added = SongLyrics.objects.create(song=song, number=number, lines=lines_stored(lines), **{**kept, **facts})
    song.lyrics_versions.filter(number__lte=number - VERSIONS_KEPT).delete()
    return SongWords(song, added, tuple(lines), _earlier(added) is not None)


def lyrics_undo(*, by: User, audio_id: UUID) -> SongWords:
    """Bring back the version before the current one, also several times in a row; it becomes the newest version.

    Raises NotFound if there is no earlier one."""
    with transaction.atomic(durable=True):
        now = lyrics_lock(by=by, audio_id=audio_id)
        back = _earlier(now.version)
        if back is None:
            raise NotFound("There is no earlier version of these lyrics.", code="nothing_to_undo")
        facts = {name: getattr(back, name) for name in ("source", "language", "original_name")}
        return version_add(now.song, lines_read(back.lines), restored_from=back.number, **facts)


def lyrics_delete(*, by: User, audio_id: UUID) -> None:
    """Delete the song's words with all of their versions."""
    song_get(by=by, audio_id=audio_id).lyrics_versions.all().delete()


def _earlier(version: SongLyrics) -> SongLyrics | None:
    """Return what an undo brings back: the version before the one that this is, or is a copy of."""
    shown = version.number if version.restored_from is None else version.restored_from
    before = SongLyrics.objects.filter(song=version.song_id, number__lt=shown).first()
    if before is None or before.restored_from is None:
        return before
    # An undo isn't undone: what it brought back is what it stands for.
    return SongLyrics.objects.filter(song=version.song_id, number=before.restored_from).first() or before


def lines_stored(lines: Iterable[SungLine]) -> list[dict[str, Any]]:
    return [asdict(line) for line in lines]


def lines_read(stored: object) -> tuple[SungLine, ...]:
    """Return the lines of a row; none if they aren't what we wrote, as an imported row may claim anything."""
    try:
        return _LINES.validate_python(stored)
    except ValidationError as error:
        log.warning("song_lyrics_unreadable", errors=error.error_count())
        return ()
