"""Which beats start bars, and how many beats a bar has: the likeliest path through bars of 2 to 7 beats (Viterbi).

A beat sounds like a downbeat when the harmony changes, when the bass or the kick comes in; a bar's length shows in
how the rhythm repeats. The first bar may be incomplete, and the meter may change within the song.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines.listening.cues import BeatCues
from engines.listening.grid import BeatGrid, GridSegment, segment_at

# How clear a downbeat has to be (in standard deviations, roughly) for a bar of so many beats to gain from it. Most
# songs are in four; two beats a bar usually are half a bar of four, unless each beat divides into three, as in 6/8.
CLEAR = {2: 2.2, 3: 1.0, 4: 0.7, 5: 1.0, 6: 1.5, 7: 1.0}
CLEAR_COMPOUND = {**CLEAR, 2: 0.4, 3: 1.6, 4: 1.0}
# What a song loses for being in an unusual meter at all.
UNUSUAL = {2: 2.0, 3: 2.0, 4: 0.0, 5: 5.0, 6: 5.0, 7: 5.0}
# The weight of one beat repeating what was played a bar before.
REPEATS = 0.8
# What a change of meter costs, and a bar cut short where the tempo changes.
CHANGE_PRICE, RESTART_PRICE = 9.0, 1.0

LENGTHS = tuple(CLEAR)
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Bars:
    """For each beat: its bar's length and its position in it (0 is the downbeat). `gain` is the evidence per beat,
    `margin` (0…1) how much clearer the downbeats are than the next best beats of the bars."""

    lengths: NDArray[np.int64]
    positions: NDArray[np.int64]
    gain: float
    margin: float


def barred(grid: BeatGrid, cues: BeatCues) -> tuple[BeatGrid, Bars]:
    """Return the grid with bar lines, and the bars. A segment in which the meter changes is divided there."""
    spans = grid.spans()
    restarts = np.zeros(len(cues.downbeat), bool)
    restarts[[first for first, _ in spans[1:] if first < len(restarts)]] = True
    bars = bars_find(cues, restarts)
    segments: list[GridSegment] = []
    for segment, (first, last) in zip(grid.segments, spans, strict=True):
        segments += _divided(segment, bars.lengths[first:last], bars.positions[first:last])
    confidence = round(bars.margin * grid.confidence, 3)
    return replace(grid, segments=tuple(segments), downbeat_confidence=confidence), bars


def bars_find(cues: BeatCues, restarts: NDArray[np.bool_]) -> Bars:
    """Return the likeliest bars. At `restarts`, where the tempo changes, a bar may be cut short."""
    count = len(cues.downbeat)
    if count < 4:
        return Bars(np.full(count, 4), np.arange(count) % 4, 0.0, 0.0)
    clear = CLEAR_COMPOUND if cues.compound else CLEAR
    states = [(length, position) for length in LENGTHS for position in range(length)]
    length_of, position_of = np.array(states).T
    worth = _worth(cues, length_of, position_of, clear)
    path, total = _best_path(worth, length_of, position_of, restarts)
    lengths, positions = length_of[path], position_of[path]
    return Bars(lengths, positions, total / count, _margin(cues.downbeat, lengths, positions))


def _worth(cues: BeatCues, length_of: Vector, position_of: Vector, clear: dict[int, float]) -> Vector:
    """Return (beats, states): the evidence for each beat being at that place in a bar of that length."""
    needed = np.array([clear[length] for length in length_of])
    repeated = np.stack([cues.repeats(length) for length in LENGTHS])
    repeated = REPEATS * (repeated - repeated.mean(axis=0))
    rows = np.searchsorted(LENGTHS, length_of)
    return np.asarray(np.where(position_of == 0, cues.downbeat[:, None] - needed, 0.0) + repeated[rows].T)


def _best_path(
    worth: Vector, length_of: Vector, position_of: Vector, restarts: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], float]:
    """Return the best state of each beat and the total worth (Viterbi)."""
    count, size = worth.shape
    starts, ends = np.flatnonzero(position_of == 0), np.flatnonzero(position_of == length_of - 1)
    before = np.arange(size) - 1  # the state that comes before each, within a bar
    total = worth[0] - np.array([UNUSUAL[length] for length in length_of])
    trail = np.zeros((count, size), np.int64)
    for beat in range(1, count):
        source = before.copy()
        source[starts] = ends
        gained = total[source].copy()
        other = int(ends[total[ends].argmax()])
        price = np.full(len(starts), total[other] - CHANGE_PRICE)
        if restarts[beat]:
            anywhere = int(total.argmax())
            if total[anywhere] - RESTART_PRICE > price[0]:
                other, price = anywhere, np.full(len(starts), total[anywhere] - CHANGE_PRICE)
                price[length_of[starts] == length_of[anywhere]] = total[anywhere] - RESTART_PRICE
        better = price > gained[starts]
        source[starts[better]] = other
        gained[starts[better]] = price[better]
        total, trail[beat] = gained + worth[beat], source
    path = np.zeros(count, np.int64)
    path[-1] = total.argmax()
    for beat in range(count - 1, 0, -1):
        path[beat - 1] = trail[beat, path[beat]]
    return path, float(total.max())


def _margin(cues: Vector, lengths: NDArray[np.int64], positions: NDArray[np.int64]) -> float:
    means = [
        float(cues[positions == place].mean()) for place in range(int(lengths.max())) if (positions == place).any()
    ]
    if len(cues) < 2 * int(np.median(lengths)) or len(means) < 2:
        return 0.0
    return float(np.clip((means[0] - max(means[1:])) / 1.5, 0, 1))


def _divided(segment: GridSegment, lengths: NDArray[np.int64], positions: NDArray[np.int64]) -> list[GridSegment]:
    """Return the segment with its bars, divided at the downbeats where they stop being regular."""
    if not len(lengths):
        return [segment]
    parts, first = [], 0
    for beat in range(1, len(lengths) + 1):
        expected = (positions[beat - 1] + 1) % lengths[beat - 1]
        going_on = beat < len(lengths) and (lengths[beat], positions[beat]) == (lengths[first], expected)
        if going_on:
            continue
        length = int(lengths[first])
        downbeat = int(-positions[first] % length)
        if not first:
            parts.append(replace(segment, beats_per_bar=length, downbeat=downbeat))
        else:
            at = segment.start_seconds + segment.phase + first * segment.period
            parts.append(segment_at(at, segment.period, at, beats_per_bar=length, downbeat=downbeat))
        first = beat
    return parts
