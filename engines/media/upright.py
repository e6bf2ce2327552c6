"""Turning stored pictures as their file asks for: rotated and mirrored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """How to show a picture: swap rows and columns, then flip."""

    swapped: bool = False
    across: bool = False
    down: bool = False

    def apply(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return rows × columns (× channels) upright."""
        turned = pixels.swapaxes(0, 1) if self.swapped else pixels
        turned = turned[:, ::-1] if self.across else turned
        return turned[::-1] if self.down else turned


def orientation(frame: VideoFrame) -> Orientation:
    """Return the orientation given by a frame's display matrix (ISO/IEC 14496-12: x' = ax + cy, y' = bx + dy)."""
    matrix = _matrix(frame)
    if matrix is None:
        return Orientation()
    a, b, c, d = (int(value) for value in (matrix[0], matrix[1], matrix[3], matrix[4]))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)


def is_mirrored(frame: VideoFrame) -> bool:
    shown = orientation(frame)
    return (shown.swapped + shown.across + shown.down) % 2 == 1


def _matrix(frame: VideoFrame) -> NDArray[np.int32] | None:
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    return None if data is None else np.frombuffer(data, dtype=np.int32)
