"""Where another shot begins inside a clip."""

import cv2
import numpy as np

from engines.faces.networks import Pixels

_SIZE = (32, 18)
# Pictures before and after a cut look unlike each other. A flash changes the light but not the pattern.
_UNLIKE, _LEAST_CHANGE = 0.5, 10.0
# A picture that belongs to neither shot (a dissolve, damage) makes one cut, not two.
_CLOSE_SECONDS = 0.1


class CutFinder:
    """Finds cuts in pictures passed to `see` in order; `found` are the seconds at which a shot begins."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self.found: list[float] = []

    def see(self, seconds: float, luma: Pixels) -> bool:
        """Return whether this picture begins another shot."""
        small = cv2.resize(luma, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._before = self._before, small
        if before is None or float(np.abs(small - before).mean()) < _LEAST_CHANGE or _alike(before, small) > _UNLIKE:
            return False
        if self.found and seconds - self.found[-1] < _CLOSE_SECONDS:
            return False
        self.found.append(seconds)
        return True


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return how alike two patterns are, -1…1, whatever their light; 1 for two flat pictures."""
    first, second = one - one.mean(), other - other.mean()
    sizes = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if max(sizes) < 1.0:
        return 1.0
    return float((first * second).sum()) / max(sizes[0] * sizes[1], 1e-6)
