"""Y, U and V planes, as the encoder takes them: limited-range BT.709, chroma at half the size."""

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels

Planes = list[Pixels]

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
    """Return the planes of a premultiplied layer, and how much of the background shows through each."""
    # The offsets 16 and 128 apply to covered pixels only; chroma is negative until they are added, hence the wide type.
    share = alpha.astype(np.float32) / 255
    wide = cv2.transform(front.astype(np.float32), _TO_YUV[:, :3].astype(np.float32))
    luma = np.clip(wide[..., 0] + 16 * share, 0, 255).astype(np.uint8)
    half = (front.shape[1] // 2, front.shape[0] // 2)
    chroma = [
        cv2.resize(
            np.clip(wide[..., channel] + 128 * share, 0, 255).astype(np.uint8), half, interpolation=cv2.INTER_AREA
        )
        for channel in (1, 2)
    ]
    stays = cv2.bitwise_not(alpha)
    return [luma, *chroma], [stays, cv2.resize(stays, half, interpolation=cv2.INTER_AREA)]


def half_size(full: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the map for half-size planes, whose pixels lie between the full-size ones."""
    used = full.copy()
    used[:, 2] = (full[:, :2].sum(axis=1) * 0.5 + full[:, 2] - 0.5) / 2
    return used
