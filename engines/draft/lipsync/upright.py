"""Rotate a stored picture to the orientation its file asks for."""

import cv2

from engines.draft.canvas import Pixels

# The file's display rotation is counter-clockwise.
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def upright(plane: Pixels, degrees: int) -> Pixels:
    turn = _TURNS.get(degrees % 360)
    return plane if turn is None else cv2.rotate(plane, turn)
