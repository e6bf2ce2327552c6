"""A project's own lyrics: storing them, and what their reader made of the file."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.composition.models import Lyrics, ProjectLook
from apps.composition.options import Captions, CaptionTrack
from apps.composition.planning import project_look
from apps.core.errors import InputError
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.songs.lyrics.versions import song_lines
from engines.lyrics.caption_look import CaptionStyle
from engines.lyrics.encodings import ENCODINGS, Decoded, decoded
from engines.lyrics.fonts import missing_characters
from engines.lyrics.model import Lyrics as TimedLyrics
from engines.lyrics.reading import FORMATS_WORDS, read_lyrics
from engines.lyrics.styling import lyrics_check_glyphs
from engines.lyrics.sung_lines import timed_lines
from engines.lyrics.writing import as_vtt

_UNLESS_CHOSEN = Captions().changed({"style": CaptionStyle.LINE, "track": CaptionTrack.SOFT})
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


def lyrics_set(*, by: User, project_id: UUID, source: Decoded, original_name: str = "") -> Lyrics:
    """Store a project's own lyrics. Until a person chooses captions, videos have them as a track.

    Raises InputError for a file without timed lines, and for characters that no font can draw if captions are burned in
    (`missing_glyphs`)."""
    project = project_get(by=by, project_id=project_id)
    with transaction.atomic():
        look, _ = ProjectLook.objects.select_for_update().get_or_create(project=project)
        if "captions" not in look.options:
            look.options = {**look.options, "captions": _UNLESS_CHOSEN.model_dump(mode="json")}
            look.save()
        _check(source.text, project)
        lyrics, _ = Lyrics.objects.update_or_create(
            project=project,
            defaults={
                "text": source.text, "original_name": original_name[:255],
                "encoding": source.encoding, "encoding_sure": source.sure,
            },
        )  # fmt: skip
    return lyrics


def lyrics_from_song(*, by: User, project_id: UUID) -> Lyrics:
    """Use a copy of the timed lyrics of the project's song as the project's own.

    Raises InputError if the project has no song, or its song no timed lyrics."""
    project = project_get(by=by, project_id=project_id)
    lines = timed_lines(song_lines(project.song_id))
    if not lines:
        words = "The song has no timed lyrics. Add them on the song's page, and time their lines there."
        raise InputError(words, code="no_timed_lines")
    source = Decoded(as_vtt(lines), "")
    return lyrics_set(by=by, project_id=project_id, source=source, original_name=SONG_LYRICS_NAME)


def lyrics_reread(*, by: User, project_id: UUID, encoding: str) -> Lyrics:
    """Read the uploaded file in another encoding, or confirm the one that was guessed."""
    with transaction.atomic():
        found = lyrics_get(by=by, project_id=project_id)
        lyrics = Lyrics.objects.select_for_update().get(pk=found.pk)
        if not lyrics.encoding:
            words = "These lyrics were pasted, so they have no encoding. Upload the file to choose one."
            raise InputError(words, errors={"encoding": words})
        lyrics.text = decoded(_as_uploaded(lyrics), encoding).text
        lyrics.encoding, lyrics.encoding_sure = encoding, True
        _check(lyrics.text, lyrics.project)
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


def _check(text: str, project: Project) -> None:
    lyrics = read_lyrics(text)
    if project_look(project).captions.burned:
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
