"""Backgrounds under a roof, beside those of places.py."""

import numpy as np

from engines.draft.canvas import Canvas, mix
from engines.draft.look import Palette
from engines.draft.places import ridge, space, stage


def _box(canvas: Canvas, palette: Palette, floor: float, wall: str, ground: str) -> None:
    """Fill a wall and a floor with boards."""
    canvas.gradient(mix(wall, "#000000", 0.25), wall, -canvas.bottom, floor)
    canvas.gradient(mix(ground, wall, 0.3), ground, floor, canvas.bottom)
    for x in np.linspace(-canvas.right, canvas.right, 13):
        canvas.stroke([(x * 0.6, floor), (x * 1.5, canvas.bottom)], 0.002, palette.figure, 0.25)
    canvas.rectangle(-canvas.right, floor - 0.015, canvas.right, floor, mix(wall, palette.figure, 0.4))


def hall(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str, windows: str = "tall") -> None:
    """A large hall with columns; `windows` are tall (a church's, colored), wide (an airport's) or none."""
    floor = 0.2
    stone = mix("#a89a88", palette.far, 0.45)
    _box(canvas, palette, floor, mix(stone, palette.sky_low, 0.25), mix(stone, palette.ground, 0.5))
    outside = {"night": "#3a5f8a", "dusk": "#e0905f"}.get(light, "#e8e2c8")
    if windows == "wide":
        canvas.rectangle(-0.85, -0.36, 0.85, 0.08, mix(outside, "#9fc4dc", 0.4))
        for x in np.linspace(-0.85, 0.85, 7):
            canvas.stroke([(x, -0.36), (x, 0.08)], 0.01, palette.figure)
    if windows == "tall":
        glass = ("#b5403a", "#3f6fa8", "#d9a03a", "#4f8a5a")
        for number, x in enumerate((-0.56, -0.28, 0.0, 0.28, 0.56)):
            top = -0.34 if x else -0.42
            canvas.polygon(
                [(x - 0.06, 0.06), (x - 0.06, top + 0.06), (x, top), (x + 0.06, top + 0.06), (x + 0.06, 0.06)], outside
            )
            for row in range(5):
                tone = mix(glass[(number + row) % 4], outside, 0.35)
                canvas.rectangle(x - 0.052, top + 0.07 + row * 0.075, x + 0.052, top + 0.13 + row * 0.075, tone)
            canvas.beam([(x - 0.05, top), (x + 0.05, top), (x + 0.35, 0.45), (x + 0.1, 0.45)], outside, 0.12)
    for x in (-0.86, -0.42, 0.42, 0.86):
        column = mix(stone, palette.rim, 0.2)
        canvas.rectangle(x - 0.04, -canvas.bottom, x + 0.04, floor + 0.02, column)
        canvas.rectangle(x + 0.012, -canvas.bottom, x + 0.04, floor + 0.02, palette.figure, 0.25)
        canvas.rectangle(x - 0.055, floor - 0.01, x + 0.055, floor + 0.025, column)
    canvas.polygon(
        [(-0.1, floor), (0.1, floor), (0.42, canvas.bottom), (-0.42, canvas.bottom)],
        mix("#8a2f34", palette.figure, 0.25),
    )
    canvas.glow(0, -0.2, 0.5, palette.glow, 0.3)


def museum(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    hall(canvas, palette, rng, light, "none")
    for x in (-0.52, 0.0, 0.54):
        canvas.beam([(x - 0.02, -0.5), (x + 0.02, -0.5), (x + 0.17, 0.02), (x - 0.17, 0.02)], palette.glow, 0.25)


def airport(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    hall(canvas, palette, rng, light, "wide")


def library(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.22, mix("#4f3a2a", palette.far, 0.3), mix("#5a4030", palette.ground, 0.4))
    for left, right in ((-0.9, -0.5), (-0.46, -0.06), (0.1, 0.5), (0.54, 0.94)):
        canvas.rectangle(left, -0.46, right, 0.22, mix("#3a281c", palette.figure, 0.2))
        for shelf in np.arange(-0.42, 0.2, 0.1):
            x = left + 0.015
            while x < right - 0.03:
                wide = rng.uniform(0.012, 0.028)
                tone = str(rng.choice(["#8a3a34", "#3f5a7a", "#5f7a4a", "#b58a4a", "#6a4a6a", "#c9b89a"]))
                canvas.rectangle(
                    x, shelf + rng.uniform(0, 0.02), x + wide, shelf + 0.085, mix(tone, palette.figure, 0.25)
                )
                x += wide + 0.003
    canvas.glow(0.0, -0.1, 0.5, palette.glow, 0.4)


def classroom(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.22, mix("#c9c0a5", palette.far, 0.35), mix("#8a6a4a", palette.ground, 0.4))
    canvas.rectangle(-0.5, -0.34, 0.45, 0.02, mix("#7a5636", palette.figure, 0.2))
    canvas.rectangle(-0.48, -0.32, 0.43, 0.0, mix("#2f5a45", palette.figure, 0.15))
    for row in range(4):
        line = [
            (-0.42 + step * 0.04, -0.27 + row * 0.07 + 0.01 * np.sin(step * 2 + row)) for step in range(9 + row * 2)
        ]
        canvas.stroke(line, 0.005, "#e8efe6", 0.6)
    for x, y, size in ((-0.62, 0.3, 0.2), (0.6, 0.3, 0.2), (-0.3, 0.24, 0.12), (0.34, 0.24, 0.12)):
        canvas.rectangle(x - size, y, x + size, y + 0.025, mix("#b58a55", palette.figure, 0.15))
        for leg in (-0.9, 0.9):
            canvas.stroke([(x + leg * size, y), (x + leg * size, y + size * 0.8)], 0.01, palette.figure)


def factory(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    steel = mix("#6a6a6a", palette.far, 0.4)
    _box(canvas, palette, 0.2, mix(steel, palette.sky_low, 0.3), mix("#5a554f", palette.ground, 0.4))
    for x in (-0.55, 0.05, 0.62):
        canvas.rectangle(x - 0.2, -0.4, x + 0.14, -0.16, mix(palette.sky_low, "#cfe0e6", 0.4))
        for bar in np.linspace(x - 0.2, x + 0.14, 6):
            canvas.stroke([(bar, -0.4), (bar, -0.16)], 0.006, palette.figure)
        canvas.beam([(x - 0.18, -0.38), (x + 0.12, -0.38), (x + 0.4, 0.4), (x - 0.02, 0.4)], palette.sky_low, 0.16)
    for y in (-0.47, -0.1):
        canvas.stroke([(-canvas.right, y), (canvas.right, y)], 0.03, mix(steel, palette.figure, 0.5))
    for x in (-0.75, 0.4, 0.8):
        canvas.rectangle(x - 0.13, -0.02, x + 0.13, 0.24, mix(steel, palette.figure, 0.35))
        _gear(canvas, x, 0.1, 0.1, mix("#a8683a", palette.figure, 0.2), steel)
    canvas.stroke([(0.1, -0.47), (0.1, -0.2)], 0.008, palette.figure)
    canvas.stroke([(0.1, -0.2), (0.14, -0.16), (0.1, -0.12), (0.06, -0.15)], 0.012, palette.figure)


def _gear(canvas: Canvas, x: float, y: float, size: float, tone: str, hole: str) -> None:
    points = []
    for tooth in range(24):
        radius = size if tooth % 4 < 2 else size * 0.78
        points.append((x + radius * np.cos(tooth * np.pi / 12), y + radius * np.sin(tooth * np.pi / 12)))
    canvas.polygon(points, tone)
    canvas.ellipse(x, y, size * 0.3, size * 0.3, hole)


def gym(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.2, mix("#7a5a4a", palette.far, 0.45), mix("#6a5f55", palette.ground, 0.4))
    for row in range(8):
        for x in np.arange(-canvas.right + (row % 2) * 0.05, canvas.right, 0.1):
            canvas.rectangle(x, -0.48 + row * 0.05, x + 0.094, -0.436 + row * 0.05, "#000000", 0.05)
    for x in (-0.62, 0.66):
        canvas.stroke([(x, -canvas.bottom), (x, -0.22)], 0.008, "#2a2a2c")
        canvas.rectangle(x - 0.05, -0.22, x + 0.05, 0.08, mix("#8a2f2a", palette.figure, 0.2))
        canvas.ellipse(x, 0.08, 0.05, 0.02, mix("#6a241f", palette.figure, 0.2))
        canvas.ellipse(x, -0.22, 0.05, 0.02, mix("#a83a32", palette.figure, 0.2))
    for y, tone in ((0.02, "#b5342c"), (0.09, "#e6e2d8"), (0.16, "#2f5f9e")):
        canvas.stroke([(-0.5, y), (0.52, y)], 0.01, mix(tone, palette.figure, 0.2))
    for x in (-0.5, 0.52):
        canvas.rectangle(x - 0.02, -0.02, x + 0.02, 0.22, palette.figure)
    canvas.rectangle(-0.5, 0.2, 0.52, 0.25, mix("#3f5f8a", palette.figure, 0.3))
    canvas.ellipse(0, -0.42, 0.06, 0.02, palette.glow)
    canvas.beam([(-0.05, -0.42), (0.05, -0.42), (0.4, 0.4), (-0.4, 0.4)], palette.glow, 0.3)


def kitchen(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.24, mix("#c9b594", palette.far, 0.4), mix("#8a6f55", palette.ground, 0.4))
    for row in range(5):
        for x in np.arange(-canvas.right, canvas.right, 0.07):
            canvas.rectangle(x, -0.14 + row * 0.045, x + 0.066, -0.099 + row * 0.045, "#ffffff", 0.12)
    wood = mix("#8a5f3f", palette.figure, 0.2)
    canvas.rectangle(-canvas.right, 0.06, canvas.right, 0.24, wood)
    canvas.rectangle(-canvas.right, 0.045, canvas.right, 0.07, mix("#d8d2c6", palette.figure, 0.2))
    for x in np.arange(-0.9, 1.0, 0.2):
        canvas.rectangle(x, 0.09, x + 0.18, 0.225, mix(wood, "#000000", 0.15))
        canvas.rectangle(x, -0.44, x + 0.18, -0.2, mix(wood, palette.rim, 0.1))
        canvas.ellipse(x + 0.16, 0.15, 0.006, 0.006, palette.rim)
    canvas.rectangle(0.3, -0.02, 0.56, 0.24, mix("#c5cbd0", palette.figure, 0.25))
    canvas.rectangle(0.33, 0.09, 0.53, 0.2, mix("#2a2a2e", palette.glow, 0.12))
    for x, tone in ((0.36, "#a83a32"), (0.49, "#4a4a50")):
        canvas.rectangle(x - 0.05, -0.075, x + 0.05, -0.02, mix(tone, palette.figure, 0.2))
    canvas.rectangle(-0.86, -0.34, -0.66, 0.24, mix("#dfe4e6", palette.figure, 0.2))
    canvas.glow(0.0, -0.35, 0.45, palette.glow, 0.6)


def restaurant(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str, chairs: str = "#6f4a30") -> None:
    """A restaurant or café with laid tables and `chairs` of one color; by day its lamps and candles are out."""
    day = light == "day"
    wall = mix("#c08a62", palette.far, 0.2 if day else 0.5)
    _box(canvas, palette, 0.2, wall, mix("#8a6a50" if day else "#6a5040", palette.ground, 0.3))
    for column in range(20):
        for row in range(8):
            if (column + row) % 2:
                x, y = -1.1 + column * 0.11, 0.2 + row * 0.04
                canvas.rectangle(x, y, x + 0.11, y + 0.04, "#f0e8dc", 0.16)
    canvas.rectangle(-0.72, -0.36, 0.07, 0.02, mix("#5a3a28", palette.figure, 0.2))
    outside = {"night": "#22385a", "interior": "#3a4f6a", "dusk": "#e0a070"}.get(light, "#d6e6ea")
    canvas.rectangle(-0.7, -0.34, 0.05, 0.0, outside)
    if day:
        canvas.polygon([(-0.7, 0.0), (-0.7, -0.12), (-0.5, -0.16), (-0.4, -0.08), (-0.16, -0.14), (0.05, -0.06),
                        (0.05, 0.0)], mix(palette.far, outside, 0.45))  # fmt: skip
        canvas.beam([(-0.68, -0.32), (0.03, -0.32), (0.5, 0.45), (-0.3, 0.45)], "#fff6e0", 0.16)
    canvas.stroke([(-0.32, -0.34), (-0.32, 0.0)], 0.012, palette.figure)
    for x, y, size in ((-0.55, 0.2, 0.14), (0.5, 0.2, 0.14), (0.85, 0.3, 0.2), (-0.9, 0.3, 0.18)):
        for side in (-1, 1):
            _chair(canvas, x + side * size * 1.18, y + size * 0.8, size, side, mix(chairs, palette.figure, 0.12))
        canvas.ellipse(x, y, size, size * 0.22, mix("#efe6d8", palette.figure, 0.1))
        canvas.polygon(
            [(x - size, y), (x + size, y), (x + size * 0.8, y + size * 0.55), (x - size * 0.8, y + size * 0.55)],
            mix("#e8e0d0", palette.figure, 0.15 if day else 0.3),
        )
        _table_and_lamp_lights(canvas, palette, x, y, size, lit=not day)


def _table_and_lamp_lights(canvas: Canvas, palette: Palette, x: float, y: float, size: float, *, lit: bool) -> None:
    """Set a candle, or by day a cup, on a table, and hang a lamp above."""
    if lit:
        canvas.stroke([(x, y - 0.005), (x, y - size * 0.35)], 0.012, mix("#e8dcc0", palette.figure, 0.1))
        canvas.glow(x, y - size * 0.45, 0.12, palette.glow, 0.7)
        canvas.glow(x, -0.23, 0.16, palette.glow, 0.6)
    else:
        cup = mix("#ffffff", palette.figure, 0.08)
        canvas.polygon([(x - 0.022, y - 0.032), (x + 0.022, y - 0.032), (x + 0.014, y), (x - 0.014, y)], cup)
        canvas.ellipse(x, y + 0.002, 0.034, 0.007, cup)
    canvas.stroke([(x, -canvas.bottom), (x, -0.3)], 0.004, palette.figure)
    shade = [(x - 0.06, -0.25), (x + 0.06, -0.25), (x + 0.02, -0.32), (x - 0.02, -0.32)]
    canvas.polygon(shade, mix("#3f6f5a", palette.figure, 0.2))


def _chair(canvas: Canvas, x: float, foot: float, size: float, side: int, color: str) -> None:
    """Draw a chair that looks to a table; `side` is where of the table it stands, -1 left or 1 right."""
    seat, back, far = foot - size * 0.62, x + side * size * 0.32, x - side * size * 0.3
    dark = mix(color, "#000000", 0.3)
    for leg in (back, far):
        canvas.stroke([(leg, seat), (leg, foot)], size * 0.1, dark)
    canvas.stroke([(back, seat), (back + side * size * 0.08, seat - size * 0.8)], size * 0.12, color)
    canvas.polygon([(back, seat - size * 0.78), (back + side * size * 0.14, seat - size * 0.8),
                    (back + side * size * 0.1, seat - size * 0.3), (back - side * size * 0.02, seat - size * 0.3)],
                   color)  # fmt: skip
    canvas.rectangle(min(back, far), seat - size * 0.06, max(back, far), seat + size * 0.08, color)


def bar(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.24, mix("#4a3428", palette.far, 0.3), mix("#4a3626", palette.ground, 0.3))
    for shelf in (-0.34, -0.2, -0.06):
        canvas.rectangle(-0.72, shelf, 0.72, shelf + 0.012, mix("#6a4a30", palette.figure, 0.1))
        for x in np.arange(-0.68, 0.7, 0.05):
            tone, tall = (
                str(rng.choice(["#4f8a5a", "#b5803a", "#8a3a34", "#cfd8dc", "#3f5f8a"])),
                rng.uniform(0.06, 0.1),
            )
            canvas.rectangle(x, shelf - tall * 0.7, x + 0.024, shelf, mix(tone, palette.glow, 0.15))
            canvas.rectangle(x + 0.008, shelf - tall, x + 0.016, shelf, mix(tone, palette.glow, 0.15))
    counter = mix("#6f4326", palette.figure, 0.15)
    canvas.rectangle(-canvas.right, 0.08, canvas.right, 0.26, counter)
    canvas.rectangle(-canvas.right, 0.06, canvas.right, 0.09, mix(counter, palette.rim, 0.35))
    for x in np.arange(-0.8, 0.9, 0.27):
        canvas.stroke([(x, 0.25), (x, 0.42)], 0.014, palette.figure)
        canvas.ellipse(x, 0.25, 0.06, 0.018, mix("#8a2f2a", palette.figure, 0.2))
        canvas.glow(x, -0.4, 0.2, palette.glow, 0.45)


def club(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    canvas.gradient("#140f22", mix("#3a1f4a", palette.near, 0.3), -canvas.bottom, 0.18)
    canvas.gradient(mix("#2a1a3a", palette.near, 0.3), "#0c0914", 0.18, canvas.bottom)
    colors = ("#e0457a", "#4fa3e0", "#a05fe0", "#4fd0a0")
    for row in range(6):
        y, low = 0.18 + 0.32 * (row / 6) ** 1.4, 0.18 + 0.32 * ((row + 1) / 6) ** 1.4
        for column in range(-7, 7):
            near, far = 0.16 + 0.14 * row, 0.16 + 0.14 * (row + 1)
            tone = colors[(row * 3 + column * 5) % 4]
            canvas.polygon(
                [(column * near, y), ((column + 0.94) * near, y), ((column + 0.94) * far, low), (column * far, low)],
                tone,
                rng.uniform(0.08, 0.4),
            )
    canvas.stroke([(0, -canvas.bottom), (0, -0.38)], 0.004, "#9a9aa5")
    canvas.ellipse(0, -0.31, 0.075, 0.075, "#aab4c4")
    for height in np.arange(-0.06, 0.07, 0.02):
        canvas.stroke([(-0.07, -0.31 + height), (0.07, -0.31 + height)], 0.002, "#5a6478")
    for angle in np.linspace(0.2, 2.9, 9):
        color = colors[int(angle * 3) % 4]
        tip = (0.95 * np.cos(angle), -0.31 + 0.8 * np.sin(angle))
        canvas.beam([(-0.01, -0.31), (0.01, -0.31), (tip[0] + 0.07, tip[1]), (tip[0] - 0.07, tip[1])], color, 0.28)
    canvas.glow(0, -0.31, 0.2, "#dfe6f4", 0.6)


def theater(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    stage(canvas, palette, rng, light)
    red = mix("#8f2328", palette.figure, 0.2)
    for side in (-1, 1):
        for fold in range(6):
            x = side * (0.98 - fold * 0.075)
            tone = mix(red, "#000000", 0.25 if fold % 2 else 0.0)
            canvas.polygon(
                [(x - 0.045, -canvas.bottom), (x + 0.045, -canvas.bottom), (x + 0.045, 0.28), (x - 0.04, 0.28)], tone
            )
        canvas.polygon(
            [(side * 0.5, -0.02), (side * 1.1, 0.06), (side * 1.1, 0.02), (side * 0.5, -0.05)], mix("#d6a83f", red, 0.2)
        )
    for number in range(14):
        x = -1.1 + number * 0.17
        canvas.ellipse(x, -0.44, 0.1, 0.11, mix(red, "#000000", 0.15 if number % 2 else 0.0))
    canvas.rectangle(-canvas.right, 0.26, canvas.right, 0.275, mix("#d6a83f", palette.figure, 0.3))


def stairs(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.3, mix("#9a8a76", palette.far, 0.4), mix("#6a5a4a", palette.ground, 0.4))
    side = int(rng.choice([-1, 1]))
    stone = mix("#b5a68f", palette.figure, 0.15)
    for step in range(12):
        left, right = side * (-0.35 + step * 0.11), side * 1.2
        top = 0.28 - step * 0.062
        canvas.rectangle(min(left, right), top - 0.062, max(left, right), top, mix(stone, "#000000", 0.04 * step))
        canvas.stroke([(left, top - 0.062), (right, top - 0.062)], 0.004, mix(stone, palette.rim, 0.5))
    canvas.stroke([(side * -0.32, 0.08), (side * 0.98, -0.62)], 0.02, mix("#6a4326", palette.figure, 0.2))
    for step in range(12):
        x, y = side * (-0.3 + step * 0.11), 0.06 - step * 0.06
        canvas.stroke([(x, y), (x, y + 0.16)], 0.008, palette.figure)
    canvas.rectangle(-side * 0.5 - 0.1, -0.36, -side * 0.5 + 0.1, -0.04, mix(palette.glow, "#ffffff", 0.3))
    canvas.glow(-side * 0.5, -0.2, 0.4, palette.glow, 0.6)


def shop(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.1, mix("#cfd6d4", palette.far, 0.3), mix("#b9bcb8", palette.ground, 0.35))
    for x in (-0.4, 0.0, 0.4):
        canvas.polygon(
            [(x * 0.5 - 0.03, -0.2), (x * 0.5 + 0.03, -0.2), (x * 1.6 + 0.1, -0.5), (x * 1.6 - 0.1, -0.5)],
            "#f6fbff",
            0.85,
        )
        canvas.glow(x, -0.42, 0.25, "#eaf6ff", 0.4)
    for side in (-1, 1):
        for row in range(5):
            for number in range(12):
                far, near = 0.16 + number * 0.075, 0.16 + (number + 0.85) * 0.075
                top_far, top_near = ((row * 0.09 - 0.2) * (0.5 + depth * 1.5) for depth in (far, near))
                tone = str(rng.choice(["#c8452f", "#e0a03a", "#4f8a5a", "#3f6fa8", "#e6e2d6", "#a85a8a", "#6ab0c0"]))
                canvas.polygon(
                    [
                        (side * far, top_far + 0.02),
                        (side * near, top_near + 0.02),
                        (side * near, top_near + 0.075 * (0.5 + near)),
                        (side * far, top_far + 0.075 * (0.5 + far)),
                    ],
                    mix(tone, palette.figure, 0.15),
                )
            shelf = [(side * 0.15, 0.1 * (row - 2) * 0.75 + 0.06), (side * 1.1, (row - 2) * 0.2 + 0.1)]
            canvas.stroke(shelf, 0.006, "#8a9096")


def tunnel(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.2, mix("#c5c3b5", palette.far, 0.45), mix("#77746c", palette.ground, 0.4))
    for row in range(9):
        for x in np.arange(-canvas.right + (row % 2) * 0.045, canvas.right, 0.09):
            canvas.rectangle(x, -0.42 + row * 0.045, x + 0.085, -0.38 + row * 0.045, "#ffffff", 0.1)
    steel = mix("#aab4bc", palette.figure, 0.15)
    canvas.rectangle(-canvas.right, -0.26, 0.55, 0.18, steel)
    canvas.rectangle(-canvas.right, 0.06, 0.55, 0.09, mix("#b5342c", palette.figure, 0.1))
    canvas.polygon([(0.55, -0.26), (0.64, -0.2), (0.66, 0.18), (0.55, 0.18)], mix(steel, "#000000", 0.25))
    for x in np.arange(-1.05, 0.5, 0.3):
        canvas.rectangle(x, -0.2, x + 0.16, 0.0, mix(palette.glow, "#ffffff", 0.4))
        canvas.rectangle(x + 0.19, -0.2, x + 0.26, 0.18, mix(steel, palette.figure, 0.4))
        canvas.glow(x + 0.08, -0.1, 0.16, palette.glow, 0.35)
    canvas.rectangle(-canvas.right, 0.2, canvas.right, 0.225, mix("#e0b53f", palette.figure, 0.15))
    canvas.rectangle(-0.16, -0.45, 0.3, -0.36, "#20242c")
    canvas.ellipse(-0.1, -0.405, 0.028, 0.028, "#d8a03a")
    canvas.stroke([(-0.03, -0.405), (0.24, -0.405)], 0.012, "#f0f0ea", 0.8)
    for x in (-0.55, 0.78):
        canvas.rectangle(x - 0.035, -canvas.bottom, x + 0.035, 0.24, mix("#8a8f8a", palette.figure, 0.3))


def train_inside(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.26, mix("#7a6a55", palette.far, 0.35), mix("#4f463c", palette.ground, 0.3))
    for x in (-0.62, 0.0, 0.62):
        canvas.rectangle(x - 0.26, -0.34, x + 0.26, 0.04, palette.figure)
        canvas.rectangle(x - 0.245, -0.325, x + 0.245, 0.025, mix(palette.sky_low, palette.sky_top, 0.35))
        canvas.polygon(
            [
                (x - 0.245, 0.025),
                (x - 0.245, -0.08),
                (x - 0.08, -0.13),
                (x + 0.1, -0.07),
                (x + 0.245, -0.12),
                (x + 0.245, 0.025),
            ],
            palette.far,
        )
        canvas.glow(x, -0.15, 0.25, palette.sky_low, 0.3)
    seat = mix("#8a3a34", palette.figure, 0.2)
    for x in (-0.86, -0.31, 0.31, 0.86):
        canvas.rectangle(x - 0.11, 0.0, x + 0.11, 0.3, seat)
        canvas.ellipse(x, 0.0, 0.11, 0.04, mix(seat, palette.rim, 0.15))
        canvas.rectangle(x - 0.13, 0.28, x + 0.13, 0.34, mix(seat, "#000000", 0.2))
    canvas.stroke([(-canvas.right, -0.42), (canvas.right, -0.42)], 0.014, mix("#d6b06a", palette.figure, 0.2))
    for x in np.arange(-0.8, 0.9, 0.2):
        canvas.stroke([(x, -0.42), (x, -0.36)], 0.006, palette.figure)


def capsule(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    space(canvas, palette, rng, "night")
    hull = mix("#8d98a3", palette.near, 0.45)
    ring = np.linspace(0, 2 * np.pi, 60)
    outside = [
        (-canvas.right, -canvas.bottom),
        (canvas.right, -canvas.bottom),
        (canvas.right, canvas.bottom),
        (-canvas.right, canvas.bottom),
    ]
    for color, size in ((hull, 0.33), (mix(hull, "#000000", 0.45), 0.3)):
        circle = [(0.72 * size / 0.33 * np.cos(a), -0.06 + size * np.sin(a)) for a in ring]
        if size == 0.33:
            canvas.polygon([*outside, outside[0], circle[0], *reversed(circle)], color)
        else:
            canvas.stroke(circle, 0.03, color)
    for side in (-1, 1):
        for row in range(4):
            x, y = side * 0.82, -0.32 + row * 0.15
            canvas.rectangle(x - 0.06, y, x + 0.06, y + 0.1, mix(hull, "#000000", 0.35))
            for lamp in range(3):
                canvas.ellipse(
                    x - 0.035 + lamp * 0.035,
                    y + 0.03,
                    0.009,
                    0.009,
                    ("#e0564a", "#5fd08a", "#f0c04a")[(row + lamp) % 3],
                )
            canvas.stroke([(x - 0.045, y + 0.07), (x + 0.045, y + 0.07)], 0.008, mix("#5fb0d0", hull, 0.2))
    canvas.rectangle(-canvas.right, 0.3, canvas.right, canvas.bottom, mix(hull, "#000000", 0.3))
    canvas.stroke([(-canvas.right, 0.3), (canvas.right, 0.3)], 0.008, mix(hull, "#ffffff", 0.4))


def capsule_room(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    _box(canvas, palette, 0.2, mix("#a5b5ba", palette.far, 0.4), mix("#8d9698", palette.ground, 0.35))
    for x in np.arange(-0.9, 0.95, 0.3):
        canvas.rectangle(x, -0.4, x + 0.26, -0.1, mix("#cfdadd", palette.figure, 0.25))
        for lamp in range(5):
            canvas.ellipse(x + 0.04 + lamp * 0.045, -0.14, 0.008, 0.008, ("#e0564a", "#5fd08a", "#4fa3e0")[lamp % 3])
        canvas.rectangle(x + 0.03, -0.37, x + 0.23, -0.19, mix("#1f4a4f", palette.glow, 0.15))
    canvas.rectangle(-canvas.right, 0.06, canvas.right, 0.2, mix("#dfe5e6", palette.figure, 0.2))
    canvas.glow(0, -0.3, 0.6, palette.glow, 0.3)


def cave(canvas: Canvas, palette: Palette, rng: np.random.Generator, light: str) -> None:
    rock = mix("#4a4038", palette.near, 0.4)
    canvas.gradient(palette.sky_low, mix(palette.sky_low, palette.glow, 0.4), -canvas.bottom, 0.2)
    canvas.glow(0, -0.05, 0.4, palette.glow, 0.8)
    canvas.gradient(mix(rock, palette.ground, 0.5), mix(rock, "#000000", 0.4), 0.2, canvas.bottom)
    for depth, tone in (
        (0.5, mix(rock, palette.sky_low, 0.35)),
        (0.75, mix(rock, palette.sky_low, 0.12)),
        (1.0, mix(rock, "#000000", 0.35)),
    ):
        angles = np.linspace(-0.15, np.pi + 0.15, 26)
        radii = [depth * rng.uniform(0.8, 1.08) for _ in angles]
        arch = [(0.75 * r * np.cos(a), 0.28 - 0.62 * r * np.sin(a)) for a, r in zip(angles, radii, strict=True)]
        outer = [
            (-canvas.right, canvas.bottom),
            (-canvas.right, -canvas.bottom),
            (canvas.right, -canvas.bottom),
            (canvas.right, canvas.bottom),
        ]
        canvas.polygon([*arch, *outer], tone)
    canvas.polygon(ridge(canvas, rng, 0.42, 0.05, 0.8), mix(rock, "#000000", 0.3))
