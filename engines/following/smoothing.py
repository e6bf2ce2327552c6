"""A camera's path along one axis that keeps something in view and moves as little, and as smoothly, as it can.

It is the solution of a linear program: M. Grundmann, V. Kwatra, I. Essa, "Auto-directed video stabilization with robust
L1 optimal camera paths" (CVPR 2011). Sums of absolute velocity, acceleration and jerk are lowest for paths that rest,
pan evenly, and ease between the two.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # submodules load on first use, which saves every process half a second at startup

Row = npt.NDArray[Any]

# The most that the view moves: in widths of the picture per second, and per second².
FASTEST, HARDEST = 1.2, 2.5
# What a path costs, with lengths in widths of the picture and times in seconds.
_VELOCITY, _ACCELERATION, _JERK = 1.5, 0.3, 0.08
# Per second: having it out of view, too near the edge, without its company, off the middle.
_OUTSIDE, _TIGHT, _ALONE, _OFF = 400.0, 3.0, 20.0, 0.4


@dataclass(frozen=True)
class Wish:
    """Lower and upper limits of the view's middle at each step (nan: none): `inside` so that it is seen, `easy` so that
    there is room around it, `company` so that the others are seen, `middle` where it looks best."""

    inside: tuple[Row, Row]
    easy: tuple[Row, Row]
    company: tuple[Row, Row]
    middle: tuple[Row, Row]


def smooth_path(wish: Wish, step: float, least: float, most: float) -> Row:
    """Return the view's middle at each step of so many seconds, between `least` and `most`."""
    count = len(wish.inside[0])
    if count == 1 or most - least < 1e-6:
        low, high = (np.nan_to_num(limit[:1], nan=(least + most) / 2) for limit in wish.middle)
        return np.full(count, float(np.clip((low[0] + high[0]) / 2, least, most)))
    problem = _Program(count)
    problem.keep(wish.inside, _OUTSIDE * step)
    problem.keep(wish.easy, _TIGHT * step)
    problem.keep(wish.company, _ALONE * step)
    problem.keep(wish.middle, _OFF * step)
    problem.calm(1, _VELOCITY)
    problem.calm(2, _ACCELERATION / step)
    problem.calm(3, _JERK / step**2)
    problem.limit(1, FASTEST * step)
    problem.limit(2, HARDEST * step**2)
    return problem.solution(least, most)


class _Program:
    """Minimize the sum of what the path breaks or moves."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows: list[tuple[Any, Any | None]] = []  # of the path, and of the slack that gives way
        self._limits: list[Row] = []
        self._costs: list[Row] = []

    def keep(self, limits: tuple[Row, Row], cost: float) -> None:
        """Stay between limits, at a cost for every step beyond."""
        known = np.flatnonzero(~np.isnan(limits[0]))
        if not len(known):
            return
        path = scipy.sparse.eye_array(self._count, format="csr")[known]
        self._give_way(path, limits[1][known], -path, -limits[0][known], cost)

    def calm(self, order: int, cost: float) -> None:
        """Make the differences of this order cost something."""
        if self._count > order:
            change = _differences(self._count, order)
            nothing = np.zeros(change.shape[0])
            self._give_way(change, nothing, -change, nothing, cost)

    def limit(self, order: int, most: float) -> None:
        if self._count > order:
            change = _differences(self._count, order)
            for sign in (1, -1):
                self._rows.append((sign * change, None))
                self._limits.append(np.full(change.shape[0], most))

    def _give_way(self, up: Any, most: Row, down: Any, least: Row, cost: float) -> None:
        first = sum(map(len, self._costs))
        self._costs.append(np.full(up.shape[0], cost))
        for rows, limits in ((up, most), (down, least)):
            self._rows.append((rows, first))
            self._limits.append(limits)

    def solution(self, least: float, most: float) -> Row:
        slacks = sum(map(len, self._costs))
        whole = []
        for rows, first in self._rows:
            size = rows.shape[0]
            given = scipy.sparse.csr_array((size, slacks))
            if first is not None:
                given = scipy.sparse.csr_array(
                    (np.full(size, -1.0), (np.arange(size), first + np.arange(size))), (size, slacks)
                )
            whole.append(scipy.sparse.hstack([rows, given]))
        found = scipy.optimize.linprog(
            np.concatenate([np.zeros(self._count), *self._costs]),
            A_ub=scipy.sparse.vstack(whole, format="csr"),
            b_ub=np.concatenate(self._limits),
            bounds=[(least, most)] * self._count + [(0, None)] * slacks,
            method="highs",
        )
        # It always has a solution: resting.
        path: Row = np.clip(found.x[: self._count], least, most)
        return path


def _differences(count: int, order: int) -> Any:
    """Return the matrix of differences of this order."""
    matrix = scipy.sparse.eye_array(count, format="csr")
    for size in range(count, count - order, -1):
        matrix = scipy.sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(size - 1, size), format="csr") @ matrix
    return matrix
