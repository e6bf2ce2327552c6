"""SRT, with the faults that players forgive: numbers or blank lines missing, dots for commas, long hours."""

import re

from engines.lyrics.clock import clock_ms
from engines.lyrics.draft import Cue, Notes

_TIME = re.compile(r"\s*-?([\d:.,;\s]+?)\s*-{1,2}>\s*-?([\d:.,;]+(?:\s[\d.,;:]+)?)?")
# Files that were moved to an earlier time count below zero.
_BELOW_ZERO = re.compile(r"\s*-\s*\d[^>]*>\s*(-)?")
_TAG = re.compile(r"</?(?:i|b|u|s|em|strong|font|ruby|rt|br)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")


def is_srt_time(line: str) -> bool:
    found = _TIME.match(line)
    return bool(found and clock_ms(_tight(found[1])) is not None)


def read_srt(text: str, notes: Notes) -> list[Cue]:
    """Return the cues. Entities such as `&amp;` stay as written: SRT has none."""
    rows = text.split("\n")
    places = [place for place, row in enumerate(rows) if _is_time(row)]
    cues: list[Cue] = []
    for place, following in zip(places, [*places[1:], len(rows)], strict=True):
        found = _TIME.match(rows[place])
        start = clock_ms(_tight(found[1])) if found else None
        if found is None or start is None:
            notes.add("the time can't be read; left out", place + 1)
            continue
        below = _BELOW_ZERO.match(rows[place])
        if below and below[1]:
            notes.add("ends before the song starts; left out", place + 1)
            continue
        start = 0 if below else start
        end = clock_ms(_tight(found[2] or ""))
        if end is None:
            notes.add("has no end; shown until the next line", place + 1)
        body = rows[place + 1 : following]
        if following < len(rows) and _is_number(body, len(cues) + 2):
            body = body[:-1]
        cues.append(Cue(place + 1, start, end, without_tags("\n".join(body))))
    return cues


def without_tags(text: str) -> str:
    """Return the text without its formatting; braces and angle brackets that are words stay."""
    return _TAG.sub("", _OVERRIDE.sub("", text))


def _is_time(row: str) -> bool:
    """Return whether a row is meant as a cue's time: words may hold an arrow, too."""
    return "-->" in row and (is_srt_time(row) or bool(re.match(r"\s*-?\d+\s*:\s*\w", row)))


def _is_number(body: list[str], expected: int) -> bool:
    """Return whether the last row before a time is the cue's number, not words: it follows a blank row, or is the
    number that comes next."""
    if not body or not body[-1].strip().isdigit():
        return False
    return len(body) == 1 or not body[-2].strip() or int(body[-1].strip()[:9]) == expected


def _tight(text: str) -> str:
    return re.sub(r"\s", "", text)
