"""What tells one garment from another on head and shoulders, in head heights from the head's middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engines.draft.canvas import mix

if TYPE_CHECKING:
    from engines.draft.figure import FigurePainter

LAPELS = frozenset(("coat", "jacket", "suit", "uniform", "trenchcoat", "raincoat", "robe", "vest"))
BARE_SHOULDERS = frozenset(("dress", "gown", "tutu", "shorts", "tail"))
_SIDES = (-1, 1)


def draw_chest(painter: FigurePainter, wide: float) -> None:
    """Draw the garment's marks; `wide` is the shoulders' width, 1 for a grown-up."""
    garment, color = painter.character.garment, painter.character.garment_color
    if garment in LAPELS:
        _lapels(painter, color)
    bare_chest = garment == "shorts" and painter.character.person.sex == "m"
    if garment in BARE_SHOULDERS and not bare_chest:
        _top(painter, color, wide)
    if garment in _MARKS:
        _MARKS[garment](painter, color, wide)
    if painter.character.person.gloves:
        gloves = painter.character.person.gloves
        for side in _SIDES:  # raised in front of the chest, as boxers stand
            painter.stroke([(side * 1.25, 2.2), (side * 0.72, 1.0)], 0.34, mix(painter.character.skin, "#000000", 0.12))
            painter.ellipse(side * 0.68, 0.86, 0.34, 0.36, gloves)
            painter.stroke([(side * 0.5, 1.12), (side * 0.92, 1.12)], 0.07, mix(gloves, "#ffffff", 0.6))


def draw_scarf(painter: FigurePainter, color: str) -> None:
    """Wind a scarf around the neck, with an end that hangs down."""
    dark = mix(color, "#000000", 0.25)
    painter.polygon([(0.1, 0.7), (0.42, 0.66), (0.5, 1.9), (0.2, 1.9)], dark)
    painter.polygon([(-0.36, 0.42), (0.36, 0.42), (0.44, 0.78), (0.0, 0.9), (-0.44, 0.78)], color)
    painter.stroke([(-0.38, 0.62), (0.0, 0.72), (0.38, 0.6)], 0.03, dark)


def _lapels(p: FigurePainter, color: str) -> None:
    for side in _SIDES:
        points = [(side * 0.26, 0.55), (side * 0.46, 0.62), (side * 0.16, 1.62), (0.0, 1.3)]
        p.polygon(points, mix(color, "#ffffff", 0.08))
    p.stroke([(0.0, 1.3), (0.02, 5.0)], 0.03, mix(color, "#000000", 0.35), 0.8)


def _top(p: FigurePainter, color: str, wide: float) -> None:
    """Draw straps and what they hold."""
    top = 1.05 if p.character.garment in {"shorts", "tail"} else 0.98
    edge = [(-0.86, top + 0.2), (-0.5, top - 0.02), (0.0, top + 0.2), (0.5, top - 0.02), (0.86, top + 0.2)]
    points = [*edge, (1.0, 5.0), (-1.0, 5.0)]
    p.polygon([(x * wide, y) for x, y in points], color)
    for side in _SIDES:
        p.stroke([(side * 0.5 * wide, 0.7), (side * 0.52 * wide, top)], 0.09, color)


def _shirt(p: FigurePainter, _: str, __: float) -> None:
    p.polygon([(-0.2, 0.62), (0.2, 0.62), (0.0, 1.34)], "#efece4")
    p.polygon([(-0.06, 0.74), (0.06, 0.74), (0.07, 1.2), (0.0, 1.32), (-0.07, 1.2)], "#a8322e")


def _buttons(p: FigurePainter, color: str, _: float) -> None:
    brass = p.character.garment == "uniform"
    for y in (1.5, 1.9, 2.3):
        p.ellipse(0.0, y, 0.055, 0.055, "#d6b04a" if brass else mix(color, "#000000", 0.35))


def _bib(p: FigurePainter, color: str, wide: float) -> None:
    bib = "#efece4" if p.character.garment == "apron" else color
    p.polygon([(-0.5 * wide, 1.15), (0.5 * wide, 1.15), (0.6 * wide, 5.0), (-0.6 * wide, 5.0)], bib)
    for side in _SIDES:
        p.stroke([(side * 0.48 * wide, 1.2), (side * 0.4 * wide, 0.68)], 0.13, bib)


def _plates(p: FigurePainter, color: str, wide: float) -> None:
    light = mix(color, "#ffffff", 0.25)
    p.stroke([(-0.5, 0.72), (0.0, 0.92), (0.5, 0.72)], 0.14, light)
    for side in _SIDES:
        p.ellipse(side * 0.98 * wide, 1.1, 0.34, 0.36, light)


def _armor(p: FigurePainter, color: str, wide: float) -> None:
    _plates(p, color, wide)
    p.stroke([(0.0, 0.95), (0.0, 5.0)], 0.05, mix(color, "#000000", 0.35))


def _spacesuit(p: FigurePainter, color: str, wide: float) -> None:
    _plates(p, color, wide)
    p.polygon([(-0.3, 1.4), (0.3, 1.4), (0.3, 1.9), (-0.3, 1.9)], "#8d98a5")


def _hero(p: FigurePainter, color: str, wide: float) -> None:
    _plates(p, color, wide)
    p.polygon([(-0.36, 1.15), (0.36, 1.15), (0.0, 1.85)], "#e0b53f")


def _hood(p: FigurePainter, color: str, _: float) -> None:
    p.stroke([(-0.5, 0.72), (-0.2, 0.98), (0.2, 0.98), (0.5, 0.72)], 0.22, mix(color, "#ffffff", 0.25))
    for side in _SIDES:
        p.stroke([(side * 0.14, 1.0), (side * 0.12, 1.5)], 0.04, "#e6e2da")


def _collar(p: FigurePainter, color: str, _: float) -> None:
    for side in _SIDES:
        points = [(side * 0.2, 0.6), (side * 0.6, 0.1), (side * 0.8, 0.9), (side * 0.3, 1.0)]
        p.polygon(points, mix(color, "#7a1f2c", 0.6))


_MARKS: dict[str, Callable[[FigurePainter, str, float], None]] = {
    "suit": _shirt, "vest": _shirt, "uniform": _buttons, "coat": _buttons, "trenchcoat": _buttons, "raincoat": _buttons,
    "apron": _bib, "overalls": _bib, "armor": _armor, "spacesuit": _spacesuit, "supersuit": _hero, "hoodie": _hood,
    "parka": _hood, "cape": _collar,
}  # fmt: skip
