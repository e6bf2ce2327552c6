"""Objects for detail shots, drawn in the middle of a transparent canvas."""

from collections.abc import Callable

import numpy as np

from engines.draft.canvas import Canvas, mix
from engines.draft.look import Palette


def record(canvas: Canvas, palette: Palette) -> None:
    canvas.ellipse(0, 0.06, 0.36, 0.3, "#121216")
    for ring in np.linspace(0.13, 0.34, 9):
        turned = [(ring * np.cos(a), 0.06 + ring * 0.83 * np.sin(a)) for a in np.linspace(0, 6.283, 70)]
        canvas.stroke(turned, 0.002, palette.rim, 0.18)
    canvas.ellipse(0, 0.06, 0.115, 0.096, palette.glow)
    canvas.ellipse(0, 0.06, 0.014, 0.012, "#121216")
    canvas.polygon([(-0.05, 0.03), (-0.3, -0.12), (-0.2, -0.19)], palette.rim, 0.14)
    canvas.stroke([(0.42, -0.26), (0.36, 0.02), (0.2, 0.12)], 0.02, mix(palette.rim, palette.figure, 0.4))


def letter(canvas: Canvas, palette: Palette) -> None:
    canvas.polygon([(-0.34, -0.14), (0.28, -0.22), (0.36, 0.2), (-0.26, 0.28)], mix(palette.glow, "#ffffff", 0.55))
    canvas.polygon([(-0.34, -0.14), (0.28, -0.22), (0.03, 0.07)], mix(palette.glow, "#ffffff", 0.75))
    canvas.stroke([(-0.34, -0.14), (0.03, 0.07), (0.28, -0.22)], 0.005, palette.figure, 0.6)
    canvas.ellipse(0.03, 0.06, 0.045, 0.043, "#a8322e")


def phone(canvas: Canvas, palette: Palette) -> None:
    canvas.polygon([(-0.17, -0.34), (0.13, -0.38), (0.2, 0.28), (-0.1, 0.34)], palette.figure)
    canvas.polygon([(-0.15, -0.3), (0.115, -0.34), (0.175, 0.24), (-0.085, 0.29)], mix(palette.glow, "#ffffff", 0.35))
    for row in range(5):
        y = -0.2 + row * 0.085
        canvas.stroke([(-0.1 + row * 0.008, y), (0.02 + (row % 2) * 0.06, y - 0.012)], 0.03, palette.far, 0.7)


def flower(canvas: Canvas, palette: Palette) -> None:
    canvas.stroke([(0.0, 0.0), (0.03, 0.25), (-0.02, 0.7)], 0.018, "#3f6b45")
    canvas.ellipse(0.1, 0.3, 0.1, 0.035, "#4a7d50", angle=-30)
    for ring, size in ((0.13, 0.11), (0.07, 0.085)):
        for angle in np.linspace(0, 6.283, 8)[:-1]:
            tone = mix("#b8323c", palette.glow, 0.15 if ring > 0.1 else 0.35)
            canvas.ellipse(
                ring * np.cos(angle + ring), -0.1 + ring * 0.9 * np.sin(angle + ring), size, size * 0.8, tone, 0.95
            )
    canvas.ellipse(0, -0.1, 0.05, 0.045, mix("#b8323c", palette.glow, 0.6))


def candle(canvas: Canvas, palette: Palette) -> None:
    canvas.rectangle(-0.07, 0.0, 0.07, 0.7, mix(palette.glow, "#ffffff", 0.3))
    canvas.rectangle(0.02, 0.0, 0.07, 0.7, palette.figure, 0.25)
    canvas.stroke([(0, 0.0), (0.004, -0.05)], 0.008, "#1b1513")
    canvas.polygon(
        [(0.0, -0.27), (0.045, -0.12), (0.03, -0.045), (0.0, -0.03), (-0.03, -0.045), (-0.045, -0.12)], palette.glow
    )
    canvas.ellipse(0, -0.085, 0.02, 0.05, "#fffbe8")


def microphone(canvas: Canvas, palette: Palette) -> None:
    canvas.stroke([(0.0, -0.05), (0.1, 0.7)], 0.06, palette.figure)
    canvas.ellipse(-0.02, -0.16, 0.12, 0.15, mix(palette.rim, palette.figure, 0.5), angle=-8)
    for line in np.linspace(-0.09, 0.07, 6):
        canvas.stroke([(line, -0.27), (line + 0.03, -0.05)], 0.004, palette.figure, 0.7)
    canvas.stroke([(-0.13, -0.08), (0.12, -0.12)], 0.03, palette.figure)
    canvas.ellipse(-0.06, -0.2, 0.035, 0.06, "#ffffff", 0.3, angle=-8)


def key(canvas: Canvas, palette: Palette) -> None:
    metal = mix(palette.glow, palette.figure, 0.3)
    ring = [(-0.2 + 0.12 * np.cos(a), -0.12 + 0.12 * np.sin(a)) for a in np.linspace(0, 6.283, 40)]
    canvas.stroke(ring, 0.05, metal)
    canvas.stroke([(-0.1, -0.04), (0.32, 0.24)], 0.045, metal)
    canvas.stroke([(0.2, 0.16), (0.14, 0.25)], 0.04, metal)
    canvas.stroke([(0.29, 0.22), (0.23, 0.31)], 0.04, metal)
    canvas.stroke([(-0.28, -0.2), (-0.2, -0.24), (-0.13, -0.22)], 0.012, "#ffffff", 0.6)


THINGS: dict[str, Callable[[Canvas, Palette], None]] = {
    "record": record, "letter": letter, "phone": phone, "flower": flower, "candle": candle,
    "microphone": microphone, "key": key,
}  # fmt: skip
