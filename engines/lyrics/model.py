"""Timed words: what every reader returns and every writer takes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

# A line without an end stays until the next one, but not through a long solo.
LONGEST_LINE_MS = 8000


class LyricsFormat(StrEnum):
    LRC = "lrc"
    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"
    TTML = "ttml"


@dataclass(frozen=True)
class Timed:
    """Words from `start` to `end`, in milliseconds of the song's file."""

    start: int
    end: int
    text: str

    @property
    def start_seconds(self) -> float:
        return self.start / 1000

    @property
    def end_seconds(self) -> float:
        return self.end / 1000


@dataclass(frozen=True)
class Word(Timed):
    """A word or syllable with the space after it."""


@dataclass(frozen=True)
class Line(Timed):
    """What is shown at once; "\\n" in `text` starts a new row. The texts of `words`, if the file times them, joined are
    `text`. `section` is the part of the song that the file names."""

    words: tuple[Word, ...] = ()
    section: str = ""

    @property
    def preview(self) -> str:
        """The line in one row, with the minute and second at which it starts."""
        minutes, seconds = divmod(self.start // 1000, 60)
        return f"{minutes}:{seconds:02d}  " + self.text.replace("\n", " / ")


@dataclass(frozen=True)
class Note:
    """Something of the file that was left out or changed, and the lines of the file where."""

    text: str
    lines: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        if not self.lines:
            return self.text
        shown = ", ".join(str(line) for line in self.lines[:5])
        more = f" and {len(self.lines) - 5} more" if len(self.lines) > 5 else ""
        return f"Line{'s' if len(self.lines) > 1 else ''} {shown}{more}: {self.text}"


@dataclass(frozen=True)
class Lyrics:
    """A file's lines in the order of their times, and what its reader left out."""

    lines: tuple[Line, ...]
    notes: tuple[Note, ...] = ()
    format: LyricsFormat = LyricsFormat.SRT

    def within(self, start: int, end: int | None = None) -> "Lyrics":
        """Return the lines shown from `start` to `end` (milliseconds), timed from `start`."""
        last = 2**62 if end is None else end
        kept = [_cut(line, start, last) for line in self.lines if line.end > start and line.start < last]
        return replace(self, lines=tuple(kept))


def _cut(line: Line, first: int, last: int) -> Line:
    def inside(time: int) -> int:
        return min(max(time, first), last) - first

    words = tuple(Word(inside(word.start), inside(word.end), word.text) for word in line.words)
    return replace(line, start=inside(line.start), end=inside(line.end), words=words)


def without_overlaps(lines: Sequence[Line]) -> list[Line]:
    """Return lines of which only one is shown at a time, for formats that can't show two: where several overlap, a line
    with all of their rows. Words keep their times only in lines that overlap no other."""
    moments = sorted({time for line in lines for time in (line.start, line.end)})
    waiting = deque(sorted(lines, key=lambda line: line.start))
    now: list[Line] = []
    shown: list[Line] = []
    for start, end in pairwise(moments):
        now = [line for line in now if line.end > start]
        while waiting and waiting[0].start < end:
            now.append(waiting.popleft())
        if not now:
            continue
        alone = now[0] if len(now) == 1 else None
        if alone and alone.start == start and alone.end == end:
            shown.append(alone)
        elif shown and shown[-1].end == start and shown[-1].text == "\n".join(line.text for line in now):
            shown[-1] = replace(shown[-1], end=end)
        else:
            shown.append(Line(start, end, "\n".join(line.text for line in now)))
    return shown
