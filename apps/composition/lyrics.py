"""A project's lyrics: storing them, how the video shows them, and what their reader made of the file."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.composition.models import Lyrics
from apps.core.errors import InputError
from apps.projects.selectors import project_get
from apps.songs.lyrics.versions import song_lines
from engines.lyrics.encodings import ENCODINGS, Decoded, decoded
from engines.lyrics.fonts import missing_characters
from engines.lyrics.model import Lyrics as TimedLyrics
from engines.lyrics.reading import FORMATS_WORDS, read_lyrics
from engines.lyrics.styling import LyricsPreset, lyrics_check_glyphs
from engines.lyrics.sung_lines import timed_lines
from engines.lyrics.writing import as_vtt

SONG_LYRICS_NAME = "The song's lyrics"


@dataclass(frozen=True)
class LyricsReading:
    """What a project's lyrics say. `missing` are the characters that can't be burned in; `encodings` are those that
    would read the file about as well as the one used, most likely first."""

    lyrics: TimedLyrics
    missing: tuple[str, ...]
    encodings: tuple[str, ...]


def lyrics_reading(lyrics: Lyrics) -> LyricsReading:
    """Read a project's lyrics. Raises InputError where an earlier release was more lenient."""
    read = _read(lyrics.text)
    missing = missing_characters("".join(line.text for line in read.lines))
    others = () if lyrics.encoding_sure else _other_encodings(lyrics.text, lyrics.encoding)
    return LyricsReading(read, tuple(missing), others)


def lyrics_set(
    *, by: User, project_id: UUID, source: Decoded, original_name: str = "", burn: bool = False, soft: bool = True,
    preset: str = LyricsPreset.CLEAN,
) -> Lyrics:  # fmt: skip
    """Store a project's lyrics. Raises InputError for a file without timed lines, and for characters that no font can
    draw if they are to be burned in (`missing_glyphs`)."""
    project = project_get(by=by, project_id=project_id)
    _check(source.text, burn=burn)
    lyrics, _ = Lyrics.objects.update_or_create(
        project=project,
        defaults={
            "text": source.text, "original_name": original_name[:255], "burn": burn, "soft": soft,
            "preset": LyricsPreset(preset), "encoding": source.encoding, "encoding_sure": source.sure,
        },
    )  # fmt: skip
    return lyrics


def lyrics_from_song(*, by: User, project_id: UUID) -> Lyrics:
    """Use the timed lyrics of the project's song as the project's; how they appear stays as it is.

    Raises InputError if the project has no song, or its song no timed lyrics."""
    project = project_get(by=by, project_id=project_id)
    lines = timed_lines(song_lines(project.song_id))
    if not lines:
        words = "The song has no timed lyrics. Add them on the song's page, and time their lines there."
        raise InputError(words, code="no_timed_lines")
    now = Lyrics.objects.filter(project=project).first()
    source = Decoded(as_vtt(lines), "")
    now = Lyrics.objects.filter(project=project).first() or Lyrics(project=project)
    return lyrics_set(
        by=by, project_id=project_id, source=source, original_name=SONG_LYRICS_NAME,
        burn=now.burn, soft=now.soft, preset=now.preset,
    )  # fmt: skip


def lyrics_update(*, by: User, project_id: UUID, encoding: str = "", **changes: Any) -> Lyrics:
    """Change how the lyrics appear in the video; with an `encoding`, read the uploaded file in that one instead."""
    with transaction.atomic():
        found = lyrics_get(by=by, project_id=project_id)
        lyrics = Lyrics.objects.select_for_update().get(pk=found.pk)
        for name, value in changes.items():
            setattr(lyrics, name, value)
        if encoding and not lyrics.encoding:
            words = "These lyrics were pasted, so they have no encoding. Upload the file to choose one."
            raise InputError(words, errors={"encoding": words})
        if encoding:
            lyrics.text = decoded(_as_uploaded(lyrics), encoding).text
            lyrics.encoding, lyrics.encoding_sure = encoding, True
        if encoding or changes.get("burn"):
            _check(lyrics.text, burn=lyrics.burn)
        lyrics.save()
    return lyrics


def lyrics_get(*, by: User, project_id: UUID) -> Lyrics:
    """Return the project's lyrics. Raises NotFound for the project, InputError if it has no lyrics."""
    project = project_get(by=by, project_id=project_id)
    lyrics = Lyrics.objects.filter(project=project).first()
    if lyrics is None:
        raise InputError(f"This project has no lyrics. Upload them as {FORMATS_WORDS} first.", code="no_lyrics")
    return lyrics


def lyrics_delete(*, by: User, project_id: UUID) -> None:
    Lyrics.objects.filter(project=project_get(by=by, project_id=project_id)).delete()


def _check(text: str, *, burn: bool) -> None:
    lyrics = read_lyrics(text)
    if burn:
        lyrics_check_glyphs(lyrics)


def _as_uploaded(lyrics: Lyrics) -> bytes:
    """Return the file's bytes: decoding loses nothing but line ends."""
    try:
        return lyrics.text.encode(lyrics.encoding or "utf-8")
    except UnicodeEncodeError as error:
        words = "These lyrics were damaged when they were read. Upload the file again, with its encoding."
        raise InputError(words, code="wrong_encoding", errors={"encoding": words}) from error


# A project's page shows the same lyrics each time it is loaded.
@lru_cache(maxsize=16)
def _read(text: str) -> TimedLyrics:
    return read_lyrics(text)


@lru_cache(maxsize=16)
def _other_encodings(text: str, encoding: str) -> tuple[str, ...]:
    try:
        found = decoded(text.encode(encoding or "utf-8"))
    except (InputError, UnicodeEncodeError):
        return ()
    return tuple(name for name in (found.encoding, *found.others) if name != encoding and name in ENCODINGS)
