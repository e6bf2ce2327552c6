"""Backgrounds of storyboard frames, one function per kind of place."""

import itertools
from collections.abc import Callable

import numpy as np

from engines.draft.canvas import Canvas, Point, mix
from engines.draft.look import Palette

# Every place takes the kind of light, even if it doesn't show it.
Painter = Callable[[Canvas, Palette, np.random.Generator, str], None]


def sky(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str, horizon: float) -> None:
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, horizon, curve=1.25)
    x, y = rng.uniform(-0.55, 0.55) * canvas.aspect, horizon - rng.uniform(0.16, 0.36)
    # Stars and clouds need more and less of chance; what stands below the sky is the same by day and by night.
    rng = np.random.default_rng(rng.integers(2**32))
    if light == "night":
        for _ in range(70):
            star = (rng.uniform(-canvas.right, canvas.right), rng.uniform(-canvas.bottom, horizon - 0.08))
            canvas.ellipse(*star, *(rng.uniform(0.0008, 0.002),) * 2, palette.rim, rng.uniform(0.3, 0.9))
        canvas.ellipse(x, y, 0.045, 0.045, mix(palette.glow, "#ffffff", 0.4))
        canvas.glow(x, y, 0.3, palette.rim, 0.35)
        return
    if light == "dusk":
        y = horizon - 0.05
    canvas.ellipse(x, y, 0.06, 0.06, mix(palette.glow, "#ffffff", 0.5))
    canvas.glow(x, y, 0.5, palette.glow, 0.55)
    _clouds(canvas, palette, rng, horizon)


def _clouds(canvas: Canvas, palette: Palette, rng: np.random.Generator, horizon: float) -> None:
    for _ in range(int(rng.integers(3, 7))):
        x, y = rng.uniform(-canvas.right, canvas.right), rng.uniform(-0.45, horizon - 0.15)
        width = rng.uniform(0.12, 0.35)
        for _ in range(5):
            canvas.ellipse(
                x + rng.normal(0, width * 0.4), y + rng.normal(0, 0.008), width * rng.uniform(0.3, 0.6),
                rng.uniform(0.008, 0.022), mix(palette.sky_low, "#ffffff", 0.45), 0.28,
            )  # fmt: skip


def ridge(canvas: Canvas, rng: np.random.Generator, base: float, height: float, rough: float) -> list[Point]:
    """Return the outline of hills from edge to edge, closed at the bottom."""
    across = np.linspace(-canvas.right, canvas.right, 160)
    outline = np.zeros_like(across)
    for octave in range(1, 7):
        size = height / octave ** (2.2 - rough)
        outline += size * np.sin(across * octave * rng.uniform(1.4, 2.6) + rng.uniform(0, 6.3))
    tops = base - np.abs(outline) * 0.6 - height * 0.15
    points = list(zip(across.tolist(), tops.tolist(), strict=True))
    return [*points, (canvas.right, canvas.bottom), (-canvas.right, canvas.bottom)]


def skyline(
    canvas: Canvas, rng: np.random.Generator, base: float, tallest: float, color: str, window: str, lit: float
) -> None:
    x = -canvas.right
    while x < canvas.right:
        width, height = rng.uniform(0.05, 0.15), tallest * rng.uniform(0.3, 1.0)
        canvas.rectangle(x, base - height, x + width, canvas.bottom, color)
        if rng.random() < 0.25:
            canvas.stroke([(x + width / 2, base - height), (x + width / 2, base - height - 0.05)], 0.003, color)
        _windows(canvas, rng, (x, base - height, width, height), window, lit)
        x += width * rng.uniform(0.85, 1.25)


def _windows(
    canvas: Canvas, rng: np.random.Generator, house: tuple[float, float, float, float], color: str, lit: float
) -> None:
    left, top, width, height = house
    size = 0.009
    columns, rows = np.arange(left + 0.014, left + width - 0.014, 0.021), np.arange(top + 0.02, top + height, 0.028)
    # The same windows are there whether or not light is in them.
    chances, tones = rng.random((2, len(columns), len(rows)))
    for column, row in np.argwhere(chances < lit):
        x, y = columns[column], rows[row]
        canvas.rectangle(x, y, x + size, y + size * 1.4, color, 0.35 + 0.6 * tones[column, row])


# The share of a street's windows that have light in them.
_LIT = {"night": 0.5, "dusk": 0.3, "interior": 0.3}


def street(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon, vanish = 0.08, rng.uniform(-0.15, 0.15)
    sky(canvas, palette, rng, light, horizon)
    skyline(canvas, rng, horizon, 0.34, palette.far, palette.glow, _LIT.get(light, 0.12))
    canvas.gradient(mix(palette.ground, palette.sky_low, 0.3), palette.ground, horizon, canvas.bottom)
    canvas.polygon(
        [(vanish, horizon), (0.95, canvas.bottom), (-0.95, canvas.bottom)], mix(palette.ground, palette.near, 0.55)
    )
    for step in np.linspace(0.12, 1, 7):
        y, thick = horizon + (canvas.bottom - horizon) * step**2, 0.012 * step
        canvas.polygon(
            [(vanish * (1 - step**2) - thick, y), (vanish * (1 - step**2) + thick, y), (0.016, y + 0.05 * step),
             (-0.016, y + 0.05 * step)], palette.rim, 0.4,
        )  # fmt: skip
    for side in (-1, 1):
        _house_row(canvas, palette, rng, side, vanish, horizon, light)
        _lamps(canvas, palette, side, vanish, horizon, light)


def _house_row(
    canvas: Canvas, palette: Palette, rng: np.random.Generator, side: int, vanish: float, horizon: float, light: str
) -> None:
    """Draw facades running to the vanishing point on one side of a street."""
    edges = np.array([0.14, 0.24, 0.38, 0.6, 0.95, 1.5]) * canvas.right
    for inner, outer in reversed(list(itertools.pairwise(edges))):
        tall = rng.uniform(0.75, 1.15)
        near, far = outer / canvas.right, inner / canvas.right
        x_near, x_far = vanish + side * outer, vanish + side * inner
        tone = mix(palette.far, palette.near, min(1.0, near))
        canvas.polygon(
            [(x_far, horizon - tall * far * 0.75), (x_near, horizon - tall * near * 0.75),
             (x_near, horizon + near * 0.3), (x_far, horizon + far * 0.3)], tone,
        )  # fmt: skip
        for share in (0.25, 0.6):
            chance, up = rng.random(2)
            if chance < _LIT.get(light, 0.12) + 0.35:
                x = x_far + (x_near - x_far) * share
                depth = far + (near - far) * share
                height, top = 0.1 * depth, horizon - tall * depth * (0.2 + 0.35 * up)
                wide = (x_near - x_far) * 0.22
                pane = mix(palette.sky_low, palette.far, 0.25) if light == "day" else palette.glow
                canvas.polygon([(x, top), (x + wide, top), (x + wide, top + height), (x, top + height)], pane, 0.8)
                if light != "day":
                    canvas.glow(x + wide / 2, top + height / 2, 0.09 * depth + 0.03, palette.glow, 0.28)


def _lamps(canvas: Canvas, palette: Palette, side: int, vanish: float, horizon: float, light: str) -> None:
    for depth in (0.22, 0.42, 0.8):
        x, foot, top = vanish + side * depth * 0.62, horizon + depth * 0.3, horizon - depth * 0.42
        canvas.stroke([(x, foot), (x, top), (x - side * 0.07 * depth, top)], 0.008 * depth, palette.figure)
        if light != "day":
            canvas.ellipse(x - side * 0.07 * depth, top + 0.006, 0.016 * depth, 0.009 * depth, palette.glow)
            canvas.glow(x - side * 0.07 * depth, top, 0.16 * depth + 0.03, palette.glow, 0.6)
            canvas.glow(x - side * 0.07 * depth, foot, 0.12 * depth, palette.glow, 0.2, stretch=0.25)


def rooftop(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.16
    sky(canvas, palette, rng, light, horizon)
    lit = 0.55 if light != "day" else 0.15
    skyline(canvas, rng, horizon, 0.26, mix(palette.far, palette.sky_low, 0.35), palette.glow, lit * 0.5)
    skyline(canvas, rng, horizon + 0.07, 0.24, palette.far, palette.glow, lit)
    canvas.glow(0, horizon, 0.7, palette.glow, 0.25, stretch=0.3)
    edge = 0.24
    canvas.rectangle(-canvas.right, edge, canvas.right, canvas.bottom, palette.ground)
    canvas.rectangle(-canvas.right, edge - 0.035, canvas.right, edge, palette.near)
    canvas.stroke([(-canvas.right, edge - 0.035), (canvas.right, edge - 0.035)], 0.004, palette.rim, 0.5)
    x = rng.choice([-1, 1]) * 0.5 * canvas.aspect * 0.8
    canvas.rectangle(x - 0.09, edge - 0.24, x + 0.09, edge + 0.02, mix(palette.near, palette.figure, 0.4))
    canvas.polygon([(x - 0.1, edge - 0.24), (x + 0.1, edge - 0.24), (x, edge - 0.31)], palette.figure)


def water(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.02
    sky(canvas, palette, rng, light, horizon)
    canvas.polygon(ridge(canvas, rng, horizon, 0.05, 0.5), mix(palette.far, palette.sky_low, 0.4))
    canvas.gradient(
        mix(palette.sky_low, palette.far, 0.35), mix(palette.sky_top, palette.near, 0.5), horizon, canvas.bottom
    )
    x = rng.uniform(-0.3, 0.3) * canvas.aspect
    for row in np.linspace(0.01, 1, 60):
        y = horizon + (canvas.bottom - horizon) * row**1.8
        spread = 0.03 + 0.22 * row
        center = x + rng.normal(0, spread * 0.5)
        canvas.stroke(
            [(center - spread * 0.5, y), (center + spread * 0.5, y)], 0.0015 + 0.005 * row, palette.glow, 0.35
        )
        other = rng.uniform(-canvas.right, canvas.right)
        canvas.stroke([(other, y), (other + 0.05 + 0.2 * row, y)], 0.001 + 0.004 * row, palette.sky_low, 0.3)
    canvas.glow(x, horizon, 0.35, palette.glow, 0.35, stretch=0.5)
    canvas.polygon(
        [(-0.05, 0.2), (0.05, 0.2), (0.55, canvas.bottom), (-0.55, canvas.bottom)],
        mix(palette.ground, palette.near, 0.4),
    )
    for step in np.linspace(0, 1, 9):
        y = 0.2 + (canvas.bottom - 0.2) * step**1.6
        half = 0.05 + 0.5 * step**1.6
        canvas.stroke([(-half, y), (half, y)], 0.002 + 0.004 * step, palette.figure, 0.55)
        for side in (-1, 1):
            canvas.stroke(
                [(side * half, y - 0.05 - 0.08 * step), (side * half, y + 0.05)], 0.006 + 0.012 * step, palette.figure
            )


def forest(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.14
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, horizon)
    x = rng.uniform(-0.4, 0.4) * canvas.aspect
    canvas.glow(x, -0.12, 0.55, palette.glow, 0.55)
    canvas.gradient(mix(palette.ground, palette.sky_low, 0.35), palette.ground, horizon, canvas.bottom)
    for depth, count in ((0.15, 30), (0.4, 18), (0.75, 10), (1.0, 6)):
        tone = mix(mix(palette.sky_low, palette.far, 0.55), palette.near, depth)
        for _ in range(count):
            tree(canvas, rng, rng.uniform(-canvas.right, canvas.right), horizon + 0.26 * depth**1.5, depth, tone)
        canvas.glow(x, horizon, 0.5, palette.sky_low, 0.1)
    canvas.polygon(
        [(x * 0.3 - 0.03, horizon), (x * 0.3 + 0.03, horizon), (0.4, canvas.bottom), (-0.4, canvas.bottom)],
        mix(palette.ground, palette.glow, 0.3), 0.7,
    )  # fmt: skip
    for shaft in rng.uniform(-0.5, 0.5, 4):
        above = x + shaft * 0.3
        canvas.beam(
            [(above, -canvas.bottom), (above + 0.08, -canvas.bottom), (shaft + 0.3, 0.4), (shaft, 0.4)],
            palette.glow, 0.14 if light != "night" else 0.06,
        )  # fmt: skip


def tree(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, depth: float, tone: str) -> None:
    if abs(x) < 0.16 * depth:
        x += np.sign(x or 1) * 0.2
    thick, lean = 0.012 + 0.045 * depth, rng.normal(0, 0.02)
    top = -canvas.bottom if depth > 0.6 else foot - (0.3 + 0.5 * depth)
    canvas.polygon(
        [(x - thick / 2, foot), (x + thick / 2, foot), (x + lean + thick / 4, top), (x + lean - thick / 4, top)], tone
    )
    for _ in range(int(6 + 5 * depth)):
        y = rng.uniform(top, top + (foot - top) * 0.55)
        size = (0.04 + 0.1 * depth) * rng.uniform(0.6, 1.3)
        canvas.ellipse(x + lean + rng.normal(0, size), y, size, size * 0.62, tone, 0.85)


def mountain(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.16
    sky(canvas, palette, rng, light, horizon)
    for share, height, base in ((0.25, 0.34, 0.1), (0.6, 0.24, 0.18), (1.0, 0.12, 0.26)):
        tone = mix(mix(palette.sky_low, palette.far, 0.5), palette.near, share)
        outline = ridge(canvas, rng, base, height, 1.1)
        canvas.polygon(outline, tone)
        lit = [(x + 0.012, y + 0.02) for x, y in outline[:160]]
        canvas.polygon([*outline[:160], *reversed(lit)], palette.rim, 0.22)
    canvas.gradient(mix(palette.near, palette.ground, 0.5), palette.ground, 0.27, canvas.bottom)
    grass(canvas, palette, rng, 0.28)


def grass(canvas: Canvas, palette: Palette, rng: np.random.Generator, top: float) -> None:
    for _ in range(160):
        row = rng.random() ** 0.6
        x, y = rng.uniform(-canvas.right, canvas.right), top + (canvas.bottom - top) * row
        lean, tall = rng.normal(0, 0.008), 0.01 + 0.03 * row
        canvas.stroke([(x, y), (x + lean, y - tall)], 0.0012 + 0.002 * row, mix(palette.ground, palette.rim, 0.25), 0.6)


def road(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon, vanish = 0.06, rng.uniform(-0.2, 0.2)
    sky(canvas, palette, rng, light, horizon)
    canvas.polygon(ridge(canvas, rng, horizon + 0.01, 0.07, 0.8), mix(palette.far, palette.sky_low, 0.3))
    canvas.gradient(mix(palette.far, palette.ground, 0.55), palette.ground, horizon, canvas.bottom)
    grass(canvas, palette, rng, horizon + 0.03)
    half = 0.75
    canvas.polygon(
        [(vanish, horizon), (half, canvas.bottom), (-half, canvas.bottom)], mix(palette.near, palette.ground, 0.25)
    )
    for side in (-1, 1):
        canvas.polygon(
            [(vanish, horizon), (side * half * 0.95, canvas.bottom), (side * half * 0.91, canvas.bottom)],
            palette.rim,
            0.5,
        )
    for step in np.linspace(0.08, 1, 9):
        first, last = (
            horizon + (canvas.bottom - horizon) * step**2,
            horizon + (canvas.bottom - horizon) * (step + 0.05) ** 2,
        )
        middle = vanish * (1 - step**2)
        canvas.polygon(
            [(middle - 0.012 * step, first), (middle + 0.012 * step, first), (middle + 0.015 * step, last),
             (middle - 0.015 * step, last)], palette.glow, 0.85,
        )  # fmt: skip
    for depth in (0.1, 0.2, 0.36, 0.62, 1.0):
        x, y = vanish + 0.9 * depth, horizon + 0.25 * depth
        canvas.stroke([(x, y), (x, y - 0.55 * depth)], 0.01 * depth, palette.figure)
        canvas.stroke(
            [(x - 0.06 * depth, y - 0.5 * depth), (x + 0.06 * depth, y - 0.5 * depth)], 0.006 * depth, palette.figure
        )


def room(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    floor, side = 0.24, int(rng.choice([-1, 1]))
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, floor)
    canvas.gradient(palette.near, palette.ground, floor, canvas.bottom)
    canvas.rectangle(-canvas.right, floor - 0.02, canvas.right, floor, mix(palette.near, palette.figure, 0.3))
    for x in np.linspace(-canvas.right, canvas.right, 13):
        canvas.stroke([(x * 0.6, floor), (x * 1.5, canvas.bottom)], 0.002, palette.figure, 0.25)
    x, outside = (
        side * 0.42 * min(1.2, canvas.aspect),
        {"night": palette.rim, "interior": palette.far}.get(light, palette.glow),
    )
    canvas.rectangle(x - 0.19, -0.34, x + 0.19, 0.1, mix(outside, "#ffffff", 0.15 if light == "interior" else 0.35))
    for bar in (-0.19, 0.0, 0.19):
        canvas.stroke([(x + bar, -0.34), (x + bar, 0.1)], 0.012, palette.figure)
    for bar in (-0.34, -0.12, 0.1):
        canvas.stroke([(x - 0.19, bar), (x + 0.19, bar)], 0.012, palette.figure)
    for curtain in (-1, 1):
        canvas.polygon(
            [
                (x + curtain * 0.2, -0.38),
                (x + curtain * 0.34, -0.38),
                (x + curtain * 0.31, 0.2),
                (x + curtain * 0.23, 0.2),
            ],
            mix(palette.far, palette.near, 0.5),
        )
    canvas.glow(x, -0.12, 0.4, outside, 0.4)
    canvas.beam([(x - 0.18, -0.3), (x + 0.18, -0.3), (x - side * 0.5, 0.5), (x - side * 1.0, 0.5)], outside, 0.13)
    _furniture(canvas, palette, rng, -side, floor, light)


def _furniture(canvas: Canvas, palette: Palette, rng: np.random.Generator, side: int, floor: float, light: str) -> None:
    x = side * 0.5 * min(1.2, canvas.aspect)
    canvas.rectangle(x - 0.16, floor - 0.08, x + 0.16, floor - 0.055, palette.figure)
    for leg in (-0.14, 0.14):
        canvas.stroke([(x + leg, floor - 0.06), (x + leg, floor + 0.05)], 0.01, palette.figure)
    lamp = x + rng.uniform(-0.07, 0.07)
    canvas.stroke([(lamp, floor - 0.08), (lamp, floor - 0.2)], 0.008, palette.figure)
    canvas.polygon(
        [
            (lamp - 0.03, floor - 0.27),
            (lamp + 0.03, floor - 0.27),
            (lamp + 0.06, floor - 0.18),
            (lamp - 0.06, floor - 0.18),
        ],
        mix(palette.glow, palette.near, 0.3) if light == "day" else palette.glow,
    )
    if light != "day":
        canvas.glow(lamp, floor - 0.21, 0.3, palette.glow, 0.75)
    left = x + side * 0.02 - 0.08
    canvas.rectangle(left, -0.3, left + 0.16, -0.1, palette.near)
    canvas.rectangle(left + 0.012, -0.288, left + 0.148, -0.112, mix(palette.sky_low, palette.far, 0.4))


def stage(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    canvas.gradient(palette.sky_top, mix(palette.sky_top, palette.sky_low, 0.75), -canvas.bottom, 0.22)
    canvas.gradient(mix(palette.ground, palette.sky_low, 0.4), palette.ground, 0.22, canvas.bottom)
    canvas.stroke([(-canvas.right, -0.46), (canvas.right, -0.46)], 0.03, palette.figure)
    colors = [palette.glow, palette.rim, mix(palette.sky_low, palette.glow, 0.4)]
    for number, x in enumerate(np.linspace(-0.85, 0.85, 7) * canvas.aspect / 1.6):
        lands, color = x * rng.uniform(-0.3, 0.5) + rng.normal(0, 0.12), colors[number % 3]
        canvas.ellipse(x, -0.43, 0.018, 0.018, mix(color, "#ffffff", 0.5))
        canvas.glow(x, -0.43, 0.09, color, 0.9)
        canvas.beam([(x - 0.012, -0.44), (x + 0.012, -0.44), (lands + 0.13, 0.3), (lands - 0.13, 0.3)], color, 0.26)
    canvas.glow(0, 0.27, 0.5, palette.glow, 0.45, stretch=0.22)
    for side in (-1, 1):
        x = side * 0.62 * canvas.aspect / 1.6
        for row in range(3):
            canvas.rectangle(x - 0.08, 0.22 - 0.13 * (row + 1), x + 0.08, 0.215 - 0.13 * row, palette.figure)
            canvas.ellipse(x, 0.155 - 0.13 * row, 0.042, 0.042, palette.near)


def car(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    road(canvas, palette, rng, light)
    for _ in range(16):
        x, y = rng.uniform(-0.8, 0.8) * canvas.aspect, rng.uniform(-0.16, 0.1)
        if light != "day":  # the lamps of other cars
            canvas.ellipse(x, y, 0.014, 0.014, palette.glow, 0.7)
            canvas.glow(x, y, 0.06, palette.glow, 0.4)
    canvas.polygon(
        [(-canvas.right, 0.27), (-0.35, 0.22), (0.35, 0.22), (canvas.right, 0.27), (canvas.right, canvas.bottom),
         (-canvas.right, canvas.bottom)], palette.figure,
    )  # fmt: skip
    canvas.stroke([(-canvas.right, 0.27), (-0.35, 0.22), (0.35, 0.22), (canvas.right, 0.27)], 0.006, palette.rim, 0.6)
    edge = canvas.aspect / 2
    for side in (-1, 1):
        canvas.polygon(
            [(side * edge * 0.92, -canvas.bottom), (side * canvas.right, -canvas.bottom), (side * canvas.right, 0.3),
             (side * edge * 1.02, 0.3)], palette.figure,
        )  # fmt: skip
    canvas.rectangle(-0.12, -0.47, 0.12, -0.39, palette.figure)
    canvas.rectangle(-0.11, -0.46, 0.11, -0.4, mix(palette.sky_low, palette.far, 0.3))


def space(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    canvas.gradient(
        mix(palette.sky_top, "#05060c", 0.6), mix(palette.sky_top, palette.sky_low, 0.35), -canvas.bottom, canvas.bottom
    )
    for _ in range(4):
        where = (rng.uniform(-0.8, 0.8) * canvas.aspect / 1.6, rng.uniform(-0.4, 0.3))
        canvas.glow(*where, rng.uniform(0.2, 0.45), str(rng.choice([palette.sky_low, palette.rim, palette.glow])), 0.22)
    for _ in range(260):
        star = (rng.uniform(-canvas.right, canvas.right), rng.uniform(-canvas.bottom, canvas.bottom))
        canvas.ellipse(*star, *(float(rng.gamma(1.5, 0.0009)),) * 2, palette.rim, rng.uniform(0.4, 1))
    x, y = rng.choice([-1, 1]) * 0.42, -0.12
    canvas.ellipse(x, y, 0.2, 0.2, palette.far)
    canvas.ellipse(x - 0.03, y - 0.03, 0.168, 0.168, mix(palette.far, palette.glow, 0.35), 0.6)
    canvas.ellipse(x, y, 0.34, 0.05, palette.rim, 0.35, angle=-14)
    canvas.polygon(ridge(canvas, rng, 0.34, 0.06, 0.9), palette.ground)


def nowhere(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, 0.22)
    canvas.gradient(mix(palette.sky_low, palette.ground, 0.6), palette.ground, 0.22, canvas.bottom)
    canvas.glow(rng.uniform(-0.3, 0.3), -0.1, 0.6, palette.glow, 0.45)
    for _ in range(22):
        size = rng.uniform(0.015, 0.07)
        x, y = rng.uniform(-canvas.right, canvas.right), rng.uniform(-0.45, 0.15)
        canvas.ellipse(
            x, y, size, size, str(rng.choice([palette.glow, palette.rim, palette.far])), rng.uniform(0.1, 0.3)
        )
    canvas.beam([(-0.15, -canvas.bottom), (0.1, -canvas.bottom), (0.45, 0.45), (-0.2, 0.45)], palette.glow, 0.16)
