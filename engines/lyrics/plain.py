"""Words without times, as people paste them: sections in brackets, empty rows between stanzas, "x2" for repeats."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from engines.errors import InputError
from engines.lyrics.draft import MOST_CHARACTERS, readable
from engines.lyrics.sung_lines import SungLine

# More than any song has; each line is a row to edit.
MOST_SONG_LINES = 3_000
_MOST_REPEATS = 20
# The brackets of Japanese and Chinese count, too.
_MARK = re.compile(r"[\[\uff3b\u3010]([^\[\]\uff3b\uff3d\u3010\u3011]{0,80})[\]\uff3d\u3011] ?(.*)$")
# Word processors and note apps end rows with signs of their own.
_ROW_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# "x2", "(x2)", "[x2]", "2x", at the end of a row or alone.
_REPEAT = re.compile(
    r"(?:^| |(?=[(\uff08]))[(\uff08\[]? ?(?:[x\u00d7] ?(\d{1,2})|(\d{1,2}) ?[x\u00d7]) ?[)\uff09\]]?$", re.IGNORECASE
)
# A section's name without square brackets. Without a sign or number it could be sung, unless it heads a stanza.
_HEADING = re.compile(
    r"([({*]*)((?:pre-? ?|post-? ?)?(?:intro|verse|chorus|refrain|hook|bridge|outro|interlude|instrumental|estrofa"
    r"|verso|coro|estribillo|puente|strophe|couplet|pont|refr\u00e3o)( \d{1,2})?) ?([:\uff1a)}*]*)$",
    re.IGNORECASE,
)
# What Genius puts around the words when a whole page is copied.
_GENIUS = re.compile(r"\d+ Contributors?[^\n]* Lyrics(?=[\[\n])")
_GENIUS_ROWS = re.compile(r"^You might also like$|\d*Embed\s*\Z", re.MULTILINE)
# What LRC files say of themselves, in files that lost their times.
_TAG = re.compile(r"(?:ar|ti|al|au|by|re|ve|length|offset|lang|tool|id)\s*:", re.IGNORECASE)


@dataclass
class _Stanza:
    rows: list[str] = field(default_factory=list)
    times: int = 1


@dataclass
class _Section:
    name: str = ""
    times: int = 1
    stanzas: list[_Stanza] = field(default_factory=lambda: [_Stanza()])

    def full(self) -> list[_Stanza]:
        return [stanza for stanza in self.stanzas if stanza.rows]


def read_plain(text: str) -> tuple[SungLine, ...]:
    """Return the lines in the order in which they are sung. A section that is only named again repeats its lines.

    Raises InputError for text without words, that is no text, or longer than a song."""
    if "\0" in text:
        raise InputError("This isn't a text file. Upload the lyrics as text.", code="not_text")
    text = unicodedata.normalize("NFC", _ROW_ENDS.sub("\n", text.removeprefix("\ufeff"))).lstrip()
    if _GENIUS.match(text):
        text = _GENIUS_ROWS.sub("", _GENIUS.sub("", text, count=1))
    lines: list[SungLine] = []
    for number, line in enumerate(_sung(_sections(text)), 1):
        if number > MOST_SONG_LINES:
            raise InputError(
                f"These lyrics have more than {MOST_SONG_LINES:,} lines. Is this the right text?",
                code="lyrics_too_long",
            )
        lines.append(line)
    if not lines:
        raise InputError("There are no words in these lyrics. Paste them line by line.", code="no_words")
    return tuple(lines)


def _sections(text: str) -> list[_Section]:
    sections = [_Section()]
    for number, raw in enumerate(text.split("\n"), 1):
        row = " ".join(readable(raw).split())
        if len(row) > MOST_CHARACTERS:
            raise InputError(
                f"Line {number} has {len(row):,} characters. A line of lyrics can have {MOST_CHARACTERS:,}. Split it.",
                code="lyrics_too_long",
            )
        if (mark := _MARK.match(row)) and not _REPEAT.fullmatch(row):
            if _TAG.match(mark[1]):
                continue
            name, times = _repeats(mark[1].strip().rstrip(":\uff1a "))
            words, after = _repeats(mark[2])
            row, after = (mark[2], 1) if words else ("", after)
            sections.append(_Section(name[:40], times * after))
        elif heading := _heading(row, first=not sections[-1].stanzas[-1].rows):
            sections.append(heading)
            continue
        if row:
            _add(sections[-1], row)
        elif not mark:
            sections[-1].stanzas.append(_Stanza())
    return sections


def _heading(row: str, *, first: bool) -> _Section | None:
    """Return the section that the row names, as in "Verse 2:". `first`: the row heads a stanza."""
    words, times = _repeats(row)
    found = _HEADING.match(words)
    return _Section(found[2], times) if found and (first or found[1] or found[3] or found[4]) else None


def _add(section: _Section, row: str) -> None:
    words, times = _repeats(row)
    if not words:
        # A repeat alone counts for the stanza before it.
        if full := section.full():
            full[-1].times = max(full[-1].times, times)
        return
    section.stanzas[-1].rows += [words] * times


def _repeats(row: str) -> tuple[str, int]:
    """Return the row without its repeat mark, and how often it is sung."""
    found = _REPEAT.search(row)
    times = int(found[1] or found[2]) if found else 1
    if found is None or not 1 <= times <= _MOST_REPEATS:
        return row, 1
    return row[: found.start()].strip(), times


def _sung(sections: list[_Section]) -> Iterator[SungLine]:
    known: dict[str, list[_Stanza]] = {}
    number = 0
    for section in sections:
        stanzas = section.full() or known.get(section.name.casefold(), [])
        if section.name and section.full():
            known.setdefault(section.name.casefold(), stanzas)
        for stanza in stanzas * section.times:
            for _ in range(stanza.times):
                number += 1
                yield from (SungLine(row, section.name, number) for row in stanza.rows)
