"""Counts flashes as ITU-R BT.1702 does: a flash is a pair of opposing changes of 20 cd/m² or more whose darker end is
under 160 cd/m², over more than a quarter of the screen."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

CHANGE, DARKER_THAN = 20.0, 160.0  # cd/m², on a screen of 200
AREA = 0.25
CELLS = (32, 18)


def luminances(path: Path) -> Iterator[np.ndarray]:
    """Return the luminance in cd/m² of each cell of each frame of a limited-range clip."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            # Not gray, which would be given the full range by itself.
            small = frame.reformat(width=CELLS[0], height=CELLS[1], format="yuv444p", interpolation=Interpolation.AREA)
            code = (small.to_ndarray()[0].astype(float) - 16) * 255 / 219
            yield 413.435 * np.clip(0.002745 * code + 0.0189623, 0, None) ** 2.2


def flashes_in_a_second(frames: Iterable[np.ndarray], fps: float) -> int:
    """Return the most flashes over more than a quarter of the screen within any one second.

    A flash counts by its leading edge, so that 3.3 per second are four.
    """
    changes = np.array(list(_changes(frames)))
    length = max(1, round(fps))
    windows = range(max(1, len(changes) - length + 1))
    most = 0
    for first in windows:
        seen = changes[first : first + length]
        for way in (1, -1):
            flashes = np.sort((seen == way).sum(axis=0).ravel())[::-1]
            most = max(most, int(flashes[int(AREA * flashes.size)]))
    return most


def _changes(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Return, for each frame, which cells complete a change of luminance opposite to their last one: 1 up, -1 down, 0
    none."""
    low = high = way = None
    for light in frames:
        if low is None:
            low, high, way = light.copy(), light.copy(), np.zeros(light.shape, int)
        up = (light - low >= CHANGE) & (low < DARKER_THAN) & (way <= 0)
        down = (high - light >= CHANGE) & (light < DARKER_THAN) & (way >= 0)
        way = np.where(up, 1, np.where(down, -1, way))
        # From a change on, the other extreme is looked for.
        low = np.where(down | up, light, np.minimum(low, light))
        high = np.where(down | up, light, np.maximum(high, light))
        yield np.where(up, 1, np.where(down, -1, 0))
