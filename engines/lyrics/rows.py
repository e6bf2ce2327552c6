"""How words are laid out: at most two rows that fit the picture, and longer lines in parts one after another."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from engines.lyrics.fonts import Face, advances, face_of_each
from engines.lyrics.model import Line, Word
from engines.lyrics.plausibility import script_of
from engines.lyrics.syllables import words_of_line

MOST_ROWS = 2
# Thai and Lao are written without spaces; these vowels start a syllable.
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_LONGEST_STRETCH = 8
_LONGEST_WORD = 40
# Letters at the weight of captions are wider than the fonts' regular ones by this much, at most.
_HEAVIER = 1.07
_DEFAULT_ADVANCE = 0.6


@dataclass(frozen=True)
class Ruler:
    """Measures rows as shares of the width that they may take: rather too wide, since kerning and joined letters take
    less. `em` and `spacing`, which follows each character, are such shares, too."""

    region: str
    first: Face
    em: float
    spacing: float = 0.0

    def widths(self, text: str) -> list[float]:
        """Return the share of each character."""
        return [_advance(character, self.region, self.first) * self.em + self.spacing for character in text]

    def share(self, row: str) -> float:
        return sum(self.widths(row.strip()))


@lru_cache(maxsize=20000)
def _advance(character: str, region: str, first: Face) -> float:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    (face,) = face_of_each(character, region, first)
    return advances(face).get(ord(character), _DEFAULT_ADVANCE) * _HEAVIER


class _Text:
    """A text with the places where a row may end, and its widths added up."""

    def __init__(self, text: str, places: Sequence[int], ruler: Ruler) -> None:
        self.text = text
        self.places = places
        self._sums = [0.0, *accumulate(ruler.widths(text))]
        self._ends = [len(text[:place].rstrip()) for place in places]

    def width(self, first: int, last: int) -> float:
        """Return the width of the row from one place, by its number, to another."""
        return self._sums[self._ends[last]] - self._sums[self.places[first]]

    def row(self, first: int, last: int) -> str:
        return self.text[self.places[first] : self._ends[last]].replace("\n", " ")

    def effort(self, number: int) -> float:
        """Return how much a row that ends at this place disturbs: not at all at a space, less where an ending is over
        in Japanese than inside a word. A row that was set by hand rather ends where it did."""
        place = self.places[number]
        last, following = self.text[place - 1], self.text[place : place + 1]
        if last == "\n":
            return -0.4
        if last.isspace() or unicodedata.category(last)[0] == "P":
            return 0.0
        return 0.1 if script_of(last) == "HIRAGANA" != script_of(following or " ") else 0.25


def laid_out(line: Line, ruler: Ruler) -> list[Line]:
    """Return the line in parts that fit: one, or as few as are needed, shown one after another. Rows that were set by
    hand stay if they fit. The line's words have times."""
    rows = line.text.split("\n")
    if len(rows) <= MOST_ROWS and all(ruler.share(row) <= 1 for row in rows):
        return [line]
    text = _Text(line.text, breaks(line.text), ruler)
    most = len(text.places) - 1
    for count in range(1, most + 1):
        parts = _shared(text, count)
        laid = [_in_rows(text, first, last) for first, last in parts]
        if count == most or all(laid):
            return _timed(line, [rows or text.row(*part) for rows, part in zip(laid, parts, strict=True)])
    return [line]


def in_parts(text: str, count: int, ruler: Ruler, stretch: int) -> list[str]:
    """Return the text in about `count` parts of about equal width."""
    measured = _Text(text, breaks(text, stretch), ruler)
    return [measured.row(first, last) for first, last in _shared(measured, count)]


def breaks(text: str, stretch: int = _LONGEST_STRETCH) -> list[int]:
    """Return where a row may begin or end: at the text's ends, between words, inside stretches of Thai and Lao that are
    longer than `stretch` characters, and inside what is too long for a word."""
    places = []
    end = 0
    for word in words_of_line(text):
        start = text.index(word, end)
        end = start + len(word)
        since = 0
        places.append(start)
        for place, character in enumerate(word, start):
            since += 1
            is_vowel = since > stretch and character in _LEADING_VOWELS
            if is_vowel or (since > _LONGEST_WORD and unicodedata.category(character)[0] in "LN"):
                places.append(place)
                since = 0
    return [0, *places[1:], len(text)]


def _shared(text: _Text, count: int) -> list[tuple[int, int]]:
    """Return about `count` runs of about equal width, (first, last) place, which end where a reader would pause."""
    last = len(text.places) - 1
    step = text.width(0, last) / count
    parts, first = [], 0
    for number in range(1, count):
        places = range(first + 1, last)
        if not places:
            break
        place = min(places, key=lambda at: abs(text.width(0, at) / step - number) + text.effort(at))
        parts.append((first, place))
        first = place
    return [*parts, (first, last)]


def _in_rows(text: _Text, first: int, last: int) -> str:
    """Return a run in one row or in two of about equal width; "" if it doesn't fit."""
    if text.width(first, last) <= 1 or last - first == 1:
        return text.row(first, last)
    best, least = "", 2.0
    for place in range(first + 1, last):
        wider = max(text.width(first, place), text.width(place, last))
        effort = wider + text.effort(place)
        if wider <= 1 and effort < least:
            best, least = f"{text.row(first, place)}\n{text.row(place, last)}", effort
    return best


def _timed(line: Line, texts: Sequence[str]) -> list[Line]:
    """Return a line for each text, which joined are the line's words, at the times of its words."""
    words = list(line.words)
    shown: list[Line] = []
    for text in texts:
        own = _taken(words, len(re.sub(r"\s", "", text)))
        start = own[0].start if own and shown else (shown[-1].end if shown else line.start)
        shown.append(replace(line, start=start, text=text, words=_spelled(own, text)))
    ends = [*(later.start for later in shown[1:]), line.end]
    return [replace(one, end=max(end, one.start)) for one, end in zip(shown, ends, strict=True)]


def _taken(words: list[Word], letters: int) -> list[Word]:
    """Remove and return the words of the next letters, not counting spaces; a word that goes on is shared by time."""
    own: list[Word] = []
    while words and letters > 0:
        word = words.pop(0)
        size = len(re.sub(r"\s", "", word.text))
        if size > letters:
            place = _place_of(word.text, letters)
            middle = word.start + round((word.end - word.start) * letters / size)
            own.append(Word(word.start, middle, word.text[:place]))
            words.insert(0, Word(middle, word.end, word.text[place:]))
            break
        own.append(word)
        letters -= size
    return own


def _place_of(text: str, letters: int) -> int:
    for place, character in enumerate(text):
        if letters == 0:
            return place
        letters -= not character.isspace()
    return len(text)


def _spelled(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """Return the words with the spaces and row ends of the text, of which they are the letters."""
    spelled: list[Word] = []
    place = 0
    for word in words:
        start = place
        letters = len(re.sub(r"\s", "", word.text))
        while place < len(text) and (letters > 0 or text[place].isspace()):
            letters -= not text[place].isspace()
            place += 1
        spelled.append(replace(word, text=text[start:place]))
    return tuple(spelled)
