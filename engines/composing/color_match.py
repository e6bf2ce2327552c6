"""Exposure and white balance of neighboring shots, brought together.

Each group of shots (at one place of a section) has a target: the mean color of those that are near to most of it, or
that of a chosen shot. Every shot moves towards it, within limits. One that is far away is meant to look different, as
night is after day, and stays as it is. Shots that go on in the same clip are one, since a jump inside a running picture
would show.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from engines.media.color_shift import ColorShift, shift_between
from engines.media.lab import Lab, color_difference

# The most that a shot is lightened or darkened (L) and tinted (a, b).
MOST_LIGHT, MOST_TINT = 12.0, 8.0
# Dark shots move less: a night stays a night.
_MOST_LIGHT_SHARE = 0.35
# Up to the first difference a shot is wholly brought to the target, from the second on it is left as it is.
_LIGHT_APART, _TINT_APART = (22.0, 38.0), (18.0, 32.0)
# Less can't be seen, and the shot can still be copied.
_LEAST_DIFFERENCE = 0.8


@dataclass(frozen=True)
class ShotColor:
    """What is known of a shot. `mean` is None where it isn't known or says nothing (black); `group` is None for a shot
    that is left as it is. `goes_on`: it continues the picture of the shot before."""

    mean: Lab | None
    frames: int
    group: int | None
    reference: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class MatchedColor:
    """The change of a shot, None to leave it, and the mean color that it then has."""

    shift: ColorShift | None = None
    mean: Lab | None = None


def colors_matched(shots: Sequence[ShotColor]) -> list[MatchedColor]:
    """Return what becomes of each shot, in order."""
    done = [MatchedColor(None, shot.mean) for shot in shots]
    groups = sorted({shot.group for shot in shots if shot.group is not None})
    for group in groups:
        runs = [run for run in _runs(shots) if shots[run[0]].group == group]
        known = [(run, mean) for run in runs if (mean := _mean(shots, run)) is not None]
        target = _target(shots, known)
        if target is None:
            continue
        for run, mean in known:
            if not any(shots[place].reference for place in run):
                for place in run:
                    done[place] = _brought(mean, target, shots[place].mean)
    return done


def differences_at_cuts(shots: Sequence[ShotColor], means: Sequence[Lab | None]) -> dict[int, float]:
    """Return how different the colors are on both sides of each cut inside a group, by the place of the later shot."""
    found = {}
    for place in range(1, len(shots)):
        one, other = means[place - 1], means[place]
        inside = shots[place].group is not None and shots[place].group == shots[place - 1].group
        if inside and not shots[place].goes_on and one is not None and other is not None:
            found[place] = color_difference(one, other)
    return found


def _runs(shots: Sequence[ShotColor]) -> Iterator[list[int]]:
    """Yield the places of shots that show one running picture."""
    number, runs = 0, []
    for place, shot in enumerate(shots):
        number += not (shot.goes_on and place and shots[place - 1].group == shot.group)
        runs.append((number, place))
    for _, run in groupby(runs, key=lambda one: one[0]):
        yield [place for _, place in run]


def _mean(shots: Sequence[ShotColor], run: Sequence[int]) -> Lab | None:
    known = [(shots[place].mean, shots[place].frames) for place in run if shots[place].mean is not None]
    return _weighted(known) if known else None  # type: ignore[arg-type]  # without None


def _target(shots: Sequence[ShotColor], known: Sequence[tuple[Sequence[int], Lab]]) -> Lab | None:
    weights = [(mean, sum(shots[place].frames for place in run)) for run, mean in known]
    chosen = [mean for run, mean in known if any(shots[place].reference for place in run)]
    if chosen:
        return chosen[0]
    if len(known) < 2:
        return None
    middle = _median(weights)
    near = [(mean, frames) for mean, frames in weights if _strength(mean, middle) == 1.0]
    return _weighted(near or weights)


def _median(weights: Sequence[tuple[Lab, int]]) -> Lab:
    """Return the weighted median of each of L, a and b; halfway between two that are equally long."""
    values, frames = np.array([mean for mean, _ in weights]), np.array([count for _, count in weights], float)
    found = []
    for column in values.T:
        order = np.argsort(column)
        reached = np.cumsum(frames[order]) / frames.sum()
        lower = column[order][np.searchsorted(reached, 0.5 - 1e-9)]
        upper = column[order][min(len(order) - 1, int(np.searchsorted(reached, 0.5 + 1e-9)))]
        found.append(float(lower + upper) / 2)
    return found[0], found[1], found[2]


def _weighted(weights: Sequence[tuple[Lab, int]]) -> Lab:
    light, a, b = np.average([mean for mean, _ in weights], axis=0, weights=[frames for _, frames in weights])
    return float(light), float(a), float(b)


def _brought(mean: Lab, target: Lab, own: Lab | None) -> MatchedColor:
    strength = _strength(mean, target)
    most_light = min(MOST_LIGHT, _MOST_LIGHT_SHARE * mean[0])
    moves = [
        strength * min(most, max(-most, wanted - seen))
        for seen, wanted, most in zip(mean, target, (most_light, MOST_TINT, MOST_TINT), strict=True)
    ]
    wanted = mean[0] + moves[0], mean[1] + moves[1], mean[2] + moves[2]
    if color_difference(mean, wanted) < _LEAST_DIFFERENCE:
        return MatchedColor(None, own)
    moved = None if own is None else (own[0] + moves[0], own[1] + moves[1], own[2] + moves[2])
    shift = shift_between(mean, wanted)
    return MatchedColor(None if shift.is_nothing else shift, moved)


def _strength(mean: Lab, target: Lab) -> float:
    """Return how much of the way a shot goes: all of it where it is near, none where it is meant to look different."""
    light, tint = abs(mean[0] - target[0]), math.hypot(mean[1] - target[1], mean[2] - target[2])
    ways = ((light, _LIGHT_APART), (tint, _TINT_APART))
    return min(min(1.0, max(0.0, (far - apart) / (far - near))) for apart, (near, far) in ways)
