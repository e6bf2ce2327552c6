"""Where a mouth is in each frame of a clip."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.media.drawn import drawn_mouths

_DRAWN_MOUTH_HALF = 0.125  # of the head's height


@dataclass(frozen=True)
class Inside:
    """The inside of an open mouth from the clip: Y, U, V from corner to corner and from lip to lip, its gap in half
    widths, and the luma of the skin around it."""

    planes: tuple[Pixels, Pixels, Pixels]
    gap: float
    skin: float


# The shares of an opening above and below the closed lips' line; most of it comes from the jaw.
UP, DOWN = 0.18, 0.82


@dataclass(frozen=True)
class MouthTrack:
    """The mouth in each frame, in pixels of the full picture.

    `x` and `y` are where the middle of the closed lips' line is or would be, `half` is half the mouth's width, `roll`
    is in radians. The source's own opening lies between `top` and `low`, in half widths from that line; `bow` is how
    far the corners lie below its middle. `chin` is the chin's distance in half widths. `found` marks the frames in
    which a face was seen at all. `inside` is None if the mouth never opens."""

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    half: npt.NDArray[Any]
    roll: npt.NDArray[Any]
    found: npt.NDArray[Any]
    top: npt.NDArray[Any]
    low: npt.NDArray[Any]
    bow: npt.NDArray[Any]
    drawn: bool
    chin: float = 2.0
    inside: Inside | None = None


def drawn_track(path: Path, frames: int) -> MouthTrack | None:
    """Return the mouths that our own draft drew, from the file's note; None if there are none."""
    mouths = drawn_mouths(path, frames)
    if not mouths:
        return None
    rows, found = np.zeros((frames, 4)), np.zeros(frames, bool)
    for mouth in mouths:
        numbers = np.arange(mouth.first, min(mouth.end, frames))
        rows[numbers], found[numbers] = mouth.places(numbers), True
    x, y, head, wide = rows.T
    none = np.zeros(frames)
    return MouthTrack(
        x=x, y=y, half=head * _DRAWN_MOUTH_HALF, roll=none, found=found, top=-UP * wide, low=DOWN * wide, bow=none,
        drawn=True, chin=1.75,
    )  # fmt: skip


def lipless_track(frames: int) -> MouthTrack:
    """Return a track with no mouth in any frame."""
    none = np.zeros(frames)
    return MouthTrack(none, none, none, none, np.zeros(frames, bool), none, none, none, drawn=True)
