"""LRC as players read it: https://en.wikipedia.org/wiki/LRC_(file_format), with the word times of "enhanced LRC"."""

import re
from collections.abc import Iterator
from dataclasses import replace

from engines.lyrics.clock import clock_ms
from engines.lyrics.draft import Cue, Notes, words_of
from engines.lyrics.model import Word

_STAMP = r"\[\s*(\d{1,5}\s*:\s*\d{1,2}(?:\s*[.,:]\s*\d{1,3}){0,2})\s*\]"
_FIRST = re.compile(rf"\s*{_STAMP}")
# Word times stand in angle brackets, or in square ones inside the line.
_WORD = re.compile(rf"<\s*(\d{{1,5}}:\d{{1,2}}(?:[.,:]\d{{1,3}}){{0,2}})\s*>|{_STAMP}")
_TAG = re.compile(r"\s*\[\s*([a-zA-Z#_]+)\s*:(.*)\]\s*$")
_OFFSET = re.compile(r"\s*([+-]?\d{1,8})\s*$")


def is_lrc_line(line: str) -> bool:
    return bool(_FIRST.match(line))


def read_lrc(text: str, notes: Notes) -> list[Cue]:
    """Return the cues. A positive `[offset:]` (milliseconds) shows them earlier, as players do."""
    offset, cues = 0, []
    for number, line in enumerate(text.split("\n"), 1):
        if _FIRST.match(line):
            cues += list(_cues(number, line))
        elif tag := _TAG.match(line):
            if tag[1].lower() == "offset":
                shift = _OFFSET.match(tag[2])
                if shift:
                    offset = int(shift[1])
                else:
                    notes.add("the offset is no number of milliseconds; left out", number)
        elif line.strip():
            notes.add("has no time; left out", number)
    return [_shifted(cue, -offset) for cue in cues]


def _cues(number: int, line: str) -> Iterator[Cue]:
    stamps: list[int] = []
    while found := _FIRST.match(line):
        stamps.append(_ms(found[1]))
        line = line[found.end() :]
    parts: list[tuple[int, str]] = []
    start, place = stamps[0], 0
    for word in _WORD.finditer(line):
        parts.append((start, line[place : word.start()]))
        start, place = _ms(word[1] or word[2]), word.end()
    if not parts:
        yield from (Cue(number, stamp, None, line) for stamp in stamps)
        return
    text, words = words_of([*parts, (start, line[place:])], None)
    # Behind the last word, a stamp says when it ends.
    end = start if words and not line[place:].strip() else None
    for stamp in stamps:
        cue = Cue(number, stamps[0], end, text, words)
        yield _shifted(cue, stamp - stamps[0])


def _shifted(cue: Cue, by: int) -> Cue:
    if not by:
        return cue
    words = tuple(Word(max(0, word.start + by), max(0, word.end + by), word.text) for word in cue.words)
    end = None if cue.end is None else max(0, cue.end + by)
    return replace(cue, start=max(0, cue.start + by), end=end, words=words)


def _ms(stamp: str) -> int:
    """Read mm:ss, mm:ss.xx, mm:ss:xx, or hh:mm:ss.xx."""
    stamp = re.sub(r"\s", "", stamp).replace(",", ".")
    if re.match(r"\d+:\d+:\d+$", stamp):
        stamp = ".".join(stamp.rsplit(":", 1))
    return clock_ms(stamp) or 0
