"""How the takes of one scene differ: the same place, people and action, seen and acted in another way.

Take 0 is the picture as drawn. Every other number is a take of its own, the same each time.
"""

from dataclasses import dataclass

import numpy as np

from engines.draft.look import MoveKind


@dataclass(frozen=True)
class Take:
    """What a take changes. `mirrored`: everybody stands on the other side, lit from the other side. `nearer` is how
    much larger the people are, and `aside` where the background is moved to, in frame heights. `phase` is the share of
    the movement at which it begins, `pace` how strongly the camera moves."""

    number: int = 0
    mirrored: bool = False
    nearer: float = 1.0
    aside: float = 0.0
    phase: float = 0.0
    pace: float = 1.0

    @staticmethod
    def numbered(number: int) -> "Take":
        """Return the take of a number from 0 on."""
        if number == 0:
            return Take()
        rng = np.random.default_rng(number)
        nearer = _NEARER[number % len(_NEARER)] * float(rng.uniform(0.97, 1.03))
        aside = float(rng.uniform(0.05, 0.1) * rng.choice((-1, 1)))
        phase, pace = float(rng.uniform(0.15, 0.85)), float(rng.choice((0.65, 1.0, 1.35)) * rng.uniform(0.95, 1.05))
        return Take(number, number % 2 == 1, nearer, aside, phase, pace)

    def move(self, own: MoveKind) -> MoveKind:
        """Return how the camera moves where nobody has asked for a certain way."""
        others: list[MoveKind] = [kind for kind in _MOVES if kind != own]
        return own if self.number == 0 else others[(self.number - 1) % len(others)]

    def magnified(self, share: float) -> float:
        """Return how close the background of a picture is that is magnified to `share`; it has room to be moved."""
        return share if self.number == 0 else max(1.0 + 2 * abs(self.aside), share * (1 + 0.4 * (self.nearer - 1)))


# Every second take is mirrored; of the others, the next one is clearly nearer, the one after that clearly farther.
_NEARER = (1.12, 1.0, 1.22, 0.86, 0.84, 1.14, 1.3, 0.94)
_MOVES: tuple[MoveKind, ...] = ("orbit", "push_in", "drift", "pull_out", "pan_right", "tilt_up", "pan_left")
