"""What the timelines mark of the song: its sections, the lines of its lyrics, and its beats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.options import MarkerKind
from apps.core.errors import InputError
from apps.core.text import one_line
from apps.songs.models import Song
from engines.lyrics.reading import read_lyrics
from engines.media.frames import FrameGrid, as_seconds

# A pickup may lie a little before the song's chosen start; it is heard on the first frame.
_EARLY_SECONDS = Fraction(1, 50)


@dataclass(frozen=True)
class Marker:
    """Words at a frame of the video. `frames` is how long a section or a line lasts; 1 for a moment."""

    frame: int
    frames: int
    text: str
    kind: MarkerKind


def song_markers(plan: FrozenPlan, song: Song | None, lyrics: str) -> tuple[Marker, ...]:
    """Return the markers on the video's frames, in order; none without a song."""
    if song is None or plan.song is None:
        return ()
    start, end = Fraction(plan.song.start), Fraction(plan.song.end)
    frames, grid = sum(shot.frames for shot in plan.shots), FrameGrid(Fraction(plan.fps))
    spans = [*_sections(song.analysis), *_lyrics(lyrics, start, end), *_beats(song.grid)]
    made = []
    for span in spans:
        text = one_line(span.text)
        first, last = (grid.frame_at(min(max(time, start), end) - start) for time in (span.start, span.end))
        if text and span.is_heard(start, end) and first < frames:
            made.append(Marker(first, max(1, min(last, frames) - first), text, span.kind))
    return tuple(sorted(made, key=lambda marker: (marker.frame, list(MarkerKind).index(marker.kind))))


@dataclass(frozen=True)
class _Span:
    """Seconds of the song's file; the same twice for a moment."""

    kind: MarkerKind
    text: str
    start: Fraction
    end: Fraction

    def is_heard(self, start: Fraction, end: Fraction) -> bool:
        """Return whether it is in the part of the song that is used."""
        if self.start == self.end:
            return start - _EARLY_SECONDS <= self.start < end
        return self.start < end and self.end > start


def _sections(analysis: Mapping[str, Any]) -> Iterator[_Span]:
    for number, section in enumerate(analysis.get("sections", ()), start=1):
        label = str(section.get("label") or f"Section {number}")
        starts, ends = section["start_seconds"], section["end_seconds"]
        yield _Span(MarkerKind.SECTIONS, label, as_seconds(starts), as_seconds(ends))


def _lyrics(text: str, start: Fraction, end: Fraction) -> Iterator[_Span]:
    try:
        lines = read_lyrics(text).within(round(start * 1000), round(end * 1000)).lines if text else ()
    except InputError:
        return  # stored by an earlier release, whose reader was more lenient
    for line in lines:
        words = line.text.replace("\n", " / ")
        begins, ends = (start + Fraction(milliseconds, 1000) for milliseconds in (line.start, line.end))
        yield _Span(MarkerKind.LYRICS, words, begins, ends)


def _beats(grid: Mapping[str, Any]) -> Iterator[_Span]:
    """Yield the beats as bar and beat of the song: "12.1" starts bar 12. Beats before the first bar are in bar 0."""
    downbeats = set(grid.get("downbeats", ()))
    bar = beat = 0
    for time in sorted({*grid.get("beats", ()), *downbeats}):
        bar, beat = (bar + 1, 1) if time in downbeats else (bar, beat + 1)
        yield _Span(MarkerKind.BEATS, f"Beat {bar}.{beat}", as_seconds(time), as_seconds(time))
