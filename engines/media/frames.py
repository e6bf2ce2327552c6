"""The frame grid: the time of each frame on the song's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from engines.errors import InputError


def exact_fps(text: str | float | Fraction) -> Fraction:
    """Convert 24 → 24, "23.976" → 24000/1001, "30000/1001" unchanged."""
    try:
        value = Fraction(text) if not isinstance(text, float) else Fraction(str(text))
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(f"{text!r} isn't a frame rate. Write it as 24, 29.97 or 30000/1001.") from error
    broadcast = Fraction(round(value) * 1000, 1001)
    if value.denominator != 1 and abs(value - broadcast) < Fraction(1, 100):
        return broadcast
    return value


def as_seconds(value: float | Fraction) -> Fraction:
    """Return the exact seconds of a decimal as people and JSON write it, so that 0.1 + 0.2 is 0.3."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


@dataclass(frozen=True)
class FrameGrid:
    """Whole frames at exact times. Everything counts from the start, so nothing drifts."""

    fps: Fraction

    def frame_at(self, seconds: float | Fraction) -> int:
        """Return the frame whose start is nearest (halves round up): at most half a frame off."""
        return int(as_seconds(seconds) * self.fps + Fraction(1, 2))

    def seconds_of(self, frame: int) -> Fraction:
        return frame / self.fps

    def spans(self, durations_seconds: Sequence[float | Fraction]) -> list[tuple[int, int]]:
        """Return the [start, end) frames of consecutive scenes with the given durations."""
        clock = Fraction(0)
        boundaries = [0]
        for duration in durations_seconds:
            clock += as_seconds(duration)
            boundaries.append(self.frame_at(clock))
        return list(pairwise(boundaries))
