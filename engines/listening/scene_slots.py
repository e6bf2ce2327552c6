"""Where to cut scenes on a song: on beats, preferably downbeats and section starts, close together where the song is
dense and far apart where it is calm. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engines.errors import InputError

# The most scenes one project or call may request: a cut every second for ten minutes. More would be a strobe, and more
# than a page can show.
MAXIMUM_SCENES = 600
# No scene is shorter than this: a shorter one can't be taken in.
SHORTEST_SECONDS = 0.4
# Scenes per second at zero and at full energy, relative to the mean: from 1.8 times as long to 0.7 times.
CALM_PACE, DENSE_PACE = 0.55, 1.45
# The cost of a cut, added to the squared error of the lengths (a scene 30 % off its length costs 0.09).
BEAT_PRICE, DOWNBEAT_PRICE, SECTION_PRICE = 0.10, 0.02, -0.25
# A cut this close to a section's start counts as being on it.
NEAR_SECONDS = 0.08
# Cuts may fall on this grid where there are too few beats or none are known.
FREE_STEP_SECONDS = 0.25
# A scene is at most this many times its target length.
LONGEST_TIMES = 4.0

Vector = NDArray[np.float64]
Slots = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class SongShape:
    """The used part of a song. Times are seconds from its start; `energy` is 0…1, sampled evenly over it."""

    length: float
    beats: Sequence[float] = ()
    downbeats: Sequence[float] = ()
    section_starts: Sequence[float] = ()
    energy: Sequence[float] = ()


def scene_slots(shape: SongShape, *, number_of_scenes: int | None = None, scene_seconds: float = 8.0) -> Slots:
    """Return the (start, end) of every scene, without gaps, from 0 to exactly `length`.

    Without `number_of_scenes`, scenes last `scene_seconds` on average. All cuts are on beats if there are enough; else
    on half beats, else anywhere. Raises InputError when that many scenes don't fit.
    """
    count = max(1, round(shape.length / scene_seconds)) if number_of_scenes is None else number_of_scenes
    if shape.length <= 0 or count < 1:
        raise InputError("The chosen part of the song is too short to cut. Choose a longer part.")
    room = int(shape.length / SHORTEST_SECONDS)
    if count > max(room, 1):
        raise InputError(
            f"At most {max(room, 1)} scenes fit into {shape.length:.1f} seconds.",
            errors={"number_of_scenes": [f"at most {max(room, 1)}"]},
        )
    for places in _candidates(shape):
        cuts = _best_cuts(places, _prices(places, shape), _pace(shape, count), count)
        if cuts is not None:
            edges = [0.0, *(round(float(places[cut]), 6) for cut in cuts), shape.length]
            return tuple(pairwise(edges))
    return tuple(pairwise(float(edge) for edge in np.linspace(0, shape.length, count + 1)))


def _candidates(shape: SongShape) -> list[Vector]:
    """Return the sets of allowed cut positions, in order of preference; each includes both ends of the song."""
    beats = np.asarray(shape.beats, float)
    beats = beats[(beats >= SHORTEST_SECONDS) & (beats <= shape.length - SHORTEST_SECONDS)]
    halves = np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2])) if len(beats) > 1 else beats
    free = np.arange(FREE_STEP_SECONDS, shape.length - SHORTEST_SECONDS, FREE_STEP_SECONDS)
    choices = [places for places in (beats, halves, free) if len(places)]
    return [np.concatenate([[0.0], places, [shape.length]]) for places in choices]


def _prices(places: Vector, shape: SongShape) -> Vector:
    prices = np.full(len(places), BEAT_PRICE)
    for marks, price in ((shape.downbeats, DOWNBEAT_PRICE), (shape.section_starts, SECTION_PRICE)):
        for mark in marks:
            nearest = int(np.abs(places - mark).argmin())
            if abs(places[nearest] - mark) < NEAR_SECONDS:
                prices[nearest] = min(prices[nearest], price)
    prices[-1] = 0.0
    return prices


def _pace(shape: SongShape, count: int) -> tuple[Vector, Vector]:
    """Return (times, scenes that should be over by then), from 0 to `count`."""
    energy = np.asarray(shape.energy if len(shape.energy) else [0.5], float)
    rate = CALM_PACE + (DENSE_PACE - CALM_PACE) * np.clip(energy, 0, 1)
    # Smooth over about three seconds: a scene follows the passage, not the bar.
    width = max(1, min(len(rate), round(3.0 * len(rate) / shape.length)))
    padded = np.pad(rate, (width // 2, width - 1 - width // 2), mode="edge")
    rate = np.convolve(padded, np.full(width, 1 / width), mode="valid")
    done = np.concatenate([[0.0], np.cumsum(rate)])
    return np.linspace(0, shape.length, len(done)), done / done[-1] * count


def _best_cuts(places: Vector, prices: Vector, pace: tuple[Vector, Vector], count: int) -> list[int] | None:
    """Return the cheapest positions for the count - 1 cuts, or None when they don't fit (dynamic programming)."""
    size = len(places)
    if size < count + 1:
        return None
    over = np.interp(places, *pace)
    reach = _reach(over)
    best = np.full(size, np.inf)
    best[0] = 0.0
    trail = np.zeros((count, size), np.int32)
    for scene in range(count):
        following = np.full(size, np.inf)
        for step in range(1, min(reach, size - 1) + 1):
            lengths = places[step:] - places[:-step]
            cost = best[:-step] + np.square(over[step:] - over[:-step] - 1) + prices[step:]
            cost[lengths < SHORTEST_SECONDS - 1e-9] = np.inf
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
