"""Where to cut scenes on a song: on beats, preferably downbeats, section starts and between the lines that are sung;
close together where the song is dense, far apart where it is calm. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError
from engines.listening.pacing import ClipLengths, Pace, scenes_over

# The most scenes one project or call may request: a cut every second for ten minutes. More would be a strobe, and more
# than a page can show.
MAXIMUM_SCENES = 600
# No scene is shorter than this: a shorter one can't be taken in.
SHORTEST_SECONDS = 0.4
# The cost of a cut, added to the squared error of the lengths (a scene 30 % off its length costs 0.09).
BEAT_PRICE, DOWNBEAT_PRICE, SECTION_PRICE = 0.10, 0.02, -0.25
# A cut this close to a section's start counts as being on it.
NEAR_SECONDS = 0.08
# A cut in the middle of a sung line costs up to this, one beside its start gains a little. As in `is_sung_in`, a line
# that reaches less than this over a cut isn't divided; further inside than the last, no place is better than another.
LINE_PRICE, LINE_START_PRICE = 0.6, -0.08
BESIDE_LINE_SECONDS, DEEP_IN_LINE_SECONDS = 0.2, 0.8
# Buying twice as many seconds as are used costs this much.
WASTE_PRICE = 1.5
# Cuts may fall on this grid where there are too few beats or none are known.
FREE_STEP_SECONDS = 0.25
# A scene is at most this many times its target length.
LONGEST_TIMES = 4.0

Vector = NDArray[np.float64]
Slots = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class SongShape:
    """The used part of a song. Times are seconds from its start; `energy` is 0…1, sampled evenly over it; `drive` is
    how much the song drives on (see `song_drive`); `lines` are (start, end) of the lines that are sung."""

    length: float
    beats: Sequence[float] = ()
    downbeats: Sequence[float] = ()
    section_starts: Sequence[float] = ()
    energy: Sequence[float] = ()
    drive: float = 1.0
    lines: Sequence[tuple[float, float]] = ()


def scene_slots(
    shape: SongShape, *, pace: Pace, number_of_scenes: int | None = None, clips: ClipLengths | None = None
) -> Slots:
    """Return the (start, end) of every scene, without gaps, from 0 to exactly `length`.

    Without `number_of_scenes`, the pace and the song's energy decide how many there are. With `clips`, scenes are at
    least as long as the shortest clip, and cut so that little of what is bought is wasted. All cuts are on beats if
    there are enough; else on half beats, else anywhere. Raises InputError when that many scenes don't fit.
    """
    if shape.length <= 0 or (number_of_scenes is not None and number_of_scenes < 1):
        raise InputError("The chosen part of the song is too short to cut. Choose a longer part.")
    room = max(int(shape.length / SHORTEST_SECONDS), 1)
    if number_of_scenes is not None and number_of_scenes > room:
        raise InputError(
            f"At most {room} scenes fit into {shape.length:.1f} seconds.",
            errors={"number_of_scenes": [f"at most {room}"]},
        )
    if clips is not None:
        pace = pace.within(min(clips.seconds), max(clips.seconds))
    for places in _candidates(shape):
        cuts = _planned(places, shape, pace, clips, number_of_scenes)
        if cuts is not None:
            edges = [0.0, *(round(float(places[cut]), 6) for cut in cuts), shape.length]
            return tuple(pairwise(edges))
    count = number_of_scenes or 1
    return tuple(pairwise(float(edge) for edge in np.linspace(0, shape.length, count + 1)))


def _candidates(shape: SongShape) -> list[Vector]:
    """Return the sets of allowed cut positions, in order of preference; each includes both ends of the song."""
    beats = np.asarray(shape.beats, float)
    beats = beats[(beats >= SHORTEST_SECONDS) & (beats <= shape.length - SHORTEST_SECONDS)]
    halves = np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2])) if len(beats) > 1 else beats
    free = np.arange(FREE_STEP_SECONDS, shape.length - SHORTEST_SECONDS, FREE_STEP_SECONDS)
    choices = [places for places in (beats, halves, free) if len(places)]
    return [np.concatenate([[0.0], places, [shape.length]]) for places in choices]


def _planned(
    places: Vector, shape: SongShape, pace: Pace, clips: ClipLengths | None, count: int | None
) -> list[int] | None:
    """Return the positions of the cuts, or None when they don't fit."""
    times, done = scenes_over(shape.energy, shape.drive, pace, shape.length)
    prices = _prices(places, shape)
    if count is None:
        costs = _costs(places, np.interp(places, times, done), prices, clips)
        cuts = _best_cuts(costs)
        if cuts is None or len(cuts) < MAXIMUM_SCENES:
            return cuts
        count = MAXIMUM_SCENES
    over = np.interp(places, times, done * (count / done[-1]))
    return _best_of(_costs(places, over, prices, clips), count)


def _prices(places: Vector, shape: SongShape) -> Vector:
    prices = np.full(len(places), BEAT_PRICE)
    for marks, price in ((shape.downbeats, DOWNBEAT_PRICE), (shape.section_starts, SECTION_PRICE)):
        for mark in marks:
            nearest = int(np.abs(places - mark).argmin())
            if abs(places[nearest] - mark) < NEAR_SECONDS:
                prices[nearest] = min(prices[nearest], price)
    for start, end in shape.lines:
        depth = np.minimum(places - start, end - places)
        inside = depth > BESIDE_LINE_SECONDS
        prices[inside] += LINE_PRICE * np.minimum(1, depth[inside] / DEEP_IN_LINE_SECONDS)
        prices[np.abs(places - start) <= BESIDE_LINE_SECONDS] += LINE_START_PRICE
    prices[-1] = 0.0
    return prices


def _costs(places: Vector, over: Vector, prices: Vector, clips: ClipLengths | None) -> Vector:
    """Return (steps, positions): the cost of a scene that ends at a position and starts that many positions before."""
    size, reach = len(places), min(_reach(over), len(places) - 1)
    costs = np.full((reach, size), np.inf)
    frames = clips.frames(places) if clips else np.zeros(size, np.int64)
    bought = clips.bought(int((frames[reach:] - frames[: size - reach]).max())) if clips else np.zeros(1)
    for step in range(1, reach + 1):
        lengths = places[step:] - places[:-step]
        cost = np.square(over[step:] - over[:-step] - 1) + prices[step:]
        if clips:
            cost += WASTE_PRICE * (bought[frames[step:] - frames[:-step]] / np.maximum(lengths, 1e-9) - 1)
        cost[lengths < SHORTEST_SECONDS - 1e-9] = np.inf
        costs[step - 1, step:] = cost
    return costs


def _best_cuts(costs: Vector) -> list[int] | None:
    """Return the cheapest positions of any number of cuts, or None when there are none (dynamic programming)."""
    reach, size = costs.shape
    best, trail = np.full(size, np.inf), np.zeros(size, np.int32)
    best[0] = 0.0
    for end in range(1, size):
        least = max(0, end - reach)
        totals = best[least:end][::-1] + costs[: end - least, end]
        step = int(totals.argmin())
        best[end], trail[end] = totals[step], end - 1 - step
    if not np.isfinite(best[-1]):
        return None
    cuts = [size - 1]
    while cuts[-1] > 0:
        cuts.append(int(trail[cuts[-1]]))
    return cuts[-2:0:-1]


def _best_of(costs: Vector, count: int) -> list[int] | None:
    """Return the cheapest positions for exactly count - 1 cuts, or None when they don't fit."""
    reach, size = costs.shape
    if size < count + 1:
        return None
    best = np.full(size, np.inf)
    best[0] = 0.0
    trail = np.zeros((count, size), np.int32)
    for scene in range(count):
        following = np.full(size, np.inf)
        for step in range(1, reach + 1):
            cost = best[:-step] + costs[step - 1, step:]
            better = cost < following[step:]
            following[step:][better] = cost[better]
            trail[scene, step:][better] = np.flatnonzero(better)
        best = following
    if not np.isfinite(best[-1]):
        return None
    cuts = [size - 1]
    for scene in range(count - 1, 0, -1):
        cuts.append(int(trail[scene, cuts[-1]]))
    return cuts[:0:-1]


def _reach(over: Vector) -> int:
    """Return how many positions the longest allowed scene spans."""
    last = np.searchsorted(over, over + LONGEST_TIMES, side="right")
    return max(1, int((last - np.arange(len(over))).max()))
