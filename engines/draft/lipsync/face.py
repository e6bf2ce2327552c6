"""Find faces in a picture, and describe where a mouth is in each frame of a clip."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.media.drawn import drawn_mouths

# Pictures are scaled to about this height for the search: enough to find a face a tenth as tall.
SEARCH_HEIGHT = 360
# A face must be this tall in the frame for its mouth to be worth moving.
SMALLEST_FACE_SHARE = 0.1
# The cascades only know upright faces, but singers tilt their heads.
_TILTS = (0.0, 0.35, -0.35)
_PATCH = 112  # a followed face is searched for in a patch of this size, in which it is half as wide
_DRAWN_MOUTH_HALF = 0.125  # of the head's height


@dataclass(frozen=True)
class Face:
    """A face's middle and width in pixels of the searched picture, roll in radians."""

    x: float
    y: float
    width: float
    roll: float = 0.0


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


class FaceFinder:
    """Finds faces in gray pictures of about SEARCH_HEIGHT."""

    def __init__(self) -> None:
        names = ("haarcascade_frontalface_alt2", "haarcascade_frontalface_default", "haarcascade_profileface")
        cascades = [
            cv2.CascadeClassifier(f"{cv2.data.haarcascades}{name}.xml")  # type: ignore[attr-defined]
            for name in names
        ]
        self._cascades, self._profile = cascades[:2], cascades[2]

    def find(self, gray: Pixels) -> list[Face]:
        """Return all frontal faces, largest first; tilted heads are searched for only if no upright one is found."""
        smallest = round(min(gray.shape[:2]) * SMALLEST_FACE_SHARE)
        center = (gray.shape[1] / 2, gray.shape[0] / 2)
        for tilt in _TILTS:
            turn = cv2.getRotationMatrix2D(center, float(np.degrees(tilt)), 1.0)
            turned = cv2.warpAffine(gray, turn, gray.shape[1::-1], borderMode=cv2.BORDER_REPLICATE) if tilt else gray
            boxes = self._boxes(turned, smallest, min(gray.shape[:2]), thorough=not tilt)
            if boxes:
                back = cv2.invertAffineTransform(turn)
                return [_face(box, back, 1.0, tilt) for box in sorted(boxes, key=lambda box: -box[2])]
        return []

    def sees_profile(self, gray: Pixels) -> bool:
        """Return whether a face is seen from the side."""
        smallest = round(min(gray.shape[:2]) * SMALLEST_FACE_SHARE)
        # The cascade only knows faces that look to the left.
        looks = (gray, np.ascontiguousarray(gray[:, ::-1]))
        return any(len(self._profile.detectMultiScale(look, 1.12, 6, minSize=(smallest, smallest))) for look in looks)

    def find_near(self, gray: Pixels, face: Face) -> Face | None:
        """Return the face found where `face` is expected, with about its width and roll."""
        scale = _PATCH / 2 / face.width
        turn = cv2.getRotationMatrix2D((face.x, face.y), float(np.degrees(face.roll)), scale)
        shift = np.array([_PATCH / 2 - face.x, _PATCH / 2 - face.y])
        turn = np.column_stack([turn[:, :2], turn[:, 2] + shift])
        patch = cv2.warpAffine(gray, turn, (_PATCH, _PATCH), borderMode=cv2.BORDER_REPLICATE)
        boxes = self._boxes(patch, round(_PATCH * 0.36), round(_PATCH * 0.7))
        if not boxes:
            return None
        nearest = min(
            boxes, key=lambda box: abs(box[0] + box[2] / 2 - _PATCH / 2) + abs(box[1] + box[3] / 2 - _PATCH / 2)
        )
        return _face(nearest, cv2.invertAffineTransform(turn), 1 / scale, face.roll)

    def _boxes(
        self, gray: Pixels, smallest: int, largest: int, *, thorough: bool = True
    ) -> list[tuple[int, int, int, int]]:
        # The second cascade finds more, false positives included, and takes longer.
        for cascade, neighbors in list(zip(self._cascades, (4, 6), strict=True))[: 2 if thorough else 1]:
            found = cascade.detectMultiScale(
                gray, 1.12, neighbors, minSize=(smallest, smallest), maxSize=(largest, largest)
            )
            if len(found):
                return [(int(box[0]), int(box[1]), int(box[2]), int(box[3])) for box in found]
        return []


def _face(box: tuple[int, int, int, int], back: npt.NDArray[Any], scale: float, roll: float) -> Face:
    x, y = back @ (box[0] + box[2] / 2, box[1] + box[3] / 2, 1)
    return Face(float(x), float(y), box[2] * scale, roll)


def search_picture(gray: Pixels) -> tuple[Pixels, int]:
    """Shrink a picture by a whole factor to the size for face search; return it and the factor."""
    factor = max(1, round(min(gray.shape[:2]) / SEARCH_HEIGHT))
    if factor == 1:
        return gray, 1
    size = (gray.shape[1] // factor, gray.shape[0] // factor)
    whole = gray[: size[1] * factor, : size[0] * factor]
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA), factor


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
