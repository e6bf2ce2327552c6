"""Whether something is in front of a mouth: a microphone, a cup, a scarf, a hand.

The mesh always has lips, even where none can be seen. Two things give a covered mouth away. The area of the lips lacks
the redness that skin and lips share (a thing), or it looks just like the skin around it while the mesh's lips move
about with each slightly shifted look (a hand).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.faces.face import CHEEKS, INSIDE, LIPS, Face
from engines.faces.networks import SIDE, Networks, Pixels, Region, region_matrix

# Of the redness of the cheeks (Cr - Cb). On real faces lips lost at most 0.1 of it, behind a microphone 0.6 to 1.1.
_LOST_REDNESS = 0.4
# Less redness than this is noise, or a picture without color.
_COLORLESS = 6.0
# Lips that differ less than this from the skin around them, in levels of luma and color. Hands differed by 3 to 20,
# lips by 26 to 38 on a man and by 10 on a smiling woman.
_LIKE_SKIN, _JUST_LIKE_SKIN = 21.0, 9.0
# How far the lips of the first kind and of the second move between looks, in distances of the eyes' corners: 0.013 to
# 0.033 behind hands; 0.008 to 0.013 where lips can be seen and don't move, but up to 0.037 in a shout.
_UNSTEADY, _A_LITTLE_UNSTEADY = 0.0155, 0.0122
# Without color: luma of the lips relative to the cheeks', 0.59 or more where they can be seen and 0.2 to 0.46 behind a
# microphone, and how far they then move.
_DARK, _UNSTEADY_DARK = 0.5, 0.0135
# A smaller or darker face shows too little to tell.
_LEAST_SIDE, _TOO_DARK = 48, 48.0
# Pale lips of a face smaller than this look like skin and are as unsteady as behind a hand.
_LEAST_SIDE_FOR_HANDS = 128
_LOOKS = ((0.04, 0.0, 1.0, 0.05), (-0.04, 0.0, 1.0, -0.05), (0.0, 0.05, 1.05, 0.0), (0.0, -0.05, 0.93, 0.0))

Field = npt.NDArray[Any]


def mouth_hidden(networks: Networks, picture: Pixels, face: Face) -> bool:
    """Return whether the face's mouth is covered in this RGB picture."""
    if face.side < _LEAST_SIDE:
        return False
    crop, upright = _upright(picture, face)
    luma, red, blue = (plane.astype(np.float32) for plane in cv2.split(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)))
    lips = upright.outline(LIPS, crop.shape)
    ring = lips & ~upright.outline(INSIDE, crop.shape)
    cheeks, near = _cheeks(upright, crop.shape), _around(lips)
    if min(ring.sum(), cheeks.sum(), near.sum()) < 8 or float(np.median(luma[cheeks])) < _TOO_DARK:
        return False
    skin = float(np.median((red - blue)[cheeks]))
    if skin > _COLORLESS and skin - float((red - blue)[ring].mean()) > _LOST_REDNESS * skin:
        return True
    if skin <= _COLORLESS and float(luma[ring].mean()) < _DARK * float(np.median(luma[cheeks])):
        return _unsteadiness(networks, picture, face) > _UNSTEADY_DARK
    if face.side < _LEAST_SIDE_FOR_HANDS:
        return False
    apart = [float(plane[ring].mean() - np.median(plane[near])) for plane in (luma, red, blue)]
    different = float(np.linalg.norm(apart))
    allowed = _A_LITTLE_UNSTEADY if different < _JUST_LIKE_SKIN else _UNSTEADY
    return different < _LIKE_SKIN and _unsteadiness(networks, picture, face) > allowed


def _upright(picture: Pixels, face: Face) -> tuple[Pixels, Face]:
    """Return the face's region as an upright square, and the face in its pixels."""
    turn = region_matrix(face.region, SIDE)
    crop = cv2.warpAffine(picture, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mesh = face.mesh.copy()
    mesh[:, :2] = mesh[:, :2] @ turn[:, :2].T + turn[:, 2]
    return crop, Face(mesh, face.confidence)


def _cheeks(face: Face, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(shape[:2], np.uint8)
    for index in CHEEKS:
        x, y = face.mesh[index, :2].round().astype(int)
        cv2.circle(mask, (int(x), int(y)), 4, 1, -1)
    return mask > 0


def _around(lips: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the skin around the lips, without their edge."""
    grown = [
        cv2.dilate(lips.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        for size in (7, 25)
    ]
    around: npt.NDArray[np.bool_] = (grown[1] > 0) & (grown[0] == 0)
    return around


def _unsteadiness(networks: Networks, picture: Pixels, face: Face) -> float:
    """Return how much the mesh's lips depend on where exactly it looks, in distances of the eyes' corners."""
    region = face.region
    looks = [face.mesh[list(LIPS), :2]]
    for right, down, larger, turned in _LOOKS:
        look = Region(
            region.x + right * region.side, region.y + down * region.side, region.side * larger, region.roll + turned
        )
        looks.append(networks.mesh(picture, look)[0][list(LIPS), :2])
    spread = np.linalg.norm(np.std(looks, axis=0), axis=1).mean()
    return float(spread) / max(face.eyes_apart, 1e-6)
