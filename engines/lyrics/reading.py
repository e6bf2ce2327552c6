"""The one reader of lyrics: recognizes the format and returns lines, with what was left out."""

import re
import unicodedata

from engines.errors import InputError
from engines.lyrics.ass import is_ass_line, read_ass
from engines.lyrics.draft import Cue, Notes, lines_of
from engines.lyrics.lrc import is_lrc_line, read_lrc
from engines.lyrics.model import Lyrics, LyricsFormat
from engines.lyrics.srt import is_srt_time, read_srt
from engines.lyrics.ttml import read_ttml
from engines.lyrics.vtt import read_vtt

MOST_BYTES = 5_000_000
FORMATS_WORDS = "LRC, SRT, VTT, ASS or TTML"
# Longer rows aren't words; the readers of SRT and LRC would take long to see that.
_LONGEST_ROW = 20_000
_READERS = {
    LyricsFormat.LRC: read_lrc,
    LyricsFormat.SRT: read_srt,
    LyricsFormat.VTT: read_vtt,
    LyricsFormat.ASS: read_ass,
    LyricsFormat.TTML: read_ttml,
}


def read_lyrics(text: str) -> Lyrics:
    """Read lyrics in any format that has times.

    Raises InputError, saying which line is wrong or what is missing, when no timed line is found."""
    text = _plain(text)
    if "\0" in text:
        raise InputError(f"This isn't a text file. Upload the lyrics as {FORMATS_WORDS}.", code="not_text")
    notes = Notes()
    form = _format_of(text)
    cues: list[Cue] = _READERS[form](text, notes)
    lines = lines_of(cues, notes)
    if not lines:
        raise InputError(_nothing(form, notes), code="no_timed_lines")
    return Lyrics(lines, notes.all(), form)


def is_timed(text: str) -> bool:
    """Return whether the text is meant as a file with times; whether they can be read is for `read_lyrics` to say."""
    try:
        _format_of(_plain(text))
    except InputError as error:
        return error.code != "no_timed_lines"
    return True


def _plain(text: str) -> str:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    # Macs write accents as letters of their own; fonts have the letter with its accent.
    return unicodedata.normalize("NFC", text)


def _format_of(text: str) -> LyricsFormat:
    head = text.lstrip()[:2000]
    if head.startswith("WEBVTT"):
        return LyricsFormat.VTT
    if head.startswith("<"):
        if re.search(r"<(?:\w+:)?tt[\s>]", text[:20000]):
            return LyricsFormat.TTML
        if re.match(r"<sami", head, re.IGNORECASE):
            raise InputError(f"This is a SAMI file. Save the lyrics as {FORMATS_WORDS}.", code="unknown_format")
    rows = text.split("\n")
    long = next((number for number, row in enumerate(rows, 1) if len(row) > _LONGEST_ROW), None)
    if any(is_ass_line(row) for row in rows):
        return LyricsFormat.ASS
    if long:
        raise InputError(f"Line {long} is too long for lyrics. Is this the right file?", code="lyrics_too_long")
    found = {
        LyricsFormat.SRT: sum(is_srt_time(row) for row in rows if "-->" in row),
        LyricsFormat.LRC: sum(is_lrc_line(row) for row in rows),
    }
    best = max(found, key=lambda form: found[form])
    if found[best]:
        return best
    line = next((number for number, row in enumerate(rows, 1) if "-->" in row), None)
    if line:
        raise InputError(f"Line {line}: the time can't be read. Write it as 00:01:02,500 --> 00:01:05,000.")
    raise InputError(f"These lyrics have no readable times. Upload them as {FORMATS_WORDS}.", code="no_timed_lines")


def _nothing(form: LyricsFormat, notes: Notes) -> str:
    reasons = " ".join(f"{note.sentence}." for note in notes.all()[:3])
    return f"This {form.upper()} file has no line with words and times. {reasons}".strip()
