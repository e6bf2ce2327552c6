"""The storyboard character turned half to the side, to the right, for the character sheet.

The head of `figure.py` is taken for a cylinder that turns: what is on its front moves to the right and gets closer
together there, and the back of the head shows on the left. Measures are those of `figure.py`.
"""

import math
from collections.abc import Callable

from engines.draft.canvas import Point, mix
from engines.draft.figure import FigurePainter, Mouth
from engines.draft.hats import draw_hat
from engines.draft.moods import Expression

_TURN = math.radians(30)
# Of the cylinder, in head heights.
_RADIUS = 0.46
# The chest turns less: it gets this much narrower, and its middle moves this far to the right.
_CHEST_SHARE, _CHEST_MIDDLE = 0.92, 0.16


class TurnedPainter(FigurePainter):
    """Paints head and shoulders in three-quarter view."""

    _turned: Callable[[float, float], float]

    def bust(self) -> None:
        self._turned = _on_chest
        super().bust()

    def face(self, look: float = 0.0, shown: Expression = Expression(smile=0.3)) -> Mouth:  # noqa: B008 - frozen
        self._turned = _on_head
        return super().face(look, shown)

    def at(self, x: float, y: float) -> Point:
        return super().at(self._turned(x, y), y)

    def ellipse(
        self, x: float, y: float, across: float, down: float, color: str, opacity: float = 1.0, angle: float = 0.0
    ) -> None:
        narrower = (self._turned(x + 0.02, y) - self._turned(x - 0.02, y)) / 0.04
        super().ellipse(x, y, across * max(0.35, narrower), down, color, opacity, angle)

    def ears(self, color: str) -> None:
        """Draw the back of the head, and the one ear that is seen."""
        character = self.character
        bald = character.hair == "none"
        self._turned = _as_it_is
        back = character.skin if bald else mix(character.hair_color, "#000000", 0.12)
        self.ellipse(-0.03 if bald else -0.05, -0.1, 0.41, 0.42 if bald else 0.47, back)
        self._turned = _on_head
        self.polygon([(-0.42, -0.08), (0.0, -0.2), (0.0, 0.3), (-0.36, 0.24)], character.skin)
        self.ellipse(-0.41, 0.02, 0.09, 0.11, color)

    def hat(self) -> None:
        self._turned = _with_hat
        draw_hat(self, self.character)
        self._turned = _on_head

    def hair_behind(self) -> None:
        self._turned = _as_it_is
        if self.character.hair == "bun":
            color = mix(self.character.hair_color, "#000000", 0.25)
            self.ellipse(-0.34, -0.5, 0.2, 0.18, color)
        else:
            super().hair_behind()
        self._turned = _on_chest


def _as_it_is(x: float, _: float) -> float:
    return x


def _with_hat(x: float, _: float) -> float:
    return 0.04 + x


def _on_head(x: float, _: float) -> float:
    """Return where a place on the front of the head is after the turn."""
    beyond = max(0.0, abs(x) - _RADIUS)
    turned = math.asin(max(-1.0, min(1.0, x / _RADIUS))) + _TURN
    return _RADIUS * math.sin(min(turned, math.pi / 2)) + math.copysign(beyond, x)


def _on_chest(x: float, y: float) -> float:
    """Return where a place on the chest is after the turn; the neck stays."""
    low = min(1.0, max(0.0, (y - 0.5) / 0.4))
    return x * (1 - (1 - _CHEST_SHARE) * low) + _CHEST_MIDDLE * low * max(0.0, 1 - abs(x) / 1.1)
