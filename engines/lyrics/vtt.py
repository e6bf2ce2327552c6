"""WebVTT: https://www.w3.org/TR/webvtt1/"""

import re
from html import unescape

from engines.lyrics.clock import clock_ms
from engines.lyrics.draft import Cue, Notes, words_of

_TIME = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)")
_STAMP = re.compile(r"<((?:\d+:)?\d+:\d+[.,]\d+)>")
_READING = re.compile(r"<rt(?:\.[^<>]*)?>.*?(?:</rt>|(?=</ruby>)|$)", re.DOTALL)
_TAG = re.compile(r"</?(?:c|i|b|u|v|lang|ruby|rt)(?:[.\s][^<>]*)?>")


def read_vtt(text: str, notes: Notes) -> list[Cue]:
    """Return the cues, with the word times of `<00:01.000>`. Header, notes, styles and positions are left out."""
    rows = text.split("\n")
    cues: list[Cue] = []
    for place, row in enumerate(rows):
        if "-->" not in row:
            continue
        found = _TIME.match(row)
        start, end = (clock_ms(found[1]), clock_ms(found[2])) if found else (None, None)
        if start is None:
            if re.search(r"\d:\d", row):
                notes.add("the time can't be read; left out", place + 1)
            continue
        if end is None:
            notes.add("has no end; shown until the next line", place + 1)
        body = rows[place + 1 : _block_end(rows, place + 1)]
        cues.append(_cue(place + 1, start, end, "\n".join(body)))
    return cues


def _block_end(rows: list[str], place: int) -> int:
    while place < len(rows) and rows[place].strip() and "-->" not in rows[place]:
        place += 1
    return place


def _cue(number: int, start: int, end: int | None, body: str) -> Cue:
    body = _TAG.sub("", _READING.sub("", body))
    pieces = _STAMP.split(body)
    if len(pieces) == 1:
        return Cue(number, start, end, unescape(body))
    times = [start, *(clock_ms(stamp) or start for stamp in pieces[1::2])]
    text, words = words_of(zip(times, (unescape(piece) for piece in pieces[::2]), strict=True), end)
    return Cue(number, start, end, text, words)
