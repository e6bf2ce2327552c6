"""Backgrounds under the sky, beside those of places.py."""

import numpy as np

from engines.draft.canvas import Canvas, mix
from engines.draft.look import Palette
from engines.draft.places import grass, ridge, sky, street


def _waves(canvas: Canvas, palette: Palette, rng: np.random.Generator, horizon: float, rough: float) -> None:
    """Draw open water with rows of waves, larger towards us."""
    deep = mix("#1f4a63", palette.near, 0.45)
    canvas.gradient(mix(palette.sky_low, deep, 0.55), mix(deep, "#000000", 0.2), horizon, canvas.bottom)
    for row in np.linspace(0.04, 1, 13):
        y = horizon + (canvas.bottom - horizon) * row**1.7
        high = (0.004 + 0.05 * rough * row) * rng.uniform(0.7, 1.2)
        across = np.linspace(-canvas.right, canvas.right, 90)
        length, start = rng.uniform(5, 8) / (0.25 + row), rng.uniform(0, 6.3)
        tops = y - high * np.abs(np.sin(across * length / 2 + start)) ** 0.7
        points = list(zip(across.tolist(), tops.tolist(), strict=True))
        tone = mix(mix(palette.sky_low, deep, 0.6 + 0.3 * row), "#000000", 0.1 * row)
        canvas.polygon(
            [*points, (canvas.right, y + 0.12 * row + 0.01), (-canvas.right, y + 0.12 * row + 0.01)], tone, 0.9
        )
        canvas.stroke(points, 0.001 + 0.004 * row * (0.5 + rough), mix(palette.rim, "#ffffff", 0.4), 0.3 + 0.25 * rough)


def sea(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.04)
    _waves(canvas, palette, rng, 0.04, 0.9)


def lighthouse(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str, color: str = "") -> None:
    """Paint a lighthouse on its rock, in stripes of red and white or in one `color`."""
    horizon, x = 0.08, float(rng.choice([-1, 1])) * 0.3 * canvas.aspect / 1.78
    sky(canvas, palette, rng, light, horizon)
    _waves(canvas, palette, rng, horizon, 0.8)
    rock = mix(palette.near, "#3a3230", 0.5)
    canvas.polygon(
        [
            (x - 0.42, 0.2),
            (x - 0.2, 0.1),
            (x + 0.18, 0.1),
            (x + 0.36, 0.19),
            (canvas.right, 0.3),
            (canvas.right, canvas.bottom),
            (-canvas.right, canvas.bottom),
            (-canvas.right, 0.34),
        ],
        rock,
    )
    canvas.polygon([(x - 0.2, 0.1), (x + 0.18, 0.1), (x + 0.1, 0.14), (x - 0.14, 0.15)], mix(rock, palette.rim, 0.35))
    _tower(canvas, palette, x, 0.12, light, color)


def _tower(canvas: Canvas, palette: Palette, x: float, foot: float, light: str, color: str) -> None:
    top, low, high = -0.3, 0.062, 0.04
    white, red = mix("#efe9dc", palette.figure, 0.2), mix("#b5342c", palette.figure, 0.15)
    if color:
        white = mix(color, palette.figure, 0.1)
        red = mix(white, "#000000", 0.05)
    roof = mix(red, "#2a2a30", 0.7) if color else red
    for band in range(6):
        first, last = foot + (top - foot) * band / 6, foot + (top - foot) * (band + 1) / 6
        wide, narrow = low + (high - low) * band / 6, low + (high - low) * (band + 1) / 6
        canvas.polygon(
            [(x - wide, first), (x + wide, first), (x + narrow, last), (x - narrow, last)], (white, red)[band % 2]
        )
    canvas.polygon([(x + 0.01, foot), (x + low, foot), (x + high, top), (x + 0.01, top)], palette.figure, 0.25)
    canvas.rectangle(x - 0.055, top - 0.012, x + 0.055, top, palette.figure)
    unlit = light == "day"
    pane = mix("#8fa6b2", palette.sky_low, 0.3) if unlit else mix(palette.glow, "#ffffff", 0.6)
    canvas.rectangle(x - 0.03, top - 0.075, x + 0.03, top - 0.012, pane)
    canvas.polygon([(x - 0.042, top - 0.075), (x + 0.042, top - 0.075), (x, top - 0.125)], roof)
    if unlit:
        canvas.stroke([(x, top - 0.075), (x, top - 0.012)], 0.006, palette.figure)
        return
    canvas.glow(x, top - 0.045, 0.2, palette.glow, 1.0)
    for side, rise in ((-1, -0.12), (1, 0.06)):
        canvas.beam(
            [
                (x, top - 0.055),
                (x, top - 0.03),
                (x + side * 1.4, top + rise + 0.14),
                (x + side * 1.4, top + rise - 0.12),
            ],
            mix(palette.glow, "#ffffff", 0.3),
            0.5,
        )


def beach(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.02)
    _waves(canvas, palette, rng, 0.02, 0.25)
    sand = mix("#d9bd8a", palette.ground, 0.35 if light == "day" else 0.6)
    across = np.linspace(-canvas.right, canvas.right, 60)
    edge = 0.19 + 0.02 * np.sin(across * 3 + rng.uniform(0, 6))
    line = list(zip(across.tolist(), edge.tolist(), strict=True))
    canvas.polygon([*line, (canvas.right, canvas.bottom), (-canvas.right, canvas.bottom)], sand)
    canvas.stroke(line, 0.012, mix("#ffffff", palette.sky_low, 0.2), 0.7)
    for _ in range(60):
        y = rng.uniform(0.24, canvas.bottom)
        x = rng.uniform(-canvas.right, canvas.right)
        canvas.stroke([(x, y), (x + rng.uniform(0.02, 0.07), y)], 0.002, mix(sand, "#000000", 0.25), 0.4)


def deck(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.04)
    _waves(canvas, palette, rng, 0.04, 0.8)
    wood = mix("#7a5636", palette.ground, 0.4)
    canvas.rectangle(-canvas.right, 0.2, canvas.right, canvas.bottom, wood)
    for x in np.linspace(-1.6, 1.6, 21):
        canvas.stroke([(x * 0.6, 0.2), (x * 1.3, canvas.bottom)], 0.003, mix(wood, "#000000", 0.5), 0.6)
    for y in (0.06, 0.2):
        canvas.stroke([(-canvas.right, y), (canvas.right, y)], 0.016, mix(wood, palette.figure, 0.4))
    for x in np.linspace(-canvas.right, canvas.right, 14):
        canvas.stroke([(x, 0.06), (x, 0.2)], 0.012, mix(wood, palette.figure, 0.4))
    canvas.stroke([(0.5, 0.2), (0.5, -canvas.bottom)], 0.03, mix(wood, palette.figure, 0.3))
    canvas.polygon([(0.5, -0.5), (0.5, -0.02), (0.06, -0.06), (0.14, -0.4)], mix("#e3dac4", palette.figure, 0.15))


def snowfield(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.1
    sky(canvas, palette, rng, light, horizon)
    canvas.polygon(ridge(canvas, rng, horizon + 0.01, 0.16, 1.0), mix("#dfe8ef", palette.far, 0.5))
    snow = mix("#eef3f6", palette.sky_low, 0.25)
    canvas.gradient(mix(snow, palette.far, 0.25), snow, horizon, canvas.bottom)
    canvas.ellipse(0.1, 0.3, 0.9, 0.14, mix("#a9c9d8", palette.far, 0.2))
    for _ in range(9):
        x, y = rng.uniform(-0.6, 0.7), rng.uniform(0.2, 0.4)
        canvas.stroke([(x, y), (x + rng.uniform(-0.12, 0.12), y + 0.03)], 0.002, "#ffffff", 0.7)


def plain(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.1
    sky(canvas, palette, rng, light, horizon)
    canvas.polygon(ridge(canvas, rng, horizon + 0.02, 0.09, 0.5), mix("#5f7f55", palette.far, 0.6))
    green = mix("#5d8a4a", palette.ground, 0.35 if light == "day" else 0.65)
    canvas.gradient(mix(green, palette.far, 0.35), green, horizon, canvas.bottom)
    canvas.polygon(
        [(-0.02, horizon), (0.03, horizon), (0.3, canvas.bottom), (-0.25, canvas.bottom)],
        mix("#b59a6a", green, 0.45),
        0.7,
    )
    grass(canvas, palette, rng, horizon + 0.05)


def desert(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    horizon = 0.08
    sky(canvas, palette, rng, light, horizon)
    sand = mix("#d19a55", palette.ground, 0.25 if light == "day" else 0.5)
    canvas.gradient(mix(palette.sky_low, sand, 0.4), sand, horizon, canvas.bottom)
    canvas.polygon(
        [(-0.75, horizon + 0.02), (-0.68, -0.1), (-0.48, -0.1), (-0.42, horizon + 0.02)],
        mix("#a8603a", palette.far, 0.5),
    )
    for share, base, height in ((0.35, horizon + 0.03, 0.05), (0.7, 0.2, 0.07), (1.0, 0.34, 0.08)):
        dune = ridge(canvas, rng, base, height, -0.4)
        canvas.polygon(dune, mix(palette.sky_low, sand, 0.4 + 0.6 * share))
        canvas.stroke(dune[:160], 0.003, mix(sand, "#ffffff", 0.4), 0.5)


def underwater(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    canvas.gradient(
        mix("#3fa3b5", palette.sky_low, 0.25), mix("#0e2f4a", palette.near, 0.25), -canvas.bottom, canvas.bottom
    )
    for x in rng.uniform(-0.8, 0.8, 5):
        canvas.beam([(x, -canvas.bottom), (x + 0.09, -canvas.bottom), (x + 0.45, 0.5), (x + 0.1, 0.5)], "#bfeef0", 0.22)
    canvas.polygon(ridge(canvas, rng, 0.4, 0.08, 0.4), mix("#123a50", palette.near, 0.3))
    canvas.polygon(ridge(canvas, rng, 0.48, 0.05, 0.6), mix("#b59a6a", "#123a50", 0.6))
    for _ in range(9):
        x, foot = rng.uniform(-canvas.right, canvas.right), 0.5
        sway = [(x + 0.02 * np.sin(step * 1.4), foot - 0.035 * step) for step in range(int(rng.integers(4, 9)))]
        canvas.stroke(sway, 0.012, mix("#2f7a5a", "#0e2f4a", 0.3))
    for _ in range(40):
        x, y, size = rng.uniform(-canvas.right, canvas.right), rng.uniform(-0.5, 0.4), rng.uniform(0.003, 0.011)
        canvas.ellipse(x, y, size, size, "#d8f4f6", rng.uniform(0.2, 0.5))


def market(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    street(canvas, palette, rng, light)
    colors = ("#b5403a", "#d9a03a", "#3f7f8a", "#6a8a4a", "#8a4f7a")
    for side in (-1, 1):
        for number, (depth, x) in enumerate(((0.45, 0.4), (0.7, 0.62), (1.0, 0.95))):
            _stall(
                canvas, palette, side * x, 0.08 + 0.26 * depth, 0.3 * depth, colors[(number + (side > 0) * 2) % 5], rng
            )


def _stall(
    canvas: Canvas, palette: Palette, x: float, foot: float, size: float, color: str, rng: np.random.Generator
) -> None:
    tone = mix(color, palette.figure, 0.2)
    for pole in (-0.9, 0.9):
        canvas.stroke([(x + pole * size, foot), (x + pole * size, foot - size * 1.5)], 0.03 * size, palette.figure)
    canvas.rectangle(x - size * 0.9, foot - size * 0.6, x + size * 0.9, foot, mix("#7a5636", palette.figure, 0.3))
    for stripe in range(8):
        left = x - size + stripe * size / 4
        canvas.polygon(
            [
                (left, foot - size * 1.35),
                (left + size / 4, foot - size * 1.35),
                (left + size * 0.21, foot - size * 1.75),
                (left + size * 0.04, foot - size * 1.75),
            ],
            (tone, mix("#efe6d6", palette.figure, 0.15))[stripe % 2],
        )
    for _ in range(16):
        spot = str(rng.choice(["#c8452f", "#e0a03a", "#7a9a3f", "#d9702f", "#8a3f5a"]))
        canvas.ellipse(
            x + rng.uniform(-0.8, 0.8) * size, foot - size * rng.uniform(0.6, 0.78), size * 0.1, size * 0.09, spot
        )
    canvas.glow(x, foot - size, size, palette.glow, 0.25)


def festival(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.16)
    canvas.rectangle(-0.5, -0.22, 0.5, 0.16, mix(palette.near, "#000000", 0.4))
    canvas.polygon([(-0.56, -0.22), (0.56, -0.22), (0.4, -0.34), (-0.4, -0.34)], palette.figure)
    canvas.rectangle(-0.3, -0.16, 0.3, 0.04, mix(palette.glow, palette.rim, 0.4))
    colors = ("#e0457a", "#4fa3e0", "#f0c04a", "#7ad07a")
    for number, x in enumerate(np.linspace(-0.45, 0.45, 8)):
        canvas.beam(
            [(x, -0.22), (x + 0.02, -0.22), (x * 2.2 + 0.2, 0.4), (x * 2.2 - 0.1, 0.4)], colors[number % 4], 0.3
        )
        canvas.glow(x, -0.22, 0.08, colors[number % 4], 0.9)
    canvas.gradient(palette.ground, mix(palette.ground, "#000000", 0.5), 0.16, canvas.bottom)


def stadium(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, -0.1)
    canvas.gradient(palette.near, mix(palette.near, "#000000", 0.3), -0.1, 0.16)
    for row in range(7):
        for x in np.arange(-canvas.right, canvas.right, 0.035):
            tone = str(rng.choice(["#c8b49a", "#8a5a4a", "#4a5f8a", "#b5403a", "#d8d2c6"]))
            canvas.ellipse(x + rng.normal(0, 0.006), -0.07 + row * 0.032, 0.011, 0.013, mix(tone, palette.near, 0.35))
    field = mix("#4f8a45", palette.ground, 0.35)
    canvas.gradient(mix(field, palette.far, 0.2), field, 0.16, canvas.bottom)
    for x in (-0.7, 0.0, 0.7):
        canvas.stroke([(x * 0.8, 0.16), (x * 1.6, canvas.bottom)], 0.006, "#f0f0ea", 0.7)
    for side in (-1, 1):
        canvas.stroke([(side * 0.72, 0.1), (side * 0.72, -0.36)], 0.014, palette.figure)
        canvas.rectangle(side * 0.72 - 0.09, -0.44, side * 0.72 + 0.09, -0.34, mix(palette.glow, "#ffffff", 0.6))
        if light != "day":
            canvas.glow(side * 0.72, -0.39, 0.4, palette.glow, 0.8)


def pool(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.02)
    tiles = mix("#dccdb5", palette.ground, 0.3)
    canvas.rectangle(-canvas.right, 0.015, canvas.right, canvas.bottom, tiles)
    hedge = mix("#4f7a4a", palette.far, 0.35)
    canvas.polygon([*ridge(canvas, rng, 0.05, 0.06, 0.9)[:160], (canvas.right, 0.05), (-canvas.right, 0.05)], hedge)
    blue = mix("#3fb5c9", palette.sky_low, 0.2)
    canvas.polygon([(-0.62, 0.1), (0.66, 0.1), (0.95, 0.33), (-0.98, 0.33)], "#f2efe8")
    canvas.polygon([(-0.6, 0.11), (0.64, 0.11), (0.91, 0.32), (-0.94, 0.32)], blue)
    for _ in range(40):
        x, y = rng.uniform(-0.7, 0.65), rng.uniform(0.13, 0.31)
        canvas.stroke([(x, y), (x + 0.03, y - 0.006), (x + 0.07, y)], 0.003, "#e6fbff", 0.55)
    canvas.stroke([(-0.5, 0.06), (-0.5, 0.16)], 0.008, "#cfd6da")
    canvas.stroke([(-0.46, 0.06), (-0.46, 0.16)], 0.008, "#cfd6da")


def clouds(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    sky(canvas, palette, rng, light, 0.4)
    for depth in (0.3, 0.6, 1.0):
        tone = mix(palette.sky_low, "#ffffff", 0.35 + 0.35 * depth)
        for x in np.arange(-canvas.right, canvas.right + 0.1, 0.16):
            size = rng.uniform(0.08, 0.17) * (0.6 + depth)
            canvas.ellipse(x + rng.normal(0, 0.04), 0.14 + 0.28 * depth, size, size * 0.6, tone, 0.92)
        canvas.rectangle(-canvas.right, 0.16 + 0.28 * depth, canvas.right, canvas.bottom, tone)


def bamboo(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    """Paint straight jointed stalks, row behind row."""
    horizon = 0.14
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, horizon)
    canvas.glow(rng.uniform(-0.3, 0.3), -0.1, 0.6, palette.glow, 0.45)
    canvas.gradient(mix(palette.ground, palette.sky_low, 0.35), palette.ground, horizon, canvas.bottom)
    green = mix("#5f9a4a", palette.near, 0.35)
    for depth, count in ((0.2, 34), (0.5, 20), (0.85, 9)):
        tone = mix(mix(palette.sky_low, palette.far, 0.4), green, 0.25 + 0.75 * depth)
        for spot in rng.uniform(-canvas.right, canvas.right, count):
            thick, foot = 0.008 + 0.026 * depth, horizon + 0.22 * depth**1.5
            x = spot + 0.4 * np.sign(spot) if depth > 0.8 and abs(spot) < 0.3 else spot
            canvas.rectangle(x - thick / 2, -canvas.bottom, x + thick / 2, foot, tone)
            for y in np.arange(-canvas.bottom, foot, 0.07 + 0.06 * depth):
                canvas.stroke([(x - thick * 0.6, y), (x + thick * 0.6, y)], 0.005, mix(tone, "#000000", 0.35))
            for _ in range(4):
                y, out = rng.uniform(-0.5, foot - 0.2), rng.choice((-1, 1)) * (0.05 + 0.06 * depth)
                canvas.polygon(
                    [(x, y), (x + out * 0.6, y + 0.01), (x + out, y + 0.05), (x + out * 0.5, y + 0.035)], tone
                )


def summit(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    """Paint a peak that somebody stands on, above other peaks and the clouds."""
    sky(canvas, palette, rng, light, 0.3)
    canvas.gradient(palette.sky_low, mix(palette.sky_low, palette.far, 0.4), 0.3, canvas.bottom)
    for x, y, wide in ((-0.75, 0.02, 0.5), (0.8, -0.02, 0.55), (-0.3, 0.14, 0.4), (0.45, 0.12, 0.42)):
        _peak(canvas, x, y, wide, mix(palette.far, palette.sky_low, 0.5), palette.sky_low)
    for x in np.arange(-canvas.right, canvas.right, 0.22):
        canvas.ellipse(float(x), 0.44 + 0.02 * np.sin(9 * x), 0.2, 0.06, mix(palette.sky_low, "#ffffff", 0.4), 0.7)
    rock = mix("#5a5f6a", palette.near, 0.4)
    canvas.polygon([(-1.05, canvas.bottom), (-0.5, 0.39), (0.5, 0.39), (1.05, canvas.bottom)], rock)
    snow = mix("#f2f5f8", palette.sky_low, 0.2)
    canvas.polygon([(-0.66, 0.47), (-0.5, 0.375), (0.5, 0.375), (0.66, 0.47), (0.34, 0.43), (0.1, 0.48), (-0.26, 0.43)],
                   snow)  # fmt: skip


def _peak(canvas: Canvas, x: float, top: float, wide: float, tone: str, low_tone: str) -> None:
    canvas.polygon([(x, top), (x + wide, canvas.bottom), (x - wide, canvas.bottom)], tone)
    cap = mix("#ffffff", low_tone, 0.3)
    canvas.polygon([(x, top), (x + wide * 0.25, top + 0.12), (x + 0.04, top + 0.09), (x - 0.05, top + 0.13),
                    (x - wide * 0.22, top + 0.11)], cap)  # fmt: skip


def alley(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    """Paint a narrow way between high walls of brick, with a lamp at its end."""
    canvas.gradient(palette.sky_top, palette.sky_low, -canvas.bottom, 0.14)
    canvas.gradient(mix(palette.ground, palette.sky_low, 0.2), palette.ground, 0.14, canvas.bottom)
    brick = mix("#7a4f42", palette.near, 0.45)
    for side in (-1, 1):
        near, far = side * canvas.right, side * 0.13
        tone = mix(brick, "#000000", 0.15 if side > 0 else 0.0)
        canvas.polygon([(near, -canvas.bottom), (far, -0.34), (far, 0.15), (near, canvas.bottom)], tone)
        for row in range(16):
            share = row / 16
            canvas.stroke(
                [(near, -canvas.bottom + 2 * canvas.bottom * share), (far, -0.34 + 0.49 * share)], 0.004,
                mix(tone, "#000000", 0.3), 0.7,
            )  # fmt: skip
        for depth in (0.3, 0.55, 0.78):
            x = near + (far - near) * depth
            top, low, wide = -0.3 + 0.1 * depth, -0.08 + 0.02 * depth, 0.1 * (1 - depth * 0.7)
            lit = (rng.random() < 0.4 and light != "day") or light == "night"
            pane = mix("#ffd890", palette.glow, 0.3) if lit else mix("#2a2f3a", palette.near, 0.3)
            canvas.polygon([(x, top), (x + wide * -side, top + 0.02), (x + wide * -side, low), (x, low + 0.015)], pane)
    canvas.stroke([(0.1, -0.12), (0.1, 0.16)], 0.008, "#1a1a20")
    canvas.ellipse(0.1, -0.13, 0.016, 0.02, "#ffe0a0")
    if light != "day":
        canvas.glow(0.1, -0.12, 0.35, "#ffd890", 0.6)


def river(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    """Paint a river that winds between its banks from the hills to the foreground."""
    horizon = -0.02
    sky(canvas, palette, rng, light, horizon)
    canvas.polygon(ridge(canvas, rng, horizon + 0.01, 0.1, 0.5), mix(palette.far, palette.sky_low, 0.3))
    meadow = mix("#5c7a48", palette.ground, 0.25 if light == "day" else 0.72)
    canvas.gradient(mix(meadow, palette.sky_low, 0.35), meadow, horizon, canvas.bottom)
    shares = np.linspace(0, 1, 60)
    rows = horizon + (canvas.bottom - horizon) * shares**1.7
    turn = rng.choice([-1, 1])
    middles = turn * (0.1 + 0.34 * np.sin(7.2 * (1 - shares) ** 1.3) * (0.25 + shares))
    halves = 0.008 + 0.42 * shares**1.35
    banks = [np.stack([middles + side * (halves + 0.03), rows], axis=1) for side in (-1, 1)]
    edges = [np.stack([middles + side * halves, rows], axis=1) for side in (-1, 1)]
    canvas.polygon(np.vstack([banks[0], banks[1][::-1]]), mix(meadow, "#3a2f20", 0.45))
    water = mix(palette.sky_low, "#4f7f9a", 0.55 if light == "day" else 0.45)
    canvas.polygon(np.vstack([edges[0], edges[1][::-1]]), water)
    for number in range(6, 60, 3):
        for _ in range(2):
            x, long = middles[number] + halves[number] * rng.uniform(-0.8, 0.5), halves[number] * rng.uniform(0.15, 0.4)
            thick = 0.0012 + 0.004 * shares[number]
            canvas.stroke([(x, rows[number]), (x + long, rows[number])], thick, palette.sky_low, 0.6)
    for _ in range(26):
        number, side = int(rng.integers(8, 56)), int(rng.choice([-1, 1]))
        share = float(shares[number])
        x, y = float(middles[number] + side * (halves[number] + 0.05 + 0.05 * share)), float(rows[number])
        for lean in (-0.4, 0.0, 0.4):
            canvas.stroke([(x, y), (x + lean * 0.05 * share, y - 0.09 * share)], 0.003 + 0.004 * share,
                          mix(meadow, "#2f4a26", 0.5))  # fmt: skip
