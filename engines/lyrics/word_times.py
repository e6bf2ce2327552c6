"""When words are seen: times for words that have none, words that are shown together, and lines that would collide."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from engines.lyrics.model import Line, Word
from engines.lyrics.plausibility import script_of
from engines.lyrics.syllables import syllables, words_of_line

# Singing a syllable takes at most this long; a longer line ends in music.
_LONGEST_SYLLABLE_MS = 600
# A word that is shown alone stays at least this long, and a last one this much longer than it is sung.
_SHORTEST_MS = 350
_LINGER_MS = 400
_MOST_TOGETHER = 2
# Of scripts without spaces, whose "words" are characters.
_MOST_CHARACTERS = 6
# A line may be cut this much where the next one starts; what overlaps longer is sung together.
_CUT_MS = 700


def words_in(text: str, parts: Iterable[tuple[int, int, str]]) -> tuple[Word, ...]:
    """Return (start, end, word) parts with what separates them, so that joined they are the text; none if they aren't
    its words. Times are milliseconds."""
    found: list[Word] = []
    place = 0
    for start, end, word in parts:
        at = text.find(word, place)
        if at < 0 or (not found and text[:at].strip()):
            return ()
        if found:
            found[-1] = replace(found[-1], text=found[-1].text + text[place:at])
        found.append(Word(start, end, word))
        place = at + len(word)
    if found:
        found[-1] = replace(found[-1], text=found[-1].text + text[place:])
    return tuple(found)


def with_words(line: Line, language: str) -> Line:
    """Return the line with a time for each word. Where it has none, the words share its time by their syllables."""
    if line.words:
        return line
    words = words_of_line(line.text)
    weights = [syllables(word, language) for word in words]
    length = min(line.end - line.start, round(sum(weights) * _LONGEST_SYLLABLE_MS))
    clock, parts = 0.0, []
    for word, weight in zip(words, weights, strict=True):
        start, clock = clock, clock + weight / sum(weights) * length
        parts.append((line.start + round(start), line.start + round(clock), word))
    return replace(line, words=words_in(line.text, parts))


def apart(lines: Sequence[Line]) -> list[Line]:
    """Return the lines in order; one that ends shortly after the next one starts ends with its start instead."""
    ordered = sorted(lines, key=lambda line: (line.start, line.end))
    shown = [
        _until(line, following.start)
        if line.start < following.start < line.end and line.end - following.start <= _CUT_MS
        else line
        for line, following in pairwise(ordered)
    ]
    return [*shown, *ordered[-1:]]


def _until(line: Line, end: int) -> Line:
    words = tuple(replace(word, start=min(word.start, end), end=min(word.end, end)) for word in line.words)
    return replace(line, end=end, words=words)


def big_words(lines: Sequence[Line]) -> list[Line]:
    """Return the words that are shown one after another, each alone or with the next one where they are short; never
    two at once. The lines' words have times."""
    shown: list[Line] = []
    for line in lines:
        if not line.words:
            continue  # a row of spaces
        groups = _groups(line.words)
        for group, following in zip(groups, [*groups[1:], None], strict=True):
            until = following[0].start if following else min(line.end, group[-1].end + _LINGER_MS)
            text = re.sub(r"\s+", " ", "".join(word.text for word in group)).strip()
            if text and until > group[0].start:
                shown.append(Line(group[0].start, until, text))
    shown.sort(key=lambda line: line.start)
    cut = [replace(one, end=min(one.end, following.start)) for one, following in pairwise(shown)]
    return [line for line in [*cut, *shown[-1:]] if line.end > line.start]


def _groups(words: Sequence[Word]) -> list[list[Word]]:
    groups: list[list[Word]] = []
    for word in words:
        if groups and _belongs(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _belongs(group: Sequence[Word], word: Word) -> bool:
    """Return whether the word is shown with those before it."""
    before = group[-1]
    if "\n" in before.text or word.start - before.end > _SHORTEST_MS:
        return False
    soon = word.start - group[0].start < _SHORTEST_MS
    if before.text[-1:].isspace() or not _is_spaceless(word.text):
        return soon and len(group) < _MOST_TOGETHER
    last, script = script_of(before.text.strip()[-1:] or " "), script_of(word.text[0])
    if script == "HIRAGANA" or last == script == "KATAKANA":
        return len(group) < _MOST_CHARACTERS  # endings and particles stay with their word
    return soon and last != "HIRAGANA" and len(group) < _MOST_CHARACTERS


def _is_spaceless(text: str) -> bool:
    return script_of(text[:1] or " ") in {"HIRAGANA", "KATAKANA", "CJK"}
