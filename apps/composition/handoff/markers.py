"""What the timelines mark of the song: its sections, the lines of its lyrics, and its beats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from apps.composition.captions import CaptionWords
from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.options import MarkerKind
from apps.core.text import one_line
from apps.songs.models import Song
from apps.songs.named_sections import song_sections
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


def song_markers(plan: FrozenPlan, song: Song | None, words: CaptionWords) -> tuple[Marker, ...]:
    """Return the markers on the video's frames, in order; none without a song."""
    if song is None or plan.song is None:
        return ()
    start, end = Fraction(plan.song.start), Fraction(plan.song.end)
    frames, grid = sum(shot.frames for shot in plan.shots), FrameGrid(Fraction(plan.fps))
    spans = [*_sections(song), *_lyrics(words, start, end), *_beats(song.grid)]
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


def _sections(song: Song) -> Iterator[_Span]:
    for section in song_sections(song):
        yield _Span(
            MarkerKind.SECTIONS, section.label, as_seconds(section.start_seconds), as_seconds(section.end_seconds)
        )


def _lyrics(words: CaptionWords, start: Fraction, end: Fraction) -> Iterator[_Span]:
    for line in words.within(start, end):
        begins, ends = (start + Fraction(milliseconds, 1000) for milliseconds in (line.start, line.end))
        yield _Span(MarkerKind.LYRICS, line.text.replace("\n", " / "), begins, ends)


def _beats(grid: Mapping[str, Any]) -> Iterator[_Span]:
    """Yield the beats as bar and beat of the song: "12.1" starts bar 12. Beats before the first bar are in bar 0."""
    downbeats = set(grid.get("downbeats", ()))
    bar = beat = 0
    for time in sorted({*grid.get("beats", ()), *downbeats}):
        bar, beat = (bar + 1, 1) if time in downbeats else (bar, beat + 1)
        yield _Span(MarkerKind.BEATS, f"Beat {bar}.{beat}", as_seconds(time), as_seconds(time))
