"""Corrections by a person: a line that the others follow, and the times of a line's words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engines.lyrics.sung_lines import SungLine, SungWord
from engines.lyrics.syllables import words_of_line

SHORTEST_SECONDS = 0.05
_ROUNDING = 0.001  # of a line's times


class OutsideError(Exception):
    """A line would leave the song; the message is a sentence."""


class WordsError(Exception):
    """The words' times can't be; the message is a sentence."""


@dataclass(frozen=True)
class WordTime:
    """Where a word starts, in seconds of the song. Without an `end` it lasts until the next one, and the last as long
    as its line. `text`: what the line has there; None leaves the division into words as it is."""

    start: float
    end: float | None = None
    text: str | None = None


def words_timed(line: SungLine, times: Sequence[WordTime]) -> SungLine:
    """Return the line, which has a time, with its words at these times; the words themselves stay.

    Raises WordsError for times out of order or outside of the line, and for other words than the line's."""
    first, last = line.span or (0.0, 0.0)
    texts = _texts(line, times)
    following = [time.start for time in times[1:]] + [last]
    ends = [until if time.end is None else time.end for time, until in zip(times, following, strict=True)]
    words = []
    for number, (text, time, end) in enumerate(zip(texts, times, ends, strict=True), start=1):
        if not first - _ROUNDING <= time.start <= end <= last + _ROUNDING:
            where = f"inside the line ({first:g} to {last:g} s)"
            raise WordsError(f"Word {number} must start after the one before it, end after it starts, and lie {where}.")
        start, until = (round(min(max(moment, first), last), 3) for moment in (time.start, end))
        words.append(SungWord(text, start, until, 1.0))
    if any(one.start > other.start for one, other in pairwise(words)):
        raise WordsError("The words must start in their order.")
    return replace(line, words=tuple(words))


def _texts(line: SungLine, times: Sequence[WordTime]) -> list[str]:
    known = [word.text for word in line.words] or words_of_line(line.text)
    given = [time.text for time in times]
    if all(text is None for text in given) and len(given) == len(known):
        return known
    texts = [(text or "").strip() for text in given]
    if texts != known and (not all(texts) or "".join("".join(texts).split()) != "".join(line.text.split())):
        raise WordsError(f"Give one time for each of the line's words: {' | '.join(known)}.")
    return texts


def rest_followed(
    lines: Sequence[SungLine], index: int, start: float, song_seconds: float | None
) -> tuple[SungLine, ...]:
    """Move the timed line `index` to `start`, and the lines behind it along.

    Up to the next pinned line, the stretch is squeezed or drawn out in proportion, so that the order stays and the
    pinned line keeps its place. Without one, all lines behind shift by the same. The end of the line before makes room.
    Raises OutsideError if a line would start outside of the song, or behind the pinned one.
    """
    old = lines[index].start
    if old is None:
        raise OutsideError("This line has no time yet.")
    pinned = next((place for place in range(index + 1, len(lines)) if lines[place].pinned and lines[place].span), None)
    fixed = None if pinned is None else lines[pinned].start
    if fixed is not None and start >= fixed:
        raise OutsideError(f"Line {(pinned or 0) + 1} is pinned at {fixed:g} s.")
    scale = 1.0 if fixed is None else (fixed - start) / max(fixed - old, 1e-6)

    def place(time: float) -> float:
        return max(0.0, start + (time - old) * scale) if fixed is None or time < fixed else time

    found = list(lines)
    for number in range(index, len(lines) if pinned is None else pinned):
        span = lines[number].span
        if span is not None:
            found[number] = _inside(lines[number], number, place(span[0]), place(span[1]), song_seconds)
    _make_room(found, index, old, start)
    return tuple(found)


def _inside(line: SungLine, number: int, start: float, end: float, song_seconds: float | None) -> SungLine:
    if song_seconds is not None:
        if start > song_seconds - SHORTEST_SECONDS:
            raise OutsideError(f"Line {number + 1} would start after the song's end.")
        end = min(end, max(song_seconds, start + SHORTEST_SECONDS))
    return line.moved(start, max(end, start + SHORTEST_SECONDS))


def _make_room(lines: list[SungLine], index: int, old: float, start: float) -> None:
    """End the line before where this one starts, unless the two overlapped already."""
    before = next((place for place in range(index - 1, -1, -1) if lines[place].span), None)
    if before is None:
        return
    first, last = lines[before].span or (0.0, 0.0)
    if start < last <= old + 1e-3 and start >= first + SHORTEST_SECONDS:
        lines[before] = lines[before].moved(first, start)
