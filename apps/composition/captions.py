"""The words that a project's videos show, and the texts of their captions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from apps.composition.models import Lyrics
from apps.composition.options import Captions
from apps.core.errors import InputError
from apps.projects.models import Project
from apps.songs.lyrics.versions import lines_read
from apps.songs.models import SongLyrics
from engines.lyrics.languages import language_guess
from engines.lyrics.model import Line
from engines.lyrics.model import Lyrics as TimedLyrics
from engines.lyrics.reading import read_lyrics
from engines.lyrics.styling import lyrics_check_glyphs, styled
from engines.lyrics.sung_lines import timed_lines
from engines.lyrics.writing import as_srt
from engines.media.formats import ClipFormat


@dataclass(frozen=True)
class CaptionWords:
    """Lines timed on the song's file, and the language they are in ("" if unknown). `key` stands for all of it."""

    key: str
    lines: tuple[Line, ...] = field(default=(), compare=False)
    language: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def within(self, start: Fraction, end: Fraction) -> Sequence[Line]:
        """Return the lines shown in a range of seconds, timed from its start."""
        return TimedLyrics(self.lines).within(round(start * 1000), round(end * 1000)).lines


@dataclass(frozen=True)
class CaptionTexts:
    """An ASS file to burn in and an SRT file for the track; "" for none."""

    burned: str = ""
    soft: str = ""
    language: str = ""


def caption_words(project: Project) -> CaptionWords:
    """Return the project's own lyrics, or else the lines of its song's that have times.

    Raises InputError for lyrics that an earlier, more lenient release stored."""
    own = Lyrics.objects.filter(project=project).values_list("text", flat=True).first()
    if own:
        return _own_words(own)
    versions = SongLyrics.objects.filter(song=project.song_id) if project.song_id else SongLyrics.objects.none()
    version = versions.values_list("pk", "language", "created_at").first()
    return _song_words(*version) if version else CaptionWords("")


def readable_words(project: Project) -> CaptionWords:
    """Return the words as `caption_words` does; none if they can't be read any more."""
    try:
        return caption_words(project)
    except InputError:
        return CaptionWords("")


def caption_texts(
    words: CaptionWords, captions: Captions, shape: ClipFormat, start: Fraction, end: Fraction
) -> CaptionTexts:
    """Return the captions of a range of the song's seconds for a picture of this shape.

    Raises InputError (`missing_glyphs`) for characters that no font can draw if they are burned in."""
    if end <= start or not (captions.burned or captions.soft):
        return CaptionTexts()
    return _texts(words, captions, shape, start, end)


def captions_check(words: CaptionWords, captions: Captions) -> None:
    """Raise InputError (`missing_glyphs`) if the captions are burned in, and no font can draw some characters."""
    if captions.burned:
        lyrics_check_glyphs(TimedLyrics(words.lines))


# A page asks for the same captions each time it is loaded.
@lru_cache(maxsize=32)
def _texts(words: CaptionWords, captions: Captions, shape: ClipFormat, start: Fraction, end: Fraction) -> CaptionTexts:
    lines = words.within(start, end)
    if not lines:
        return CaptionTexts()
    if captions.burned:
        lyrics_check_glyphs(TimedLyrics(tuple(lines)))
    size = (shape.width, shape.height)
    return CaptionTexts(
        burned=styled(lines, captions.look, *size, language=words.language) if captions.burned else "",
        soft=as_srt(lines) if captions.soft else "",
        language=words.language if captions.soft else "",
    )


@lru_cache(maxsize=16)
def _own_words(text: str) -> CaptionWords:
    lines = read_lyrics(text).lines
    language = language_guess("\n".join(line.text for line in lines))
    return CaptionWords(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), lines, language)


@lru_cache(maxsize=16)
def _song_words(version: int, language: str, created_at: datetime) -> CaptionWords:
    lines = tuple(timed_lines(lines_read(SongLyrics.objects.values_list("lines", flat=True).get(pk=version))))
    language = language or language_guess("\n".join(line.text for line in lines))
    return CaptionWords(f"{version} {language} {created_at}", lines, language)
