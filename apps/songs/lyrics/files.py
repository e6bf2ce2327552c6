"""A song's timed words as files for other programs."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from apps.core.errors import InputError
from apps.songs.lyrics.versions import SongWords
from engines.lyrics.caption_look import CaptionLook
from engines.lyrics.model import Line, LyricsFormat
from engines.lyrics.styling import styled
from engines.lyrics.sung_lines import timed_lines
from engines.lyrics.writing import as_lrc, as_srt, as_vtt

# ASS places text on a picture; players scale it to theirs.
_PICTURE = (1920, 1080)


class _Form(NamedTuple):
    content_type: str
    write: Callable[[Sequence[Line]], str]


FORMS: Mapping[str, _Form] = {
    LyricsFormat.SRT: _Form("application/x-subrip", as_srt),
    LyricsFormat.LRC: _Form("text/plain", as_lrc),
    LyricsFormat.VTT: _Form("text/vtt", as_vtt),
    LyricsFormat.ASS: _Form("text/x-ssa", lambda lines: styled(lines, CaptionLook(), *_PICTURE, portable=True)),
}


def lyrics_file(words: SongWords, form: str) -> tuple[str, str]:
    """Return (text, content type). Raises InputError if no line has a time."""
    lines = timed_lines(words.lines)
    if not lines:
        raise InputError(
            "No line of these lyrics has a time yet. Align them with the song, or set the times of their lines.",
            code="no_timed_lines",
        )
    return FORMS[form].write(lines), FORMS[form].content_type
