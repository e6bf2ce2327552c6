"""Lay the lines of a song onto the places where somebody sings, in order, without knowing the sounds of the words.

A line takes about as long as its syllables, starts where a note starts, preferably after a pause, and pauses seldom
fall inside it. Dynamic programming finds the line starts that fit best.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError
from engines.lyrics.sung_lines import SungLine, SungWord
from engines.lyrics.syllables import syllables, words_of_line

Vector = NDArray[np.float64]
Progress = Callable[[float], None]

# At most this many moments are considered as starts, and at least so many for each line.
_MOST_STARTS, _LEAST_STARTS = 900, 6
# Their number squared times the lines' takes 20 s of work here.
_MOST_LINES = 1000
_SEPARATION_SECONDS = 0.08
# Nobody sings slower for long; what is left over is without words.
_SLOWEST_SYLLABLE_SECONDS = 0.7
_FASTEST_SYLLABLE_SECONDS = 0.1
# Costs: of a line half or twice as long as its syllables say, of a pause inside a line (each second), of singing that
# no line covers (each second); and what a start after a pause (each second of it, up to 1) or on a clear note saves.
_LENGTH, _INNER_PAUSE, _LEFT_OVER = 2.5, 2.0, 0.6
_AFTER_PAUSE, _ON_NOTE, _NEW_STANZA = 1.6, 0.3, 1.0
# A pause that short is a consonant.
_NOTABLE_PAUSE = 0.12
_UNHEARD_CONFIDENCE = 0.2
# In a mix, pauses between lines are heard roughly: passages found there deserve this share of their confidence.
MIX_TRUST = 0.75
_SNAP_SECONDS = 0.1


@dataclass(frozen=True)
class Heard:
    """What is known of a song's singing, in seconds: passages with a voice as (start, end, confidence), and where notes
    start, with their salience (0…1)."""

    seconds: float
    passages: tuple[tuple[float, float, float], ...]
    notes: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class _Starts:
    """Moments at which lines may start or the last one end: their `times`, sung seconds before each, the pause right
    before each, all pauses before each without that one, and how clear its note is."""

    times: Vector
    sung: Vector
    pause: Vector
    paused: Vector
    clear: Vector


def align(
    lines: Sequence[SungLine], language: str, heard: Heard, progress: Progress = lambda _: None
) -> tuple[SungLine, ...]:
    """Return the lines with times, words and a confidence. Pinned lines stay where they are. `progress` is told the
    share done, and may raise to stop.

    Raises InputError if there is no room between two pinned lines, or for more lines than can be aligned."""
    if len(lines) > _MOST_LINES:
        raise InputError(f"At most {_MOST_LINES:,} lines can be aligned. Shorten the lyrics.", code="lyrics_too_long")
    passages = heard.passages or ((0.0, heard.seconds, _UNHEARD_CONFIDENCE),)
    weights = [[syllables(word, language) for word in words_of_line(line.text)] for line in lines]
    starts = _starts(passages, heard.notes, lines)
    expected = _expected(lines, weights, starts)
    chosen = _chosen(lines, expected, starts, progress)
    aligned = []
    for index, line in enumerate(lines):
        if line.pinned and line.span:
            aligned.append(line if line.words else replace(line, words=_words(line, weights[index], *line.span, heard)))
            continue
        start, end = _place(starts, passages, chosen[index], chosen[index + 1])
        sung = float(starts.sung[chosen[index + 1]] - starts.sung[chosen[index]])
        fit = _fit(sung, expected[index], sum(weights[index]))
        confidence = round(fit * _start_confidence(starts, passages, chosen[index]), 3)
        timed = replace(line, start=start, end=end, confidence=confidence)
        aligned.append(replace(timed, words=_words(timed, weights[index], start, end, heard)))
    return tuple(aligned)


def _starts(
    passages: Sequence[tuple[float, float, float]], notes: Sequence[tuple[float, float]], lines: Sequence[SungLine]
) -> _Starts:
    """Return the moments to choose from: starts of passages, the clearest notes in them, pinned times, and an even grid
    where these are too few. The last one is the end of the singing."""
    pins = [time for line in lines if line.pinned and line.span for time in line.span]
    end = max(passages[-1][1], *pins, 0.0)
    fixed = {time: 1.0 for time in (*(first for first, _, _ in passages), *pins) if time < end}
    inside = [(time, worth) for time, worth in notes if any(first < time < last for first, last, _ in passages)]
    wanted = min(max(_MOST_STARTS, 3 * len(lines) // 2), max(200, _LEAST_STARTS * len(lines)))
    inside = sorted(inside, key=lambda note: -note[1])[:wanted]
    found = dict(fixed)
    sung = sum(last - first for first, last, _ in passages)
    separation = min(_SEPARATION_SECONDS, sung / (4 * len(lines)))
    step = max(separation, sung / wanted)
    grid = [(time, 0.0) for first, last, _ in passages for time in np.arange(first, last, step).tolist()]
    room = grid if len(inside) + len(fixed) < wanted / 2 else []
    taken = sorted(found)
    for time, worth in sorted([*inside, *room], key=lambda note: -note[1]):
        place = int(np.searchsorted(taken, time))
        near = taken[max(0, place - 1) : place + 1]
        if all(abs(time - other) >= separation * 0.99 for other in near):
            taken.insert(place, time)
            found[time] = worth
    times = np.array([*sorted(found), end])
    before, pause = _sung_before(times, passages)
    clear = np.array([*(found[time] for time in times[:-1].tolist()), 1.0])
    return _Starts(times, before, pause, times - before - pause, clear)


def _sung_before(times: Vector, passages: Sequence[tuple[float, float, float]]) -> tuple[Vector, Vector]:
    """Return the sung seconds before each moment, and the pause that ends at it."""
    first, last = np.array([p[0] for p in passages]), np.array([p[1] for p in passages])
    sung = np.clip(times[:, None] - first, 0, last - first).sum(axis=1)
    ended = np.where(last[None, :] <= times[:, None] + 1e-6, last[None, :], 0.0).max(axis=1)
    inside = ((first[None, :] < times[:, None] - 1e-3) & (times[:, None] < last[None, :])).any(axis=1)
    return sung, np.where(inside, 0.0, times - ended)


def _expected(lines: Sequence[SungLine], weights: Sequence[Sequence[float]], starts: _Starts) -> list[float]:
    """Return how many seconds each line takes to sing, if all are sung equally fast."""
    pinned = sum(line.span[1] - line.span[0] for line in lines if line.pinned and line.span)
    free = sum(sum(words) for line, words in zip(lines, weights, strict=True) if not (line.pinned and line.span))
    rate = max(0.02, float(starts.sung[-1]) - pinned) / max(free, 0.5)
    return [sum(words) * min(rate, _SLOWEST_SYLLABLE_SECONDS) for words in weights]


def _chosen(lines: Sequence[SungLine], expected: Sequence[float], starts: _Starts, progress: Progress) -> list[int]:
    """Return the moment at which each line starts, and the one at which the last ends."""
    count = len(starts.times)
    saved = _AFTER_PAUSE * np.minimum(starts.pause, 1.0) + _ON_NOTE * starts.clear
    lengths = starts.sung[None, :] - starts.sung[:, None]
    forward = np.log(np.maximum(lengths, 0.0) + 0.1)
    # A later moment only; the pause right before it is no pause inside the line.
    inner = _INNER_PAUSE * np.maximum(0.0, starts.paused[None, :] - starts.paused[:, None] - starts.pause[:, None])
    inner[np.tril_indices(count)] = np.inf
    best = _LEFT_OVER * starts.sung - saved + _pin(lines[0], starts)
    back = np.zeros((len(lines), count), np.int32)
    for index, line in enumerate(lines):
        cost = best[:, None] + inner + _length_cost(line, expected[index], forward, starts)
        back[index] = cost.argmin(axis=0)
        best = cost[back[index], np.arange(count)]
        if index + 1 < len(lines):
            following = lines[index + 1]
            extra = _NEW_STANZA * np.minimum(starts.pause, 1.0) if following.stanza != line.stanza else 0.0
            best = best - saved - extra + _pin(following, starts)
        progress((index + 1) / len(lines))
    best = best + _LEFT_OVER * (starts.sung[-1] - starts.sung)
    place = int(best.argmin())
    if not np.isfinite(best[place]):
        raise InputError(
            "There is no room for the lines between two pinned ones. Unpin one of them, or move it.", code="no_room"
        )
    chosen = [place]
    for index in reversed(range(len(lines))):
        place = int(back[index][place])
        chosen.append(place)
    return chosen[::-1]


def _length_cost(line: SungLine, expected: float, forward: Vector, starts: _Starts) -> Vector:
    if line.pinned and line.span:
        late = starts.times < line.span[1] - 1e-3
        return np.zeros_like(forward) + np.where(late, np.inf, 0.0)
    return np.asarray(_LENGTH * (forward - np.log(expected + 0.1)) ** 2)


def _pin(line: SungLine, starts: _Starts) -> Vector:
    """Return what starting the line at each moment costs beyond all else: everything but its own time, if pinned."""
    if not (line.pinned and line.span):
        return np.zeros(len(starts.times))
    return np.where(np.abs(starts.times - line.span[0]) < 2e-3, 0.0, np.inf)


def _place(
    starts: _Starts, passages: Sequence[tuple[float, float, float]], first: int, following: int
) -> tuple[float, float]:
    """Return the line's start and end: it ends with the singing before the next line."""
    start = float(starts.times[first])
    limit = float(starts.times[following])
    ends = [min(last, limit) for begin, last, _ in passages if begin < limit and last > start]
    return round(start, 3), round(max(ends, default=limit), 3)


def _fit(sung: float, expected: float, count: float) -> float:
    """Return 0…1: how well the line's seconds fit, and whether anybody could sing `count` syllables in them."""
    possible = min(1.0, sung / (_FASTEST_SYLLABLE_SECONDS * count))
    return possible * float(np.exp(-0.8 * np.log((sung + 0.1) / (expected + 0.1)) ** 2))


def _start_confidence(starts: _Starts, passages: Sequence[tuple[float, float, float]], place: int) -> float:
    """Return 0…1: how surely somebody sings there, and how clearly a line starts there."""
    start = float(starts.times[place])
    heard = max((sure for first, last, sure in passages if first - 0.01 <= start < last), default=_UNHEARD_CONFIDENCE)
    clear = 1.0 if starts.pause[place] >= _NOTABLE_PAUSE or place == 0 else 0.4 + 0.2 * float(starts.clear[place])
    return heard * clear


def _words(line: SungLine, weights: Sequence[float], start: float, end: float, heard: Heard) -> tuple[SungWord, ...]:
    """Return the line's words, each with its share of the sung time in the line, at a note where one is near."""
    words = words_of_line(line.text)
    parts = [(max(a, start), min(b, end)) for a, b, _ in heard.passages if b > start and a < end] or [(start, end)]
    lengths = np.array([last - first for first, last in parts])
    shares = np.concatenate([[0.0], np.cumsum(weights)]) / max(sum(weights), 1e-6)
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    moments = []
    for share in shares[:-1].tolist():
        at = share * float(edges[-1])
        part = min(int(np.searchsorted(edges, at, side="right")) - 1, len(parts) - 1)
        moments.append(_snapped(parts[part][0] + at - float(edges[part]), heard.notes) if share else start)
    moments = np.clip(np.maximum.accumulate([*moments, end]), start, end).round(3).tolist()
    confidence = round(line.confidence * 0.7, 3)
    return tuple(
        SungWord(word, first, last, confidence)
        for word, first, last in zip(words, moments[:-1], moments[1:], strict=True)
    )


def _snapped(time: float, notes: Sequence[tuple[float, float]]) -> float:
    near = [note for note, _ in notes if abs(note - time) <= _SNAP_SECONDS]
    return min(near, key=lambda note: abs(note - time)) if near else time
