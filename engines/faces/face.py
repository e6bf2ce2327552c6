"""One face in one picture: its mesh, and what follows from it: box, head pose, lips.

Indices are those of MediaPipe's face mesh. "Left" and "right" of points are the person's own.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.faces.networks import Points, Region

RIGHT_EYE, LEFT_EYE = 33, 263  # their outer corners
UPPER_LIP, LOWER_LIP = 13, 14  # the middles of the lips' inner edges
RIGHT_CORNER, LEFT_CORNER = 61, 291
CHIN, FOREHEAD = 152, 10
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INSIDE = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
CHEEKS = (50, 280, 205, 425, 117, 346)
# A mouth is wide open when the lips are this far apart, in distances of the eyes' outer corners.
_WIDE_OPEN = 0.42
# Closed lips are measured this far apart.
_CLOSED = 0.02
# The mesh's region is this much larger than the mesh.
_ROOM = 1.5

# Points that no expression moves, in centimeters: x to the person's left, y up, z towards the camera. From MediaPipe's
# canonical_face_model.obj (Apache-2.0).
_RIGID = {
    1: (0.0, -1.127, 7.476),
    4: (0.0, -0.463, 7.587),
    5: (0.0, 0.366, 7.243),
    6: (0.0, 2.473, 5.789),
    8: (0.0, 4.019, 5.285),
    9: (0.0, 4.886, 5.385),
    10: (0.0, 8.262, 4.482),
    168: (0.0, 3.271, 5.236),
    33: (-4.446, 2.664, 3.173),
    263: (4.446, 2.664, 3.173),
    133: (-1.856, 2.585, 3.758),
    362: (1.856, 2.585, 3.758),
    127: (-7.743, 2.365, -2.005),
    356: (7.743, 2.365, -2.005),
    234: (-7.664, 0.673, -2.436),
    454: (7.664, 0.673, -2.436),
}
_RIGID_POINTS = list(_RIGID)
# In the picture, y runs down and z away from the camera.
_RIGID_MODEL = np.array(list(_RIGID.values())) * (1, -1, -1)


@dataclass(frozen=True)
class Face:
    """A face in a picture, in its pixels.

    `mesh` holds 468 points (x, y, z; a smaller z is closer), `confidence` is 0…1, `number` tells the faces of a clip
    apart, `mouth_hidden` says whether something is in front of the mouth."""

    mesh: Points
    confidence: float
    number: int = 0
    mouth_hidden: bool = False

    def numbered(self, number: int) -> "Face":
        return replace(self, number=number)

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, width and height, from the forehead to the chin."""
        low, high = self.mesh[:, :2].min(axis=0), self.mesh[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

    @property
    def middle(self) -> tuple[float, float]:
        x, y, width, height = self.box
        return x + width / 2, y + height / 2

    def holds(self, x: float, y: float) -> bool:
        """Return whether a point is in the face's box."""
        left, top, width, height = self.box
        return left <= x <= left + width and top <= y <= top + height

    @property
    def side(self) -> float:
        return max(self.box[2:])

    @property
    def slope(self) -> float:
        """Return the slope of the eyes in the picture, in radians."""
        across = self.mesh[LEFT_EYE, :2] - self.mesh[RIGHT_EYE, :2]
        return float(np.arctan2(across[1], across[0]))

    @property
    def region(self) -> Region:
        """Return the square in which the mesh of this face is measured."""
        x, y = self.middle
        # Upright, so that a turned head's box doesn't grow with the turn.
        cosine, sine = np.cos(-self.slope), np.sin(-self.slope)
        flat = (self.mesh[:, :2] - (x, y)) @ np.array([[cosine, sine], [-sine, cosine]])
        low, high = flat.min(axis=0), flat.max(axis=0)
        off = (low + high) / 2 @ np.array([[cosine, -sine], [sine, cosine]])
        return Region(x + float(off[0]), y + float(off[1]), _ROOM * float((high - low).max()), self.slope)

    @cached_property
    def pose(self) -> tuple[float, float, float]:
        """Return yaw, pitch and roll in degrees: positive when the head turns to the picture's right, looks up, and
        leans clockwise."""
        return head_pose(self.mesh)

    @property
    def eyes_apart(self) -> float:
        return float(np.linalg.norm(self.mesh[LEFT_EYE] - self.mesh[RIGHT_EYE]))

    @property
    def mouth_open(self) -> float:
        """Return how far the lips are apart, 0…1, whatever the head's pose."""
        apart = float(np.linalg.norm(self.mesh[LOWER_LIP] - self.mesh[UPPER_LIP])) / max(self.eyes_apart, 1e-6)
        return float(np.clip((apart - _CLOSED) / (_WIDE_OPEN - _CLOSED), 0, 1))

    def outline(self, indices: tuple[int, ...], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """Return a mask of the area that these points enclose."""
        mask = np.zeros(shape[:2], np.uint8)
        cv2.fillPoly(mask, [self.mesh[list(indices), :2].round().astype(np.int32)], 1)
        return mask > 0


def head_pose(mesh: Points) -> tuple[float, float, float]:
    """Return yaw, pitch and roll (see `Face.pose`): the rotation that lays a usual head's rigid points on the mesh's,
    with the least squares (Kabsch)."""
    points = mesh[_RIGID_POINTS] - mesh[_RIGID_POINTS].mean(axis=0)
    model = _RIGID_MODEL - _RIGID_MODEL.mean(axis=0)
    left, _, right = np.linalg.svd(points.T @ model)
    keep: npt.NDArray[Any] = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    rotation = left @ keep @ right
    forward, across = rotation @ (0, 0, -1), rotation @ (1, 0, 0)
    yaw = np.degrees(np.arctan2(forward[0], -forward[2]))
    pitch = np.degrees(np.arcsin(np.clip(-forward[1], -1, 1)))
    roll = np.degrees(np.arctan2(across[1], across[0]))
    return float(yaw), float(pitch), float(roll)
