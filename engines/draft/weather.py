"""Rain, snow and dust in front of the lens: a tall texture that slides past, added to the luma."""

from collections.abc import Callable

import cv2
import numpy as np

from engines.draft.canvas import Pixels


class Weather:
    """Falls (or, for dust, rises) by a fixed number of whole pixels per frame, and drifts sideways, so that no flake
    ever jitters."""

    def __init__(self, kind: str, width: int, height: int, *, fps: float, seed: int) -> None:
        """`kind` is rain, snow or dust."""
        rng = np.random.default_rng(seed)
        speed, slide = {"rain": (1.9, 0.0), "snow": (0.14, 0.05), "dust": (-0.03, 0.03)}[kind]
        self._step = _whole(speed * height / fps)
        self._slide = _whole(slide * height / fps)
        self._height, self._width = height, width
        draw = _rain if kind == "rain" else _flakes
        tile = draw(rng, width, height, kind == "dust")
        self._texture: Pixels = np.vstack([np.hstack([tile, tile]), np.hstack([tile, tile])])

    def fall(self, number: int, luma: Pixels) -> None:
        """Add frame `number`'s drops to the luma."""
        down = -number * self._step % self._height
        across = number * self._slide % self._width
        window = self._texture[down : down + self._height, across : across + self._width]
        cv2.add(luma, window, dst=luma)


def _whole(pixels: float) -> int:
    """Round to whole pixels, but never stand still."""
    return round(pixels) or (0 if pixels == 0 else 1 if pixels > 0 else -1)


Draw = Callable[[np.random.Generator, int, int, bool], Pixels]


def _rain(rng: np.random.Generator, width: int, height: int, _: bool) -> Pixels:
    tile = np.zeros((height, width), np.uint8)
    for _number in range(150):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        length, bright = round(height * rng.uniform(0.03, 0.09)), int(rng.integers(18, 60))
        cv2.line(tile, (x, y), (x - length // 9, y + length), bright, max(1, height // 700), cv2.LINE_AA)
    return tile


def _flakes(rng: np.random.Generator, width: int, height: int, sparse: bool) -> Pixels:
    tile = np.zeros((height, width), np.uint8)
    for _number in range(50 if sparse else 190):
        where = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        size = max(1, round(height * rng.uniform(0.0015, 0.005)))
        cv2.circle(tile, where, size, int(rng.integers(50, 150)), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(tile, (0, 0), max(0.6, height / 900))
