"""The colors a photo of a character lends to the drawn figure: skin, hair and clothes.

The photo itself is never shown. Nothing but colors, and whether the hair is long, is read from it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.draft.people import Person
from engines.faces.files import FacesUnavailable
from engines.faces.seeing import Seer

# How far apart two colors are in CIELAB to be taken for two: skin and hair, skin and clothes.
_APART = 18.0
# Photos are shrunk to about this height, which is enough for colors.
_HEIGHT = 360
# A part of the photo that is smaller than this many pixels says nothing.
_LEAST_PIXELS = 24


@dataclass(frozen=True)
class _Face:
    """A face's middle and width in pixels."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class _Part:
    """A box around a face, in face widths from its middle: left, top, right, low."""

    left: float
    top: float
    right: float
    low: float


# The face reaches from the middle of the forehead to the chin, half a width to each side.
_CHEEKS = _Part(-0.24, -0.02, 0.24, 0.2)
_CROWN = _Part(-0.2, -0.72, 0.2, -0.52)
_BESIDE_NECK = (_Part(-0.8, 0.4, -0.5, 0.75), _Part(0.5, 0.4, 0.8, 0.75))
_CHEST = _Part(-1.1, 1.05, 1.1, 3.0)
_BACKGROUND = (_Part(-2.2, -0.9, -1.2, 0.2), _Part(1.2, -0.9, 2.2, 0.2))


def person_of_photo(pixels: Pixels) -> Person:
    """Return a person with the colors of the largest face in a BGR photo, and of the clothes under it. Without a
    face, only the strongest color of the photo's middle is taken, for the clothes."""
    factor = max(1, round(min(pixels.shape[:2]) / _HEIGHT))
    size = (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    face = _largest_face(small)
    if face is None:
        height, width = small.shape[:2]
        middle = small[height // 4 :, width // 4 : width - width // 4].reshape(-1, 3)
        return Person(garment_color=_strongest(middle))
    skin, hair = _typical(_cut(small, face, _CHEEKS)), _hair(small, face)
    return Person(
        skin=_named(skin),
        hair_color=_named(hair),
        hair=_length(small, face, hair),
        garment_color=_clothes(small, face, skin),
    )


def _largest_face(pixels: Pixels) -> _Face | None:
    """Return the largest face in a BGR picture; None without one, or where no faces can be found at all."""
    try:
        faces = Seer().faces(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), thorough=True)
    except FacesUnavailable:
        return None
    if not faces:
        return None
    x, y, width, height = faces[0].box
    # The box starts at the hairline; its middle here is between the eyes and the nose's tip, as is its width.
    return _Face(x + width / 2, y + 0.53 * height, (width + 0.8 * height) / 2)


def _hair(pixels: Pixels, face: _Face) -> npt.NDArray[Any] | None:
    """Return the color above the forehead, or None where that is only skin or the background."""
    hair = _typical(_cut(pixels, face, _CROWN))
    if hair is None:
        return None
    others = [_typical(_cut(pixels, face, part)) for part in (_CHEEKS, *_BACKGROUND)]
    alike = any(other is not None and _distances(other[None], hair)[0] < _APART / 2 for other in others)
    return None if alike else hair


def _cut(pixels: Pixels, face: _Face, part: _Part) -> Pixels:
    """Return the pixels of a part, one per row; none where it is outside the photo."""
    height, width = pixels.shape[:2]
    left, right = (round(min(max(face.x + side * face.width, 0), width)) for side in (part.left, part.right))
    top, low = (round(min(max(face.y + side * face.width, 0), height)) for side in (part.top, part.low))
    found: Pixels = pixels[top:low, left:right].reshape(-1, 3)
    return found


def _typical(pixels: Pixels) -> npt.NDArray[Any] | None:
    """Return the median color of the pixels of middle brightness, so that neither shine nor shadow counts."""
    if len(pixels) < _LEAST_PIXELS:
        return None
    bright = pixels.sum(axis=1, dtype=np.int32)
    low, high = np.percentile(bright, (20, 80))
    median: npt.NDArray[Any] = np.median(pixels[(bright >= low) & (bright <= high)], axis=0)
    return median


def _length(pixels: Pixels, face: _Face, hair: npt.NDArray[Any] | None) -> str:
    """Return "long" where the hair's color goes on beside the neck on either side, else "short"."""
    if hair is None:
        return ""
    sides = [_cut(pixels, face, part) for part in _BESIDE_NECK]
    shares = [float((_distances(side, hair) < 1.5 * _APART).mean()) for side in sides if len(side) >= _LEAST_PIXELS]
    return "long" if max(shares, default=0.0) > 0.4 else "short"


def _clothes(pixels: Pixels, face: _Face, skin: npt.NDArray[Any] | None) -> str:
    """Return the strongest color under the face that is not skin; "" where the photo ends at the neck."""
    chest = _cut(pixels, face, _CHEST)
    if skin is not None and len(chest):
        clothed = chest[_distances(chest, skin) > _APART]
        chest = clothed if len(clothed) > len(chest) / 4 else chest
    return _strongest(chest)


def _strongest(pixels: Pixels) -> str:
    """Return the group of pixels whose color is both strong and common."""
    if len(pixels) < _LEAST_PIXELS:
        return ""
    labels, centers = _groups(pixels)
    strength = centers.max(axis=1) - centers.min(axis=1) + 20
    return _named(centers[int((np.bincount(labels, minlength=len(centers)) * strength).argmax())])


def _groups(pixels: Pixels) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return each pixel's group and the groups' colors; the same for the same pixels."""
    step = max(1, len(pixels) // 4000)
    chosen = np.ascontiguousarray(pixels[::step], np.float32)
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, labels, centers = cv2.kmeans(chosen, 3, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    return labels.ravel(), centers


def _distances(pixels: npt.NDArray[Any], color: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return how far pixels (one per row) are from a color, in Lab."""
    both = np.vstack([pixels, color[None]]).astype(np.uint8)[None]
    lab = cv2.cvtColor(both, cv2.COLOR_BGR2LAB)[0].astype(np.float32) * (100 / 255, 1, 1)
    distances: npt.NDArray[Any] = np.linalg.norm(lab[:-1] - lab[-1], axis=1)
    return distances


def _named(color: npt.NDArray[Any] | None) -> str:
    """Return "#rrggbb", or "" for no color."""
    if color is None:
        return ""
    blue, green, red = (round(float(part)) for part in color)
    return f"#{red:02x}{green:02x}{blue:02x}"
