"""Hats and what else sits on a head, in head heights from its middle, for close and wide shots alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engines.draft.canvas import Point, mix, rounded

if TYPE_CHECKING:
    from engines.draft.figure import Character, FigurePainter


def draw_hat(painter: FigurePainter) -> None:
    """Draw the character's hat, if any, and what a kind of figure has on its head, as seen from the painter's side."""
    character = painter.character
    home = painter.x
    painter.x += _SHIFTS[painter.side] * painter.head
    if character.hat in _HATS:
        _HATS[character.hat](painter, character.hat_color)
    painter.x = home
    extra = _EXTRAS.get(character.kind) or _EXTRAS.get(character.person.extra)
    if extra is not None:
        extra(painter, character.hat_color)


def top_of(character: Character) -> float:
    """Return how far hat and hair reach above the middle of the head, in head heights."""
    tall = max(_TALL.get(character.hat, 0.85), _TALL.get(character.hair, 0.62))
    return max(tall, 0.95) if character.kind == "robot" else tall


# How much further back a hat sits on a head that is turned: from the front, half turned and in profile.
_SHIFTS = {0.0: 0.0, 0.5: -0.03, 1.0: -0.06}
# Of hats and hair that reach high.
_TALL = {
    "": 0.62, "witch": 1.42, "tophat": 1.12, "party": 1.2, "knight": 1.02, "toque": 1.08, "crown": 0.94,
    "cowboy": 0.88, "mohawk": 1.0, "bun": 0.8, "curly": 0.74, "beanie": 0.72, "cap": 0.68, "hijab": 0.68,
}  # fmt: skip


def _cap(p: FigurePainter, color: str) -> None:
    p.polygon(rounded([(-0.45, -0.2), (-0.44, -0.46), (-0.26, -0.66), (0.26, -0.66), (0.44, -0.46), (0.45, -0.2)]),
              color)  # fmt: skip
    if p.side:
        tip = 0.2 + 0.62 * p.side
        visor = [(-0.06 + 0.3 * p.side, -0.28), (0.4, -0.31), (tip, -0.17), (tip - 0.12, -0.13), (0.3, -0.19)]
    else:
        visor = [(-0.42, -0.27), (-0.2, -0.31), (0.2, -0.31), (0.42, -0.27), (0.36, -0.16), (0.0, -0.11),
                 (-0.36, -0.16)]  # fmt: skip
    p.polygon(rounded(visor), mix(color, "#000000", 0.25))


def _beanie(p: FigurePainter, color: str) -> None:
    p.polygon(rounded([(-0.45, -0.1), (-0.46, -0.5), (-0.24, -0.74), (0.24, -0.74), (0.46, -0.5), (0.45, -0.1)]), color)
    p.stroke([(-0.44, -0.2), (0.44, -0.2)], 0.13, mix(color, "#ffffff", 0.15))


def _beret(p: FigurePainter, color: str) -> None:
    p.ellipse(-0.08, -0.5, 0.56, 0.2, color, angle=-8)
    p.stroke([(-0.38, -0.34), (0.38, -0.38)], 0.08, mix(color, "#000000", 0.3))
    p.stroke([(-0.06, -0.68), (-0.04, -0.76)], 0.04, color)


def _crown(p: FigurePainter, color: str) -> None:
    p.polygon(
        [(-0.4, -0.36), (-0.48, -0.82), (-0.24, -0.58), (0.0, -0.92), (0.24, -0.58), (0.48, -0.82), (0.4, -0.36)],
        color,
    )
    p.stroke([(-0.39, -0.4), (0.39, -0.4)], 0.09, mix(color, "#ffffff", 0.35))
    for x in (-0.22, 0.0, 0.22):
        p.ellipse(x, -0.5, 0.05, 0.05, "#b5303f" if x else "#3f7fb5")


def _brim(p: FigurePainter, color: str, wide: float, tall: float, band: str) -> None:
    p.polygon([(-0.38, -0.34), (-0.32, -tall), (0.0, -tall + 0.06), (0.32, -tall), (0.38, -0.34)], color)
    p.stroke([(-0.36, -0.42), (0.36, -0.42)], 0.11, band)
    p.ellipse(0.0, -0.33, wide, 0.12, mix(color, "#000000", 0.12))


def _cowboy(p: FigurePainter, color: str) -> None:
    _brim(p, color, 0.6, 0.86, mix(color, "#000000", 0.5))
    p.polygon(
        [(-0.84, -0.52), (-0.6, -0.3), (0.6, -0.3), (0.84, -0.52), (0.7, -0.24), (0.0, -0.18), (-0.7, -0.24)], color
    )


def _fedora(p: FigurePainter, color: str) -> None:
    _brim(p, color, 0.62, 0.78, "#17151a")


def _straw(p: FigurePainter, color: str) -> None:
    _brim(p, color, 0.86, 0.66, "#a8432f")


def _top(p: FigurePainter, color: str) -> None:
    _brim(p, color, 0.6, 1.1, "#7a2f34")


def _toque(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.36, -0.7), (0.36, -0.7), (0.36, -0.28), (-0.36, -0.28)], color)
    for x in (-0.3, 0.0, 0.3):
        p.ellipse(x, -0.82, 0.26, 0.24, color)
    p.stroke([(-0.36, -0.3), (0.36, -0.3)], 0.05, mix(color, "#000000", 0.2))


def _veil(p: FigurePainter, color: str) -> None:
    p.polygon(
        [
            (-0.42, -0.3),
            (-0.2, -0.62),
            (0.2, -0.62),
            (0.42, -0.3),
            (0.5, -0.34),
            (0.26, -0.76),
            (-0.26, -0.76),
            (-0.5, -0.34),
        ],
        color,
    )
    for side in (-1, 1):
        p.polygon(
            [(side * 0.4, -0.5), (side * 0.52, -0.3), (side * 0.86, 1.6), (side * 0.52, 1.6), (side * 0.46, 0.2)],
            color,
            0.55,
        )


def _space(p: FigurePainter, color: str) -> None:
    ring = [(0.66 * np.cos(a), -0.02 + 0.68 * np.sin(a)) for a in np.linspace(0, 6.283, 50)]
    p.ellipse(0, -0.02, 0.66, 0.68, "#bfe3f2", 0.16)
    p.stroke([*ring, ring[0]], 0.1, color)
    p.stroke([(-0.46, -0.22), (-0.34, -0.46), (-0.14, -0.56)], 0.05, "#ffffff", 0.7)
    p.stroke([(-0.5, 0.56), (0.5, 0.56)], 0.16, color)


def _knight(p: FigurePainter, color: str) -> None:
    light = mix(color, "#ffffff", 0.3)
    p.polygon(
        [
            (-0.47, 0.18),
            (-0.47, -0.3),
            (-0.26, -0.64),
            (0.26, -0.64),
            (0.47, -0.3),
            (0.47, 0.18),
            (0.36, 0.06),
            (0.36, -0.2),
            (-0.36, -0.2),
            (-0.36, 0.06),
        ],
        color,
    )
    p.stroke([(-0.46, -0.2), (0.46, -0.2)], 0.08, light)
    p.stroke([(0, -0.62), (0, -0.22)], 0.06, light)
    p.polygon([(-0.04, -0.62), (-0.2, -1.0), (-0.6, -0.9), (-0.34, -0.66)], "#b5303f")


def _tricorn(p: FigurePainter, color: str) -> None:
    p.polygon(
        [
            (-0.8, -0.28),
            (-0.5, -0.64),
            (0.0, -0.82),
            (0.5, -0.64),
            (0.8, -0.28),
            (0.36, -0.36),
            (0.0, -0.3),
            (-0.36, -0.36),
        ],
        color,
    )
    p.stroke([(-0.78, -0.28), (-0.36, -0.38), (0.0, -0.32), (0.36, -0.38), (0.78, -0.28)], 0.05, "#d6a83f")
    p.ellipse(0, -0.54, 0.08, 0.08, "#ece6d8")


def _peaked(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.42, -0.34), (-0.58, -0.62), (-0.2, -0.74), (0.2, -0.74), (0.58, -0.62), (0.42, -0.34)], color)
    p.polygon([(-0.4, -0.36), (0.4, -0.36), (0.34, -0.22), (-0.34, -0.22)], "#15161c")
    p.ellipse(0, -0.52, 0.07, 0.07, "#e0b53f")


def _army(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.5, -0.16), (-0.46, -0.48), (-0.22, -0.7), (0.22, -0.7), (0.46, -0.48), (0.5, -0.16)], color)
    p.stroke([(-0.54, -0.17), (0.54, -0.17)], 0.08, mix(color, "#000000", 0.3))


def _witch(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.42, -0.34), (-0.14, -0.9), (0.16, -1.4), (0.2, -0.9), (0.42, -0.34)], color)
    p.ellipse(0, -0.34, 0.8, 0.12, mix(color, "#ffffff", 0.08))
    p.stroke([(-0.36, -0.44), (0.36, -0.44)], 0.1, "#b58a3a")


def _souwester(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.42, -0.28), (-0.36, -0.58), (0.0, -0.7), (0.36, -0.58), (0.42, -0.28)], color)
    p.polygon(
        [(-0.44, -0.32), (0.44, -0.32), (0.66, -0.16), (0.5, -0.18), (-0.5, -0.18), (-0.66, -0.16)],
        mix(color, "#ffffff", 0.15),
    )


def _hard(p: FigurePainter, color: str) -> None:
    _army(p, color)
    p.stroke([(0, -0.7), (0, -0.24)], 0.1, mix(color, "#ffffff", 0.3))


def _flat(p: FigurePainter, color: str) -> None:
    if p.side:
        p.polygon(
            rounded([(-0.48, -0.2), (-0.5, -0.5), (-0.1, -0.66), (0.36, -0.58), (0.64, -0.24), (0.4, -0.2)]), color
        )
        return
    p.polygon(rounded([(-0.5, -0.18), (-0.54, -0.46), (-0.2, -0.66), (0.2, -0.66), (0.54, -0.46), (0.5, -0.18)]), color)
    p.polygon(rounded([(-0.4, -0.24), (0.0, -0.32), (0.4, -0.24), (0.34, -0.14), (0.0, -0.1), (-0.34, -0.14)]),
              mix(color, "#000000", 0.25))  # fmt: skip


_Cloth = dict[float, tuple[tuple[Point, ...], tuple[Point, ...]]]
# From each side: around the head, and then along the edge of the face.
_HIJAB: _Cloth = {
    0.0: (
        ((0.0, -0.68), (-0.28, -0.63), (-0.47, -0.36), (-0.51, 0.1), (-0.5, 0.5), (-0.76, 1.0), (-0.3, 1.24),
         (0.3, 1.24), (0.76, 1.0), (0.5, 0.5), (0.51, 0.1), (0.47, -0.36), (0.28, -0.63)),
        ((0.0, -0.45), (0.2, -0.4), (0.32, -0.14), (0.31, 0.16), (0.2, 0.4), (0.0, 0.5), (-0.2, 0.4), (-0.31, 0.16),
         (-0.32, -0.14), (-0.2, -0.4)),
    ),
    0.5: (
        ((0.1, -0.62), (-0.2, -0.62), (-0.42, -0.45), (-0.5, -0.1), (-0.48, 0.4), (-0.72, 0.98), (-0.3, 1.2),
         (0.34, 1.18), (0.66, 0.94), (0.42, 0.52), (0.36, 0.36), (0.42, 0.06), (0.42, -0.25), (0.3, -0.52)),
        ((0.14, -0.4), (0.31, -0.27), (0.36, -0.02), (0.31, 0.27), (0.18, 0.46), (0.02, 0.4), (-0.12, 0.2),
         (-0.16, -0.04), (-0.08, -0.3)),
    ),
    1.0: (
        ((0.3, -0.42), (0.1, -0.58), (-0.2, -0.62), (-0.46, -0.42), (-0.54, -0.05), (-0.54, 0.4), (-0.74, 0.95),
         (-0.3, 1.16), (0.4, 1.14), (0.5, 0.9), (0.32, 0.6), (0.26, 0.5), (0.16, 0.46), (0.06, 0.3), (0.02, 0.02),
         (0.08, -0.22), (0.24, -0.33)),
        (),
    ),
}  # fmt: skip


def _wrapped(p: FigurePainter, color: str, cloth: _Cloth) -> list[Point]:
    """Draw a cloth around the head, and return the edge of the face that it leaves free, where it has one."""
    around, edge = cloth[p.side]
    outer, face = rounded(around), rounded(edge) if edge else []
    p.polygon([*outer, outer[0], *face, *face[:1]], color)
    return face


def _hijab(p: FigurePainter, color: str) -> None:
    _wrapped(p, color, _HIJAB)
    fold = mix(color, "#000000", 0.2)
    p.stroke([(-0.4, 0.42), (-0.1, 0.66), (0.24, 0.56)], 0.03, fold, 0.8)
    p.stroke([(-0.46, 0.72), (0.0, 0.9), (0.34, 0.78)], 0.03, fold, 0.6)


_HOOD: _Cloth = {
    0.0: (
        ((0.0, -0.7), (-0.34, -0.62), (-0.52, -0.3), (-0.54, 0.2), (-0.48, 0.56), (-0.34, 0.8), (0.0, 0.86),
         (0.34, 0.8), (0.48, 0.56), (0.54, 0.2), (0.52, -0.3), (0.34, -0.62)),
        ((0.0, -0.46), (0.26, -0.4), (0.37, -0.14), (0.36, 0.2), (0.24, 0.5), (0.0, 0.62), (-0.24, 0.5), (-0.36, 0.2),
         (-0.37, -0.14), (-0.26, -0.4)),
    ),
    0.5: (
        ((0.14, -0.68), (-0.2, -0.68), (-0.46, -0.48), (-0.56, -0.1), (-0.54, 0.4), (-0.42, 0.78), (-0.1, 0.84),
         (0.24, 0.76), (0.36, 0.56), (0.42, 0.2), (0.44, -0.2), (0.34, -0.54)),
        ((0.16, -0.46), (0.33, -0.33), (0.39, -0.06), (0.35, 0.24), (0.24, 0.5), (0.06, 0.54), (-0.12, 0.36),
         (-0.2, 0.04), (-0.14, -0.3)),
    ),
    1.0: (
        ((0.34, -0.46), (0.12, -0.64), (-0.2, -0.68), (-0.48, -0.46), (-0.58, -0.05), (-0.56, 0.42), (-0.44, 0.8),
         (-0.06, 0.84), (0.2, 0.76), (0.24, 0.58), (0.12, 0.46), (0.02, 0.28), (-0.02, 0.0), (0.08, -0.26),
         (0.26, -0.36)),
        (),
    ),
}  # fmt: skip


def _hood(p: FigurePainter, color: str) -> None:
    face = _wrapped(p, color, _HOOD)
    if face:
        p.stroke([*face, face[0]], 0.05, mix(color, "#000000", 0.3))


def _turban(p: FigurePainter, color: str) -> None:
    left = [(-0.3, -0.26), (-0.44, -0.12), (-0.54, -0.42), (-0.36, -0.74)]
    right = [(-x, y) for x, y in reversed(left)]
    p.polygon([*left, (0.0, -0.84), *right, (0.0, -0.38)], color)
    fold = mix(color, "#000000", 0.25)
    for low, high in ((-0.2, -0.5), (-0.36, -0.66), (-0.5, -0.76)):
        p.stroke([(-0.48, low), (0.0, high * 0.75), (0.3, high)], 0.025, fold, 0.8)
        p.stroke([(0.48, low), (0.12, high * 0.7)], 0.025, fold, 0.8)


def _horns(p: FigurePainter, color: str) -> None:
    for side in (-1, 1):
        p.polygon([(side * 0.16, -0.5), (side * 0.34, -0.92), (side * 0.36, -0.42)], color)


def _party(p: FigurePainter, color: str) -> None:
    p.polygon([(-0.26, -0.46), (0.0, -1.08), (0.26, -0.46)], color)
    p.ellipse(0, -1.08, 0.09, 0.09, "#e0b53f")
    if p.character.person.role == "clown":
        p.ellipse({0.0: 0.0, 0.5: 0.2, 1.0: 0.46}[p.side], 0.12, 0.11, 0.11, "#c8322f")


def _patch(p: FigurePainter, _: str) -> None:
    # In profile the eye that it covers is on the other side.
    x, across = {0.0: (0.155, 0.12), 0.5: (0.285, 0.075), 1.0: (0.0, 0.0)}[p.side]
    if across:
        p.ellipse(x, -0.04, across, 0.1, "#15151a")
        p.stroke([(-0.4, -0.24), (x, -0.06), (x + 0.08 if p.side else 0.4, -0.12)], 0.035, "#15151a")
    else:
        p.stroke([(-0.42, -0.12), (0.0, -0.24), (0.33, -0.24)], 0.035, "#15151a")


def _headphones(p: FigurePainter, _: str) -> None:
    middle, wide, cups = {
        0.0: (0.0, 0.45, ((-0.45, 0.12), (0.45, 0.12))),
        0.5: (-0.03, 0.4, ((-0.27, 0.15),)),
        1.0: (-0.1, 0.05, ((-0.11, 0.18),)),
    }[p.side]
    arc = [(middle + wide * np.cos(a), -0.06 - 0.54 * np.sin(a)) for a in np.linspace(0, np.pi, 24)]
    if p.side:
        arc = arc[6:] if p.side < 1 else [(middle, -0.6), (middle, 0.0)]
        arc = [*arc[:-4], (cups[0][0], 0.0)] if p.side < 1 else arc
    p.stroke(arc, 0.09, "#22222a")
    for x, across in cups:
        p.ellipse(x, 0.02, across, 0.18, "#d0456a")


def _robot(p: FigurePainter, color: str) -> None:
    p.stroke([(0, -0.5), (0, -0.8)], 0.05, "#5a656e")
    p.ellipse(0, -0.85, 0.09, 0.09, "#e0564a")
    eyes, ears = {0.0: ((-0.16, 0.16), (-0.46, 0.46)), 0.5: ((0.0, 0.27), (-0.31,)), 1.0: ((0.22,), (-0.12,))}[p.side]
    for x in ears:
        p.ellipse(x, 0.0, 0.09, 0.16, mix(color, "#5a656e", 0.7))
    for x in eyes:
        p.ellipse(x, -0.05, 0.12, 0.12, "#1f2a33")
        p.ellipse(x, -0.05, 0.075, 0.075, "#7fe0f0")


def _alien(p: FigurePainter, _: str) -> None:
    p.ellipse(-0.04 * p.side, -0.3, 0.5, 0.38, "#8fb58a")
    eyes = {0.0: ((-0.19, -1), (0.19, 1)), 0.5: ((0.0, -1), (0.3, 1)), 1.0: ((0.24, 1),)}[p.side]
    for x, way in eyes:
        p.ellipse(x, -0.06, 0.16 - 0.04 * p.side, 0.1, "#12181a", angle=way * 28)


def _scarecrow(p: FigurePainter, _: str) -> None:
    for x in (-0.3, -0.16, 0.0, 0.16, 0.3):
        p.stroke([(x, -0.3), (x * 1.5, 0.12 if abs(x) > 0.2 else -0.14)], 0.05, "#e0bf6a")


def _ghost(p: FigurePainter, _: str) -> None:
    for side in (-1, 1):
        p.ellipse(side * 0.15, -0.05, 0.07, 0.11, "#2a3442")


_HATS: dict[str, Callable[[FigurePainter, str], None]] = {
    "cap": _cap,
    "beanie": _beanie,
    "beret": _beret,
    "crown": _crown,
    "cowboy": _cowboy,
    "fedora": _fedora,
    "straw": _straw,
    "tophat": _top,
    "toque": _toque,
    "veil": _veil,
    "space": _space,
    "knight": _knight,
    "tricorn": _tricorn,
    "police": _peaked,
    "army": _army,
    "witch": _witch,
    "souwester": _souwester,
    "hardhat": _hard,
    "flatcap": _flat,
    "horns": _horns,
    "hijab": _hijab,
    "hood": _hood,
    "turban": _turban,
    "party": _party,
}
_EXTRAS: dict[str, Callable[[FigurePainter, str], None]] = {
    "patch": _patch,
    "headphones": _headphones,
    "robot": _robot,
    "alien": _alien,
    "scarecrow": _scarecrow,
    "ghost": _ghost,
}
