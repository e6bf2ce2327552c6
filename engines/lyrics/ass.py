"""Advanced SubStation Alpha: the words and their times. Its positions, drawings and effects were made for another
picture, so they are left out. Facts: http://www.tcax.org/docs/ass-specs.htm and Aegisub's manual."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engines.lyrics.clock import clock_ms
from engines.lyrics.draft import Cue, Notes, words_of

_EVENT = re.compile(r"\s*(Dialogue|Comment)\s*:(.*)", re.IGNORECASE)
_FORMAT = re.compile(r"\s*Format\s*:(.*)", re.IGNORECASE)
_USUAL_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_KARAOKE = re.compile(r"\\[kK][fo]?(\d{1,6})")
_DRAWING = re.compile(r"\\p(\d+)")
_PLACED = re.compile(r"\\(?:pos|move|org|i?clip)\s*\(")


@dataclass(frozen=True)
class _Event:
    number: int
    comment: bool
    effect: str
    start: int
    end: int
    text: str


def is_ass_line(line: str) -> bool:
    return bool(_EVENT.match(line))


def read_ass(text: str, notes: Notes) -> list[Cue]:
    """Return the cues, with the word times of `\\k`."""
    events = list(_events(text.split("\n"), notes))
    # A karaoke template writes its result as "fx" lines, one per syllable, and keeps the line itself as a comment.
    templated = any(event.effect == "fx" for event in events)
    cues: list[Cue] = []
    for event in events:
        source = event.comment and event.effect.startswith("karaoke")
        if (event.comment and not (templated and source)) or event.effect.startswith(("template", "code")):
            notes.add("a comment; left out", event.number)
        elif event.effect == "fx":
            notes.add("an effect; the line that it was made of is shown instead", event.number)
        elif cue := _cue(event, notes):
            cues.append(cue)
    return cues


def _events(rows: Iterable[str], notes: Notes) -> Iterable[_Event]:
    fields: tuple[str, ...] = _USUAL_FIELDS
    in_events = True
    for number, row in enumerate(rows, 1):
        if row.strip().startswith("["):
            in_events = row.strip().lower() == "[events]"
        elif in_events and (form := _FORMAT.match(row)):
            fields = tuple(name.strip().lower() for name in form[1].split(","))
        elif found := _EVENT.match(row):
            values = dict(zip(fields, found[2].split(",", len(fields) - 1), strict=False))
            start, end = clock_ms(values.get("start", "")), clock_ms(values.get("end", ""))
            if start is None or end is None or "text" not in values:
                notes.add("has no times that can be read; left out", number)
                continue
            comment, effect = found[1].lower() == "comment", values.get("effect", "").strip().lower()
            yield _Event(number, comment, effect, start, end, values["text"])


def _cue(event: _Event, notes: Notes) -> Cue | None:
    parts: list[tuple[int, str]] = [(event.start, "")]
    drawing = drew = sung = False
    clock = event.start
    for piece in re.split(r"(\{[^{}]*\})", event.text):
        if not piece.startswith("{"):
            if not drawing:
                parts[-1] = (parts[-1][0], parts[-1][1] + _plain(piece))
            continue
        if _PLACED.search(piece):
            notes.add("a position; left out, since it was made for another picture", event.number)
        for level in _DRAWING.findall(piece):
            drawing = int(level[:3]) > 0
            drew = drew or drawing
        for length in _KARAOKE.findall(piece):
            parts.append((clock, ""))
            clock, sung = clock + 10 * int(length), True
    if drew:
        notes.add("a drawing; left out", event.number)
    if not sung:
        text = "".join(text for _, text in parts)
        return Cue(event.number, event.start, event.end, text) if text.strip() else None
    text, words = words_of([*parts, (clock, "")], event.end)
    return Cue(event.number, event.start, event.end, text, words) if text else None


def _plain(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\u00a0")
