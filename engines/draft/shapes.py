"""Outlines that the emoji font lacks: animals it only has the heads of, a barn, a grand piano and a treasure
chest.

Points are in heights of the shape, y down; animals look to the left, as the font's do.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.draft.canvas import Pixels, Point, rounded

# Line width at the drawn size, as a share of the height: that of the font's lines.
_LINE = 0.03
Line = tuple[Point, ...]


@dataclass(frozen=True)
class Shape:
    """Filled outlines, and the lines drawn on them. `soft` outlines get round corners."""

    bodies: tuple[Line, ...]
    lines: tuple[Line, ...] = ()
    dots: tuple[Point, ...] = ()
    soft: bool = True


_LEGS: Line = (
    (1.14, 0.6), (1.18, 0.74), (1.14, 0.86), (1.13, 0.99), (1.01, 0.99), (1.03, 0.91), (1.06, 0.83), (1.04, 0.75),
    (0.97, 0.67), (0.97, 0.79), (0.93, 0.9), (0.92, 0.99), (0.81, 0.99), (0.83, 0.91), (0.86, 0.8), (0.84, 0.65),
    (0.74, 0.6), (0.62, 0.62), (0.6, 0.76), (0.58, 0.9), (0.57, 0.99), (0.46, 0.99), (0.48, 0.91), (0.5, 0.76),
    (0.48, 0.65), (0.44, 0.79), (0.4, 0.91), (0.38, 0.99), (0.27, 0.99), (0.3, 0.9), (0.35, 0.72), (0.35, 0.58),
)  # fmt: skip
_WOLF: Line = (
    (0.01, 0.33), (0.13, 0.25), (0.19, 0.19), (0.21, 0.0), (0.23, 0.0), (0.29, 0.13), (0.33, 0.0), (0.35, 0.0),
    (0.4, 0.18), (0.52, 0.28), (0.64, 0.3), (0.86, 0.34), (1.06, 0.32), (1.15, 0.37), (1.3, 0.46), (1.43, 0.62),
    (1.48, 0.8), (1.46, 0.82), (1.34, 0.76), (1.22, 0.64), (1.14, 0.55), *_LEGS, (0.33, 0.5), (0.27, 0.44),
    (0.16, 0.43), (0.04, 0.41),
)  # fmt: skip
_FOX: Line = (
    (0.0, 0.38), (0.14, 0.29), (0.2, 0.2), (0.2, -0.02), (0.22, -0.02), (0.31, 0.14), (0.36, -0.02), (0.38, -0.02),
    (0.42, 0.22), (0.53, 0.33), (0.7, 0.36), (0.9, 0.38), (1.07, 0.37), (1.18, 0.36), (1.4, 0.2), (1.6, 0.16),
    (1.76, 0.22), (1.78, 0.24), (1.7, 0.4), (1.5, 0.56), (1.3, 0.58), (1.14, 0.53), *_LEGS, (0.33, 0.53), (0.27, 0.46),
    (0.16, 0.44), (0.02, 0.41),
)  # fmt: skip
_LION: Line = (
    (0.3, 0.2), (0.6, 0.24), (0.86, 0.3), (1.06, 0.29), (1.15, 0.34), (1.3, 0.34), (1.4, 0.22), (1.42, 0.1),
    (1.37, 0.02), (1.47, -0.04), (1.54, 0.06), (1.49, 0.16), (1.46, 0.3), (1.34, 0.42), (1.16, 0.44), *_LEGS,
    (0.3, 0.5),
)  # fmt: skip


_BEAR: Line = (
    (0.3, 0.2), (0.44, 0.12), (0.6, 0.1), (0.78, 0.16), (1.0, 0.15), (1.2, 0.22), (1.33, 0.38), (1.37, 0.58),
    (1.36, 0.8), (1.38, 0.99), (1.12, 0.99), (1.12, 0.82), (1.06, 0.74), (1.02, 0.82), (1.02, 0.97), (0.82, 0.97),
    (0.84, 0.76), (0.72, 0.73), (0.71, 0.84), (0.71, 0.99), (0.47, 0.99), (0.49, 0.84), (0.47, 0.72), (0.43, 0.82),
    (0.43, 0.97), (0.24, 0.97), (0.27, 0.78), (0.22, 0.56), (0.2, 0.4),
)  # fmt: skip


def _ring(x: float, y: float, *reaches: float) -> Line:
    """Return a closed ring whose points are as far from the middle as `reaches`, in turn."""
    turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return tuple(
        (
            x + float(reaches[number % len(reaches)] * np.cos(turn)),
            y + float(reaches[number % len(reaches)] * np.sin(turn)),
        )
        for number, turn in enumerate(turns)
    )


_MANE, _FACE = _ring(0.3, 0.3, 0.3, 0.36), _ring(0.22, 0.31, 0.17)
_BEAR_HEAD, _MUZZLE = _ring(0.22, 0.34, 0.19), _ring(0.09, 0.41, 0.1)
_EARS = _ring(0.12, 0.17, 0.06), _ring(0.32, 0.16, 0.06)

SHAPES = {
    "wolf": Shape((_WOLF,), (((0.02, 0.35), (0.08, 0.36)), ((0.05, 0.4), (0.15, 0.38), (0.2, 0.4))), ((0.19, 0.26),)),
    "fox": Shape(
        (_FOX,),
        (((0.02, 0.41), (0.14, 0.4), (0.2, 0.42)), ((1.55, 0.18), (1.52, 0.3), (1.6, 0.34), (1.58, 0.46))),
        ((0.02, 0.385), (0.2, 0.3)),
    ),
    "bear": Shape(
        (_BEAR, *_EARS, _BEAR_HEAD, _MUZZLE),
        ((*_MUZZLE[14:], *_MUZZLE[:8]), ((0.02, 0.45), (0.08, 0.46), (0.13, 0.44))),
        ((0.03, 0.38), (0.17, 0.29), (0.28, 0.29)),
    ),
    "lion": Shape(
        (_LION, _MANE),
        ((*_MANE, _MANE[0]), (*_FACE, _FACE[0]), ((0.07, 0.4), (0.16, 0.4), (0.21, 0.37))),
        ((0.2, 0.26), (0.08, 0.34)),
    ),
    "barn": Shape(
        (((0.06, 1.0), (0.06, 0.46), (0.0, 0.46), (0.18, 0.18), (0.6, 0.0), (1.02, 0.18), (1.2, 0.46), (1.14, 0.46),
          (1.14, 1.0)),),
        (
            ((0.06, 0.46), (0.22, 0.22), (0.6, 0.06), (0.98, 0.22), (1.14, 0.46)),
            ((0.36, 1.0), (0.36, 0.58), (0.84, 0.58), (0.84, 1.0)), ((0.36, 0.58), (0.6, 1.0), (0.84, 0.58)),
            ((0.36, 1.0), (0.6, 0.58), (0.84, 1.0)), ((0.6, 0.58), (0.6, 1.0)),
            ((0.5, 0.42), (0.5, 0.26), (0.7, 0.26), (0.7, 0.42), (0.5, 0.42)),
            ((0.16, 0.5), (0.16, 0.98)), ((0.26, 0.4), (0.26, 0.98)), ((0.94, 0.4), (0.94, 0.98)),
            ((1.04, 0.5), (1.04, 0.98)),
        ),
        soft=False,
    ),
    "piano": Shape(
        (
            ((0.34, 0.37), (1.3, 0.0), (1.4, 0.05), (1.36, 0.16), (0.5, 0.38)),
            ((0.27, 0.4), (0.34, 0.16), (0.4, 0.16), (0.35, 0.4)),
            ((0.0, 0.46), (0.25, 0.46), (0.25, 0.37), (1.36, 0.37), (1.4, 0.42), (1.36, 0.6), (0.0, 0.6)),
            ((0.1, 0.58), (0.2, 0.58), (0.18, 1.0), (0.12, 1.0)),
            ((1.16, 0.58), (1.26, 0.58), (1.24, 1.0), (1.18, 1.0)),
            ((0.62, 0.58), (0.7, 0.58), (0.74, 0.94), (0.58, 0.94)),
        ),
        (
            ((0.0, 0.52), (1.36, 0.52)), ((0.25, 0.46), (0.25, 0.52)), ((0.98, 0.38), (1.04, 0.14)),
            *(((0.03 + 0.045 * key, 0.46), (0.03 + 0.045 * key, 0.52)) for key in range(5)),
        ),
        soft=False,
    ),
    "treasure chest": Shape(
        (((0.0, 0.38), (0.04, 0.14), (0.18, 0.02), (1.12, 0.02), (1.26, 0.14), (1.3, 0.38), (1.3, 0.98), (0.0, 0.98)),),
        (
            ((0.0, 0.38), (1.3, 0.38)), ((0.0, 0.46), (1.3, 0.46)), ((0.24, 0.03), (0.2, 0.38), (0.2, 0.98)),
            ((1.06, 0.03), (1.1, 0.38), (1.1, 0.98)),
            ((0.55, 0.34), (0.75, 0.34), (0.75, 0.62), (0.55, 0.62), (0.55, 0.34)),
        ),
        ((0.65, 0.48),),
        soft=False,
    ),
}  # fmt: skip


def drawn_shape(shape: Shape, height: int) -> tuple[Pixels, Pixels]:
    """Return (lines, body) of a shape as coverage 0…255, `height` pixels high, cropped to what is drawn."""
    bodies = [rounded(body) if shape.soft else list(body) for body in shape.bodies]
    points = np.array([point for body in bodies for point in body])
    thick = max(1, round(_LINE * height))
    least, most = points.min(axis=0), points.max(axis=0)
    scale = (height - 2 * thick) / (most[1] - least[1])
    size = (round((most[0] - least[0]) * scale) + 2 * thick, height)
    lines, body = np.zeros(size[::-1], np.uint8), np.zeros(size[::-1], np.uint8)

    def placed(line: Line | list[Point]) -> Pixels:
        fixed: Pixels = np.round(((np.array(line) - least) * scale + thick) * 16).astype(np.int32)
        return fixed

    for outline in bodies:
        cv2.fillPoly(body, [placed(outline)], 255, cv2.LINE_AA, 4)
    contours, _ = cv2.findContours((body > 100).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(lines, contours, -1, 255, thick, cv2.LINE_AA)
    for line in shape.lines:
        cv2.polylines(lines, [placed(line)], False, 255, thick, cv2.LINE_AA, 4)
    for dot in shape.dots:
        x, y = placed([dot])[0]
        cv2.circle(lines, (int(x), int(y)), round(0.022 * height * 16), 255, -1, cv2.LINE_AA, 4)
    return lines, cv2.max(lines, body)
