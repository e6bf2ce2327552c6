"""The beat grid: segments of constant tempo, and the edits a person can make to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError

# Below this confidence the grid is advisory: scene cuts should not be forced onto it.
ADVISORY_BELOW = 0.5
LEAST_PERIOD, MOST_PERIOD = 60 / 400, 60 / 20
LEAST_TAPS = 4
# Taps stray by about 6 % of a beat; beyond twice that they follow no beat.
UNSTEADY = 0.12
EARLY_SECONDS = 0.01

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class GridSegment:
    """Constant tempo from `start_seconds` to the next segment's start, or to the song's end.

    The segment's first beat is at `start_seconds + phase`, with 0 ≤ phase < period (seconds); a fit may put a song's
    opening beat up to EARLY_SECONDS before it. `downbeat` is the number of beats before the first downbeat.
    """

    start_seconds: float
    period: float
    phase: float
    beats_per_bar: int = 4
    downbeat: int = 0

    @property
    def bpm(self) -> float:
        return 60 / self.period

    def beats(self, end: float) -> Vector:
        """Return the beat times in [start_seconds, end)."""
        first = self.start_seconds + self.phase
        count = max(0, int(np.ceil((end - first) / self.period - 1e-6)))
        return np.asarray(np.maximum(first + np.arange(count) * self.period, self.start_seconds))


@dataclass(frozen=True)
class Alternative:
    """Another tempo that the song can be counted at, with its beats. `score` is how likely it is, 0…1."""

    bpm: float
    score: float
    segments: tuple[GridSegment, ...]


@dataclass(frozen=True)
class BeatGrid:
    """Segments in order, the first starting at 0; empty for music without a beat. Confidences are 0…1.

    `pulse_confidence` says how well notes fall on the beats, at whichever level they are counted; `confidence`, how
    likely also the level is right: low where half or twice the tempo would do as well. Those are the `alternatives`,
    likeliest first.
    """

    segments: tuple[GridSegment, ...]
    duration_seconds: float
    confidence: float
    downbeat_confidence: float = 0.0
    edited: bool = False
    pulse_confidence: float = 0.0
    alternatives: tuple[Alternative, ...] = ()

    @property
    def advisory(self) -> bool:
        """Whether cuts should not be forced onto the beats. Half or twice the tempo has the same pulse."""
        return max(self.confidence, self.pulse_confidence) < ADVISORY_BELOW

    @property
    def tempo_bpm(self) -> float | None:
        """The tempo in the middle of the song's seconds: half of it is slower, half faster."""
        if not self.segments:
            return None
        lengths = np.array(self.ends()) - [part.start_seconds for part in self.segments]
        order = np.argsort([part.period for part in self.segments])
        middle = np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)
        return self.segments[int(order[min(int(middle), len(order) - 1)])].bpm

    def beats(self) -> Vector:
        """Return all beat times, ascending."""
        parts = [part.beats(self._end(index)) for index, part in enumerate(self.segments)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def ends(self) -> list[float]:
        """Return where each segment ends: at the next one's start, the last with the song."""
        return [*(part.start_seconds for part in self.segments[1:]), self.duration_seconds][: len(self.segments)]

    def spans(self) -> list[tuple[int, int]]:
        """Return the [first, last) numbers of each segment's beats in `beats()`."""
        counts = [len(part.beats(self._end(index))) for index, part in enumerate(self.segments)]
        edges = [0, *(int(edge) for edge in np.cumsum(counts))]
        return list(pairwise(edges))

    def downbeats(self) -> Vector:
        """Return the beats that start bars."""
        parts = [
            part.beats(self._end(index))[part.downbeat :: part.beats_per_bar]
            for index, part in enumerate(self.segments)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _end(self, index: int) -> float:
        """Return where a segment's beats stop: shortly before the next segment's first, so no two beats collide."""
        if index + 1 == len(self.segments):
            return self.duration_seconds
        following = self.segments[index + 1]
        first = following.start_seconds + following.phase
        return min(first, first - 0.4 * min(self.segments[index].period, following.period))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON for storage and the API."""
        return {
            "segments": [_segment_dict(part) for part in self.segments],
            "duration_seconds": self.duration_seconds,
            "confidence": self.confidence,
            "downbeat_confidence": self.downbeat_confidence,
            "edited": self.edited,
            "pulse_confidence": self.pulse_confidence,
            "alternatives": [
                {"bpm": other.bpm, "score": other.score, "segments": [_segment_dict(part) for part in other.segments]}
                for other in self.alternatives
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "BeatGrid":
        """Load what `to_dict` returned; earlier releases stored no alternatives."""
        return cls(
            segments=tuple(GridSegment(**part) for part in data["segments"]),
            duration_seconds=data["duration_seconds"],
            confidence=data["confidence"],
            downbeat_confidence=data["downbeat_confidence"],
            edited=data["edited"],
            pulse_confidence=data.get("pulse_confidence", data["confidence"]),
            alternatives=tuple(
                Alternative(other["bpm"], other["score"], tuple(GridSegment(**part) for part in other["segments"]))
                for other in data.get("alternatives", ())
            ),
        )


def _segment_dict(part: GridSegment) -> dict[str, Any]:
    return {
        "start_seconds": round(part.start_seconds, 4),
        "period": round(part.period, 7),
        "phase": round(part.phase, 5),
        "beats_per_bar": part.beats_per_bar,
        "downbeat": part.downbeat,
    }


def segment_at(start: float, period: float, beat: float, *, beats_per_bar: int = 4, downbeat: int = 0) -> GridSegment:
    """Return a segment from `start` with a beat at `beat` (any time); `downbeat` counts from its first beat."""
    phase = (beat - start) % period
    phase = phase - period if period - phase < EARLY_SECONDS else phase
    return GridSegment(float(start), float(period), float(phase), beats_per_bar, downbeat % beats_per_bar)


def fit_taps(taps: Sequence[float]) -> tuple[float, float]:
    """Fit a line to tapped times, allowing for missed taps; return (period, time of a beat).

    Raises InputError when there are too few or they follow no pulse.
    """
    times = np.sort(np.asarray(taps, float))
    gaps = np.diff(times)
    gaps = gaps[gaps > 0.1]
    if len(gaps) < LEAST_TAPS - 1:
        raise InputError(f"Tap at least {LEAST_TAPS} beats.", errors={"taps": "too few"})
    period = float(np.median(gaps))
    for _ in range(3):
        number = np.concatenate([[0], np.cumsum(np.maximum(np.round(np.diff(times) / period), 0))])
        period, first = (float(value) for value in np.polyfit(number, times, 1))
    spread = float(np.std(times - first - number * period))
    if not LEAST_PERIOD <= period <= MOST_PERIOD or spread > UNSTEADY * period:
        raise InputError("The taps don't follow a steady beat. Tap along again.", errors={"taps": "not steady"})
    return period, first
