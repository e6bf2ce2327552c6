"""Manual corrections of a beat grid: choose another tempo, tap, halve, double, nudge, set, move the bar line. Pure.

Each returns a new grid that counts as certain, since a person made it, and raises InputError with a message for
an impossible correction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.core.errors import InputError
from engines.listening.grid import (
    LEAST_PERIOD,
    MOST_PERIOD,
    Alternative,
    BeatGrid,
    GridSegment,
    fit_taps,
    segment_at,
)
from engines.listening.onsets import Onsets
from engines.listening.pulse import Pulse
from engines.listening.tempo import pulse_follow

SLOWEST_BPM, FASTEST_BPM = round(60 / MOST_PERIOD), round(60 / LEAST_PERIOD)
MOST_NUDGE_SECONDS = 5.0
# People tap up to this far from the sound; beyond that, the taps don't mean the onsets.
TAP_ERROR_SECONDS = 0.045
# A tempo as pages round it still means the alternative.
SAME_TEMPO = 0.01


class Operation(StrEnum):
    CHOOSE = "choose"
    TAP = "tap"
    HALVE = "halve"
    DOUBLE = "double"
    NUDGE = "nudge"
    SET = "set"
    DOWNBEAT = "downbeat"


@dataclass(frozen=True)
class GridEdit:
    """One correction; which values are used depends on the operation."""

    operation: Operation
    taps: tuple[float, ...] = ()
    seconds: float = 0.0
    bpm: float | None = None
    offset: float | None = None
    beats: int = 0
    beats_per_bar: int | None = None


def grid_edit(grid: BeatGrid, edit: GridEdit, onsets: Onsets) -> BeatGrid:
    """Return the grid after the correction."""
    edits: dict[Operation, Callable[[], BeatGrid]] = {
        Operation.CHOOSE: lambda: grid_choose(grid, edit.bpm),
        Operation.TAP: lambda: grid_tap(grid, onsets, edit.taps),
        Operation.HALVE: lambda: grid_halve(grid),
        Operation.DOUBLE: lambda: grid_double(grid),
        Operation.NUDGE: lambda: grid_nudge(grid, edit.seconds),
        Operation.SET: lambda: grid_set(grid, bpm=edit.bpm, offset=edit.offset),
        Operation.DOWNBEAT: lambda: grid_move_downbeat(grid, beats=edit.beats, beats_per_bar=edit.beats_per_bar),
    }
    return edits[edit.operation]()


def grid_choose(grid: BeatGrid, bpm: float | None) -> BeatGrid:
    """Count the song at one of its alternative tempos, with the beats and bars that the analysis found for it. The
    tempo it replaces becomes an alternative, so that choosing that one undoes this."""
    for chosen in grid.alternatives:
        if bpm is not None and abs(bpm / chosen.bpm - 1) < SAME_TEMPO:
            break
    else:
        offered = " or ".join(f"{other.bpm:.4g}" for other in grid.alternatives)
        problem = (
            f"Choose {offered} BPM, or set the tempo." if offered else "This song has no other likely tempo. Set it."
        )
        raise InputError(problem, errors={"bpm": ["not an alternative"]})
    score = round(max(0.0, 1 - sum(other.score for other in grid.alternatives)), 3)
    replaced = Alternative(round(grid.tempo_bpm or 0.0, 3), score, grid.segments)
    others = sorted(
        (replaced, *(other for other in grid.alternatives if other is not chosen)), key=lambda one: -one.score
    )
    return _edited(grid, chosen.segments, tuple(others))


def grid_tap(grid: BeatGrid, onsets: Onsets, taps: Sequence[float]) -> BeatGrid:
    """Fit the grid to tapped times (seconds in the song).

    Where the song's onsets follow the taps closely, they refine the rough taps and extend the tempo to the parts
    that were not tapped. If a grid has several tempos, only the tapped one changes.
    """
    if any(not 0 <= tap <= grid.duration_seconds for tap in taps):
        raise InputError("The taps are outside the song.", errors={"taps": ["outside the song"]})
    period, first = fit_taps(taps)
    pulse = pulse_follow(onsets, Pulse(period, first), (min(taps), max(taps)), grid.duration_seconds, TAP_ERROR_SECONDS)
    index = _segment_number(grid, sorted(taps)[len(taps) // 2])
    old = grid.segments[index] if grid.segments else GridSegment(0.0, pulse.period, 0.0)
    tapped = segment_at(old.start_seconds, pulse.period, pulse.phase, beats_per_bar=old.beats_per_bar)
    tapped = _with_downbeat(tapped, min(taps))
    return _edited(grid, (*grid.segments[:index], tapped, *grid.segments[index + 1 :]))


def grid_halve(grid: BeatGrid) -> BeatGrid:
    """Halve the tempo: every other beat stays, including the downbeats."""
    return _edited(grid, tuple(_halved(part) for part in _known(grid)))


def grid_double(grid: BeatGrid) -> BeatGrid:
    """Double the tempo: a beat is added halfway between every two."""
    return _edited(grid, tuple(_doubled(part) for part in _known(grid)))


def grid_nudge(grid: BeatGrid, seconds: float) -> BeatGrid:
    """Move all beats and tempo changes later by `seconds` (earlier if negative)."""
    if not abs(seconds) <= MOST_NUDGE_SECONDS:
        raise InputError(
            f"Move the beats by at most {MOST_NUDGE_SECONDS:.0f} seconds.", errors={"seconds": ["too far"]}
        )
    moved = tuple(_nudged(part, seconds) for part in _known(grid))
    others = (
        replace(other, segments=tuple(_nudged(part, seconds) for part in other.segments)) for other in grid.alternatives
    )
    return _edited(grid, moved, tuple(others))


def grid_set(grid: BeatGrid, *, bpm: float | None = None, offset: float | None = None) -> BeatGrid:
    """Set one tempo for the whole song. `offset` is the time of a downbeat (default: the current first one)."""
    tempo = bpm or grid.tempo_bpm
    if tempo is None:
        raise InputError("This song has no tempo yet. Give the bpm too.", errors={"bpm": ["missing"]})
    if not SLOWEST_BPM <= tempo <= FASTEST_BPM:
        raise InputError(
            f"The tempo must be between {SLOWEST_BPM} and {FASTEST_BPM} BPM.", errors={"bpm": ["out of range"]}
        )
    downbeats = grid.downbeats()
    anchor = offset if offset is not None else (float(downbeats[0]) if len(downbeats) else 0.0)
    if not 0 <= anchor <= grid.duration_seconds:
        raise InputError("The offset is outside the song.", errors={"offset": ["outside the song"]})
    bar = grid.segments[0].beats_per_bar if grid.segments else 4
    return _edited(grid, (_with_downbeat(segment_at(0.0, 60 / tempo, anchor, beats_per_bar=bar), anchor),))


def grid_move_downbeat(grid: BeatGrid, *, beats: int = 0, beats_per_bar: int | None = None) -> BeatGrid:
    """Move the bar line later by whole beats (earlier if negative), and set the number of beats per bar."""
    if beats_per_bar is not None and not 2 <= beats_per_bar <= 12:
        raise InputError("A bar has 2 to 12 beats.", errors={"beats_per_bar": ["out of range"]})
    moved = []
    for part in _known(grid):
        length = beats_per_bar or part.beats_per_bar
        moved.append(replace(part, beats_per_bar=length, downbeat=(part.downbeat + beats) % length))
    return _edited(grid, tuple(moved), grid.alternatives)


def _known(grid: BeatGrid) -> tuple[GridSegment, ...]:
    if not grid.segments:
        raise InputError("This song has no beats to change. Tap them, or set the bpm.")
    return grid.segments


def _edited(grid: BeatGrid, segments: tuple[GridSegment, ...], alternatives: tuple[Alternative, ...] = ()) -> BeatGrid:
    """Return the corrected grid. A tempo that a person tapped or set leaves no alternatives."""
    return replace(
        grid,
        segments=segments,
        confidence=1.0,
        downbeat_confidence=1.0,
        pulse_confidence=1.0,
        edited=True,
        alternatives=alternatives,
    )


def _nudged(part: GridSegment, seconds: float) -> GridSegment:
    downbeat = part.start_seconds + part.phase + part.downbeat * part.period + seconds
    start = part.start_seconds + seconds if part.start_seconds else 0.0
    fresh = segment_at(max(start, 0.0), part.period, downbeat, beats_per_bar=part.beats_per_bar)
    return _with_downbeat(fresh, downbeat)


def _segment_number(grid: BeatGrid, at: float) -> int:
    starts = [part.start_seconds for part in grid.segments]
    return max((number for number, start in enumerate(starts) if start <= at), default=0)


def _with_downbeat(part: GridSegment, at: float) -> GridSegment:
    """Return the same beats, with downbeats at whole bars from `at`."""
    number = round((at - part.start_seconds - part.phase) / part.period)
    return replace(part, downbeat=number % part.beats_per_bar)


def _halved(part: GridSegment) -> GridSegment:
    if part.period * 2 > MOST_PERIOD:
        raise InputError(f"The tempo can't be halved below {SLOWEST_BPM} BPM.")
    downbeat = part.start_seconds + part.phase + part.downbeat * part.period
    fresh = segment_at(part.start_seconds, part.period * 2, downbeat, beats_per_bar=part.beats_per_bar)
    return _with_downbeat(fresh, downbeat)


def _doubled(part: GridSegment) -> GridSegment:
    if part.period / 2 < LEAST_PERIOD:
        raise InputError(f"The tempo can't be doubled above {FASTEST_BPM} BPM.")
    downbeat = part.start_seconds + part.phase + part.downbeat * part.period
    fresh = segment_at(part.start_seconds, part.period / 2, downbeat, beats_per_bar=part.beats_per_bar)
    return _with_downbeat(fresh, downbeat)
