"""What the readers of the formats share: cues as a file gives them, notes, and the lines made of both."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from engines.errors import InputError
from engines.lyrics.model import LONGEST_LINE_MS, Line, Note, Word

MOST_LINES = 10_000
MOST_CHARACTERS = 1_000
# A spoiled clock: no song is a month long.
_LATEST_MS = 31 * 24 * 3_600_000


@dataclass(frozen=True)
class Cue:
    """A cue as the file gives it. Without an `end`, it lasts until the next one; without text, it ends the one before.
    `number` is its line in the file, from 1."""

    number: int
    start: int
    end: int | None
    text: str
    words: tuple[Word, ...] = ()
    section: str = ""


@dataclass
class Notes:
    """Collects what was left out, by reason."""

    _found: dict[str, list[int]] = field(default_factory=dict)

    def add(self, text: str, line: int | None = None) -> None:
        places = self._found.setdefault(text, [])
        if line is not None:
            places.append(line)

    def all(self) -> tuple[Note, ...]:
        return tuple(Note(text, tuple(sorted(set(lines)))) for text, lines in self._found.items())


def lines_of(cues: Iterable[Cue], notes: Notes) -> tuple[Line, ...]:
    """Return the lines of a file's cues by time; those with the same times become the rows of one line, in the order of
    the file. Raises InputError, naming the line of the file, for more than a song can have."""
    timed = [_checked(cue, notes) for cue in cues if _is_real(cue, notes)]
    timed.sort(key=lambda cue: cue.start)
    return tuple(_merged(_ended(timed)))


def _is_real(cue: Cue, notes: Notes) -> bool:
    if cue.start > _LATEST_MS:
        notes.add("starts after a month; left out", cue.number)
    return cue.start <= _LATEST_MS


def _checked(cue: Cue, notes: Notes) -> Cue:
    text = readable(cue.text)
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"Line {cue.number} has {len(text):,} characters. A line of lyrics can have {MOST_CHARACTERS:,}. Split it.",
            code="lyrics_too_long",
        )
    if cue.end is not None and cue.end <= cue.start:
        reason = "ends before it starts" if cue.end < cue.start else "has no length"
        notes.add(f"{reason}; shown until the next line", cue.number)
        return replace(cue, end=None, text=text)
    return replace(cue, text=text)


def _ended(cues: Sequence[Cue]) -> list[tuple[Cue, int]]:
    """Give each cue with text an end: its own, or the start of the next one that comes later."""
    later = LONGEST_LINE_MS + (cues[-1].start if cues else 0)
    ended: list[tuple[Cue, int]] = []
    limit, closed = later, False
    for _, group in groupby(reversed(cues), key=lambda cue: cue.start):
        same = list(group)
        for cue in same:
            # A line that is ended on purpose may be longer than one that just lasts.
            until = limit if closed else min(limit, cue.start + LONGEST_LINE_MS)
            ended.append((cue, until if cue.end is None else cue.end))
        limit, closed = same[0].start, all(not cue.text for cue in same)
    return [(cue, end) for cue, end in reversed(ended) if cue.text]


def _merged(ended: Sequence[tuple[Cue, int]]) -> list[Line]:
    lines: dict[tuple[int, int], Line] = {}
    for cue, end in ended:
        key = (cue.start, end)
        words = _fitting(cue, end)
        if key not in lines:
            if len(lines) >= MOST_LINES:
                raise InputError(
                    f"Line {cue.number}: the lyrics have more than {MOST_LINES:,} lines. Is this the right file?",
                    code="lyrics_too_long",
                )
            lines[key] = Line(cue.start, end, cue.text, words, cue.section)
        # Karaoke files draw a line several times, for its shadow.
        elif cue.text not in lines[key].text.split("\n"):
            before = lines[key]
            joined = (*before.words[:-1], _with_break(before.words[-1]), *words) if before.words and words else ()
            lines[key] = replace(before, text=f"{before.text}\n{cue.text}", words=joined)
    return list(lines.values())


def _with_break(word: Word) -> Word:
    return replace(word, text=word.text + "\n")


def _fitting(cue: Cue, end: int) -> tuple[Word, ...]:
    """Return the words inside the cue's time and in order; none if they aren't the cue's text."""
    if not cue.words or "".join(word.text for word in cue.words) != cue.text:
        return ()
    place, words = cue.start, []
    for word in cue.words:
        start = min(max(word.start, place), end)
        place = min(max(word.end, start), end)
        words.append(Word(start, place, word.text))
    return tuple(words)


def words_of(parts: Iterable[tuple[int, str]], end: int | None) -> tuple[str, tuple[Word, ...]]:
    """Return the text of `(start, text)` parts and its words. A part without text ends the word before it; the last
    word without an end ends with the line, `end`, or soon."""
    stamped = [(start, re.sub(r" *\n *", "\n", re.sub(r"[ \t]+", " ", text))) for start, text in parts]
    words: list[Word] = []
    for place, (start, text) in enumerate(stamped):
        following = (
            stamped[place + 1][0] if place + 1 < len(stamped) else (start + LONGEST_LINE_MS if end is None else end)
        )
        if text.strip():
            words.append(Word(start, max(start, following), text))
        elif text and words:
            words[-1] = replace(words[-1], text=re.sub(r" *\n *", "\n", words[-1].text + text))
    if words:
        words[0] = replace(words[0], text=words[0].text.lstrip())
        words[-1] = replace(words[-1], text=words[-1].text.rstrip())
    return "".join(word.text for word in words), tuple(words)


def readable(text: str) -> str:
    """Return the text without control characters, blank rows, and space at the ends of rows."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffe\uffff]", "", text.replace("\t", " "))
    return "\n".join(row for row in (row.strip(" \u3000") for row in text.split("\n")) if row)
