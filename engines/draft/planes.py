"""Y, U and V planes, as the encoder takes them: limited-range BT.709, chroma at half the size."""

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels

Planes = list[Pixels]
_STRIP_ROWS = 64

# From BGR to limited-range BT.709, the clip format's colors.
_TO_YUV = np.array(
    [[0.0619857, 0.6142306, 0.1825859, 16.0], [0.4392157, -0.3385722, -0.1006435, 128.0],
     [-0.0402735, -0.3989422, 0.4392157, 128.0]]
)  # fmt: skip


def to_planes(pixels: Pixels) -> Planes:
    """Return Y, U and V, the last two at half the size."""
    yuv = cv2.transform(pixels, _TO_YUV)
    luma, blue, red = cv2.split(yuv)
    half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return [luma] + [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (blue, red)]


def premultiplied_planes(front: Pixels, alpha: Pixels) -> tuple[Planes, Planes]:
    """Return the planes of a premultiplied layer with even sides, and how much of the background shows through each."""
    height, width = alpha.shape
    luma = np.empty((height, width), np.uint8)
    blue, red = (np.empty((height // 2, width // 2), np.uint8) for _ in range(2))
    # In strips: as wide types, a whole layer would take 24 bytes for each pixel.
    for top in range(0, height, _STRIP_ROWS):
        rows, half = slice(top, top + _STRIP_ROWS), slice(top // 2, (top + _STRIP_ROWS) // 2)
        # The offsets 16 and 128 apply to covered pixels only; chroma is negative until they are added.
        share = alpha[rows].astype(np.float32) / 255
        wide = cv2.transform(front[rows].astype(np.float32), _TO_YUV[:, :3].astype(np.float32))
        luma[rows] = np.clip(wide[..., 0] + 16 * share, 0, 255)
        for plane, channel in ((blue, 1), (red, 2)):
            full = np.clip(wide[..., channel] + 128 * share, 0, 255).astype(np.uint8)
            plane[half] = cv2.resize(full, (width // 2, len(full) // 2), interpolation=cv2.INTER_AREA)
    stays = cv2.bitwise_not(alpha)
    small = cv2.resize(stays, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return [luma, blue, red], [stays, small]


def half_size(full: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the map for half-size planes, whose pixels lie between the full-size ones."""
    used = full.copy()
    used[:, 2] = (full[:, :2].sum(axis=1) * 0.5 + full[:, 2] - 0.5) / 2
    return used
