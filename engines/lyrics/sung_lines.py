"""A song's words line by line, with times where they are known, in seconds of the song's file."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engines.lyrics.model import Line, Lyrics
from engines.lyrics.word_times import words_in

# A line that only touches a scene isn't sung in it, unless it or the scene is that short.
_TOUCHING_SECONDS = 0.2
# A line at least this sure needs no check.
SURE = 0.6
# A file's times were set by a person or a better program; outside of the song they can't be right.
FILE_CONFIDENCE = 1.0


@dataclass(frozen=True)
class SungWord:
    """A word, or a character of scripts without spaces, from `start` to `end`. `confidence` is 0…1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class SungLine:
    """A line of the words. `start` and `end` are None until they are known. `stanza` numbers the groups of lines, and
    `pinned` means that a person set the times, so that nothing else moves them. `heard` is what a transcription heard
    instead, if that differs."""

    text: str
    section: str = ""
    stanza: int = 0
    start: float | None = None
    end: float | None = None
    confidence: float = 0.0
    pinned: bool = False
    words: tuple[SungWord, ...] = ()
    heard: str = ""

    @property
    def span(self) -> tuple[float, float] | None:
        """Return (start, end), or None while they aren't known."""
        return None if self.start is None or self.end is None else (self.start, self.end)

    @property
    def sure(self) -> bool:
        return self.span is not None and self.confidence >= SURE

    def moved(self, start: float, end: float) -> "SungLine":
        """Return the line at another time; its words keep their shares of it."""
        if self.span is None:
            return replace(self, start=start, end=end, words=())
        first, last = self.span
        scale = (end - start) / max(last - first, 1e-6)

        def place(time: float) -> float:
            return round(min(max(start + (time - first) * scale, start), end), 3)

        words = tuple(replace(word, start=place(word.start), end=place(word.end)) for word in self.words)
        return replace(self, start=round(start, 3), end=round(end, 3), words=words)


def is_sung_in(span: tuple[float, float], start: float, end: float) -> bool:
    """Return whether a line at `span` is sung in [start, end): more of it than a cut beside a beat leaves over."""
    inside = min(span[1], end) - max(span[0], start)
    return inside > min(_TOUCHING_SECONDS, (span[1] - span[0]) / 2, (end - start) / 2)


def sung_lines(lyrics: Lyrics, song_seconds: float | None) -> tuple[SungLine, ...]:
    """Return the lines of a timed file. Those that end after the song have no confidence."""
    lines = []
    for line in lyrics.lines:
        late = song_seconds is not None and line.end_seconds > song_seconds + 1.0
        sure = 0.0 if late else FILE_CONFIDENCE
        words = tuple(
            SungWord(word.text.strip(), word.start_seconds, word.end_seconds, sure)
            for word in line.words
            if word.text.strip()
        )
        lines.append(
            SungLine(line.text, line.section, 0, line.start_seconds, line.end_seconds, sure, pinned=False, words=words)
        )
    return tuple(lines)


def timed_lines(lines: Iterable[SungLine]) -> list[Line]:
    """Return the lines that have times in order of time, as the writers of files take them."""
    timed = [_line(line, line.span) for line in lines if line.span is not None]
    return sorted(timed, key=lambda line: line.start)


def _line(line: SungLine, span: tuple[float, float]) -> Line:
    start, end = round(span[0] * 1000), round(span[1] * 1000)
    parts = [(round(word.start * 1000), round(word.end * 1000), word.text) for word in line.words]
    return Line(start, max(end, start + 1), line.text, words_in(line.text, parts), line.section)
