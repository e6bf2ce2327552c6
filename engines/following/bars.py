"""The part of a video that isn't black bars."""

from pathlib import Path

import numpy as np

from engines.errors import MediaToolError
from engines.media.stills import picture_at

_LOOKS = 5
# Bars are this dark on average (0…255), also with film grain on them, apart from a few words somebody wrote there.
_DARK, _GRAINY, _WORDLESS = 14.0, 30.0, 80
# Beyond its edge, a picture as dark as a bar is at least this much lighter than the bar.
_STEP, _ROWS = 2.0, 4
# Thinner bars are an encoder's edge, wider ones a dark scene.
_THINNEST, _WIDEST = 0.015, 0.4

Content = tuple[float, float, float, float]


def content_part(video: Path, seconds: float) -> Content | None:
    """Return left, top, width and height, as shares, of what is between bars at opposite edges of all pictures; None if
    there are none. Raises MediaToolError if nothing can be decoded."""
    lights: list[np.ndarray] = []
    for look in range(_LOOKS):
        try:
            picture = picture_at(video, seconds * (look + 0.5) / _LOOKS)
        except MediaToolError:
            if look == _LOOKS - 1 and not lights:
                raise
            continue
        lights.append(picture.mean(axis=2))
    shape = lights[0].shape
    brightest = np.max([light for light in lights if light.shape == shape], axis=0)
    top, height = _between(brightest)
    left, width = _between(brightest.T)
    return None if (width, height) == (1.0, 1.0) else (left, top, width, height)


def _between(light: np.ndarray) -> tuple[float, float]:
    """Return where the rows between two bars begin, and how much they are, as shares."""
    dark = np.minimum(light, _GRAINY).mean(axis=1) < _DARK
    dark &= np.percentile(light, _WORDLESS, axis=1) < _GRAINY
    count = len(dark)
    if dark.all() or not (dark[0] and dark[-1]):
        return 0.0, 1.0
    first, last = int(np.argmin(dark)), int(np.argmin(dark[::-1]))
    bar = min(first, last)
    if not _THINNEST * count <= bar <= _WIDEST * count:
        return 0.0, 1.0
    if abs(first - last) > max(2, 0.01 * count):
        # Bars are alike, so one of them goes on as a dark picture, or there are none.
        if not _has_edge(light if first > last else light[::-1], bar):
            return 0.0, 1.0
        first = last = bar
    # A line more, so that the soft edge of the bar is gone, too.
    return (first + 1) / count, (count - first - last - 2) / count


def _has_edge(light: np.ndarray, row: int) -> bool:
    """Return whether what is below this row is lighter than what is above it."""
    rows = np.median(light, axis=1)
    above, below = rows[max(0, row - 1 - _ROWS) : row - 1], rows[row + 2 : row + 2 + _ROWS]
    return bool(len(above) and len(below) and below.mean() - above.mean() >= _STEP)
