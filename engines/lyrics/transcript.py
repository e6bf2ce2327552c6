"""What a service heard in a song, word by word, and matching it to the words that the song is known to have.

The given words win: they keep their spelling and order, and take the times of the heard words that they match. Where
they differ, the line keeps what was heard.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError
from engines.lyrics.alignment import Heard, align
from engines.lyrics.sung_lines import SungLine, SungWord
from engines.lyrics.syllables import syllables, words_of_line

# A given word costs this much if nothing was heard for it, and a heard one if it isn't given. Two words that have
# nothing in common cost less than leaving out both: what was sung there was probably misheard.
_LEFT_OUT, _DIFFERENT = 0.35, -0.5
# Words this alike (the share of their letter pairs) are the same word heard differently.
_ALIKE = 0.5
# Confidence of a word's times: heard as given, almost so, as another word, not at all.
_SAME, _SIMILAR, _OTHER, _UNHEARD = 0.95, 0.85, 0.55, 0.4
# A line whose first word wasn't recognized starts somewhere near, and one that wasn't heard is to be checked.
_UNSURE_START = 0.55
_NO_ROOM_CONFIDENCE = 0.1
# Fewer of a line's words than this are chance: somewhere, everybody sings "me".
_LEAST_SHARE = 0.34
_SHORTEST_SECONDS = 0.05
# A heard line ends at a pause, sooner if it is long enough already; a long pause starts a new stanza.
_PAUSE_SECONDS, _SHORT_PAUSE_SECONDS, _STANZA_SECONDS = 0.8, 0.3, 4.0
_LINE_WORDS, _MOST_LINE_WORDS = 5, 10
# Characters of scripts without spaces count for less than words.
_CHARACTERS_PER_WORD = 3
_STOPS = ".!?,;\u3002\u3001\uff01\uff1f"


@dataclass(frozen=True)
class HeardWord:
    """A word and when it was heard, in seconds of the sound."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class _Token:
    """A given word: its line, its place in the line, and its letters."""

    line: int
    place: int
    key: str


@dataclass(frozen=True)
class _Pair:
    """The heard word for a given one; `likeness` is 0…1, and 1 if they are the same."""

    heard: HeardWord
    likeness: float


def words_in_order(words: Sequence[HeardWord], seconds: float) -> tuple[HeardWord, ...]:
    """Return the words that lie in the sound in order of time, split as a line's words are."""
    found: list[HeardWord] = []
    for word in sorted(words, key=lambda one: (one.start, one.end)):
        start, end = max(0.0, word.start), min(seconds, max(word.end, word.start))
        parts = words_of_line(word.text)
        if not parts or start >= seconds:
            continue
        step = (end - start) / len(parts)
        found += [HeardWord(text, start + step * n, start + step * (n + 1)) for n, text in enumerate(parts)]
    return tuple(found)


def lines_heard(words: Sequence[HeardWord]) -> tuple[SungLine, ...]:
    """Return what was heard as lines, broken at its pauses."""
    lines: list[SungLine] = []
    held: list[HeardWord] = []
    stanza = 0
    for index, word in enumerate(words):
        held.append(word)
        pause = words[index + 1].start - word.end if index + 1 < len(words) else np.inf
        if not _line_ends(held, pause):
            continue
        timed = tuple(SungWord(w.text, round(w.start, 3), round(w.end, 3), _SIMILAR) for w in held)
        lines.append(
            SungLine(
                _joined(held), "", stanza, timed[0].start, max(timed[-1].end, timed[0].start), _SIMILAR, words=timed
            )
        )
        stanza += pause > _STANZA_SECONDS
        held = []
    return tuple(lines)


def lines_matched(
    lines: Sequence[SungLine], words: Sequence[HeardWord], language: str, singing: Heard
) -> tuple[SungLine, ...]:
    """Return the given lines at the times of the heard words. Lines that nothing was heard of are laid on the singing
    between the others; pinned lines keep their times."""
    pairs, extra = _pairs(lines, words)
    timed = [_timed(line, pairs.get(index, {}), extra.get(index, []), language) for index, line in enumerate(lines)]
    placed = _cut_overlaps(timed)
    unheard = [index for index, line in enumerate(placed) if line.span is None]
    if unheard:
        placed = _unheard_placed(lines, placed, language, singing)
    return tuple(placed)


def _pairs(
    lines: Sequence[SungLine], words: Sequence[HeardWord]
) -> tuple[dict[int, dict[int, _Pair]], dict[int, list[tuple[float, str]]]]:
    """Return for each line the heard words by the places of its own, and all it was heard as, by time."""
    given = [
        _Token(number, place, _key(word))
        for number, line in enumerate(lines)
        for place, word in enumerate(words_of_line(line.text))
    ]
    pairs: dict[int, dict[int, _Pair]] = {}
    heard_as: dict[int, list[tuple[float, str]]] = {}
    if not given or not words:
        return pairs, heard_as
    likeness, numbers = _likeness([token.key for token in given], [_key(word.text) for word in words])
    previous: int | None = None
    for token_index, word_index in _path(likeness, numbers):
        if token_index is not None and word_index is not None:
            token, word = given[token_index], words[word_index]
            alike = float(likeness[numbers[0][token_index], numbers[1][word_index]])
            pairs.setdefault(token.line, {})[token.place] = _Pair(word, alike)
            heard_as.setdefault(token.line, []).append((word.start, word.text))
            previous = token.line
        elif word_index is not None and previous is not None:
            heard_as[previous].append((words[word_index].start, words[word_index].text))
    return pairs, heard_as


def _likeness(given: Sequence[str], heard: Sequence[str]) -> tuple[NDArray[np.float64], tuple[list[int], list[int]]]:
    """Return how alike each two different words are, and which of them each given and heard word is."""
    rows = {key: number for number, key in enumerate(dict.fromkeys(given))}
    columns = {key: number for number, key in enumerate(dict.fromkeys(heard))}
    grams = {gram: number for number, gram in enumerate({gram for key in (*rows, *columns) for gram in _grams(key)})}
    ours, theirs = (_counted(keys, grams) for keys in (rows, columns))
    common = ours @ theirs.T
    sizes = ours.sum(axis=1)[:, None] + theirs.sum(axis=1)[None, :]
    alike = np.where(sizes > 0, 2 * common / np.maximum(sizes, 1), 0.0)
    for key, number in rows.items():
        if key in columns:
            alike[number, columns[key]] = 1.0 if key else 0.0
    alike[alike < _ALIKE] = 0.0
    return alike, ([rows[key] for key in given], [columns[key] for key in heard])


def _counted(keys: dict[str, int], grams: dict[str, int]) -> NDArray[np.float64]:
    table = np.zeros((len(keys), len(grams)))
    for key, number in keys.items():
        for gram in _grams(key):
            table[number, grams[gram]] = 1.0
    return table


def _grams(key: str) -> set[str]:
    padded = f"^{key}$"
    return {padded[place : place + 2] for place in range(len(padded) - 1)} if key else set()


def _path(likeness: NDArray[np.float64], numbers: tuple[list[int], list[int]]) -> list[tuple[int | None, int | None]]:
    """Return the best way through both texts, as pairs of places; None where the other text has nothing."""
    rows, columns = numbers
    worth = np.where(likeness > 0, likeness, _DIFFERENT)[:, columns]
    count = len(columns)
    lost = _LEFT_OUT * np.arange(count + 1)
    best = -lost
    came = np.zeros((len(rows), count + 1), np.int8)  # 0: both, 1: only given, 2: only heard
    for index, row in enumerate(rows):
        both = np.concatenate([[-np.inf], best[:-1] + worth[row]])
        only = best - _LEFT_OUT
        now = np.maximum(both, only)
        # Leaving out heard words: the best so far, less what each further word costs.
        run = np.maximum.accumulate(now + lost) - lost
        came[index] = np.where(run > now + 1e-12, 2, np.where(both >= only, 0, 1))
        best = run
    path: list[tuple[int | None, int | None]] = []
    row, column = len(rows), count
    while row or column:
        step = 2 if not row else 1 if not column else int(came[row - 1, column])
        row, column = row - (step != 2), column - (step != 1)
        path.append((None if step == 2 else row, None if step == 1 else column))
    return path[::-1]


def _timed(line: SungLine, pairs: dict[int, _Pair], heard_as: list[tuple[float, str]], language: str) -> SungLine:
    """Return the line at the times of its heard words; without a time if too few of them were recognized."""
    words = words_of_line(line.text)
    said = _difference(words, [text for _, text in sorted(heard_as)])
    if line.pinned and line.span:
        return replace(line, heard=said)
    known = [place for place, pair in pairs.items() if pair.likeness > 0]
    if len(known) < _LEAST_SHARE * len(words) or not known:
        return replace(line, start=None, end=None, words=(), confidence=0.0, heard=said)
    weights = [syllables(word, language) for word in words]
    starts, ends = _moments(weights, pairs)
    sure = [_confidence(pairs.get(place)) for place in range(len(words))]
    timed = tuple(
        SungWord(word, round(start, 3), round(max(start, end), 3), one)
        for word, start, end, one in zip(words, starts, ends, sure, strict=True)
    )
    confidence = float(np.mean(sure))
    if min(known) > 0:
        confidence = min(confidence, _UNSURE_START)
    return replace(
        line,
        start=timed[0].start,
        end=max(timed[-1].end, timed[0].start + _SHORTEST_SECONDS),
        words=timed,
        confidence=round(confidence, 3),
        heard=said,
    )


def _moments(weights: Sequence[float], pairs: dict[int, _Pair]) -> tuple[list[float], list[float]]:
    """Return each word's start and end; words that weren't heard share the time between their neighbors."""
    places = sorted(pairs)
    rate = float(np.median([(pairs[p].heard.end - pairs[p].heard.start) / max(weights[p], 0.5) for p in places]))
    rate = min(max(rate, 0.05), 0.6)
    edges = {place: (pairs[place].heard.start, pairs[place].heard.end) for place in places}
    for run in _runs([place for place in range(len(weights)) if place not in pairs]):
        total = sum(weights[place] for place in run)
        after = edges[run[-1] + 1][0] if run[-1] + 1 in pairs else None
        before = edges[run[0] - 1][1] if run[0] - 1 in pairs else None
        last = after if after is not None else (before or 0.0) + rate * total
        first = before if before is not None else max(0.0, last - rate * total)
        for place in run:
            step = (last - first) * weights[place] / total
            total -= weights[place]
            edges[place] = (first, first + step)
            first += step
    starts = np.maximum.accumulate([edges[place][0] for place in range(len(weights))]).tolist()
    return starts, [edges[place][1] for place in range(len(weights))]


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Return the places in runs of neighbors."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _cut_overlaps(lines: Sequence[SungLine]) -> list[SungLine]:
    """Return the lines, each ending before the next one that has a time; one that a pinned line leaves no room has
    none."""
    found = list(lines)
    following: float | None = None
    for index in reversed(range(len(found))):
        line = found[index]
        if line.span is None:
            continue
        start, end = line.span
        if following is not None and end > following and not line.pinned:
            if start > following - _SHORTEST_SECONDS:
                found[index] = replace(line, start=None, end=None, words=(), confidence=0.0)
                continue
            found[index] = _ending(line, following)
        following = start
    latest = 0.0
    for index, line in enumerate(found):
        if line.span is None:
            continue
        if line.span[0] < latest and not line.pinned:
            found[index] = replace(line, start=None, end=None, words=(), confidence=0.0)
        elif line.pinned:
            latest = line.span[1]
    return found


def _ending(line: SungLine, end: float) -> SungLine:
    words = tuple(replace(word, start=min(word.start, end), end=min(word.end, end)) for word in line.words)
    return replace(line, end=end, words=words)


def _unheard_placed(lines: Sequence[SungLine], placed: list[SungLine], language: str, singing: Heard) -> list[SungLine]:
    """Return the lines with those that weren't heard laid between the others."""
    held = [replace(line, pinned=True) if line.span else line for line in placed]
    try:
        found = align(held, language, singing)
    except InputError:
        found = tuple(_squeezed(held, singing.seconds))
    return [
        replace(
            line,
            pinned=given.pinned,
            confidence=line.confidence if before.span else min(line.confidence, _UNSURE_START),
        )
        for line, given, before in zip(found, lines, placed, strict=True)
    ]


def _squeezed(lines: Sequence[SungLine], seconds: float) -> list[SungLine]:
    """Return the lines without a time evenly between their neighbors, however little room there is."""
    found = list(lines)
    for run in _runs([index for index, line in enumerate(lines) if line.span is None]):
        first = (found[run[0] - 1].end or 0.0) if run[0] else 0.0
        last = (found[run[-1] + 1].start or seconds) if run[-1] + 1 < len(found) else seconds
        step = max(last - first, 0.0) / len(run)
        for number, index in enumerate(run):
            start = round(first + step * number, 3)
            found[index] = replace(
                found[index], start=start, end=round(start + step, 3), confidence=_NO_ROOM_CONFIDENCE, words=()
            )
    return found


def _confidence(pair: _Pair | None) -> float:
    if pair is None:
        return _UNHEARD
    return _SAME if pair.likeness >= 1 else _SIMILAR if pair.likeness > 0 else _OTHER


def _difference(given: Sequence[str], heard: Sequence[str]) -> str:
    """Return what was heard, or "" if it is what was given."""
    same = "".join(map(_key, given)) == "".join(map(_key, heard))
    return "" if same else _joined([HeardWord(text, 0, 0) for text in heard])


def _line_ends(held: Sequence[HeardWord], pause: float) -> bool:
    length = sum(1 if _spaced(word.text) else 1 / _CHARACTERS_PER_WORD for word in held)
    if pause > _PAUSE_SECONDS or length >= _MOST_LINE_WORDS:
        return True
    return length >= _LINE_WORDS and (pause > _SHORT_PAUSE_SECONDS or held[-1].text[-1] in _STOPS)


def _joined(words: Sequence[HeardWord]) -> str:
    text = ""
    for word in words:
        text += f" {word.text}" if text and (_spaced(word.text) or _spaced(text[-1])) else word.text
    return text


def _spaced(text: str) -> bool:
    """Return whether the text's script puts spaces between words."""
    letter = next((one for one in text if one.isalnum()), "")
    return not letter or len(words_of_line(letter * 2)) == 1


def _key(word: str) -> str:
    """Return the letters that tell the word from others: no marks, no punctuation, no capitals."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word.casefold()) if letter.isalnum())
