"""Follow one face through a clip: the cascade finds it every few frames, optical flow on eyes and nose tracks it in
between."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import Face, FaceFinder

_SEARCH_EVERY = 8
# Flow alone is trusted for this many frames after a face was last found.
_MEMORY = 6 * _SEARCH_EVERY


class FaceFollower:
    """Follows a face through frames passed to `see` in order, all of the same size."""

    def __init__(self) -> None:
        self._finder = FaceFinder()
        self._previous: Pixels | None = None
        self._points: npt.NDArray[Any] | None = None
        self._face: Face | None = None
        self._number = -1
        self._seen_at = -_MEMORY
        self._searches, self._hits = 0, 0

    @property
    def sure(self) -> bool:
        """Whether enough searches found the face: flow would carry even one false hit through the whole clip."""
        return self._hits >= 0.4 * self._searches

    def see(self, gray: Pixels) -> Face | None:
        """Return the face in the next frame, or None if it is not in view."""
        self._number += 1
        if self._previous is not None and self._face is not None:
            self._flow(gray, self._face)
        if self._number % (_SEARCH_EVERY if self._face else _SEARCH_EVERY // 2) == 0:
            self._search(gray)
        if self._number - self._seen_at > _MEMORY:
            self._face = None
        self._previous = gray
        return self._face

    def cut(self) -> None:
        """Start over: the next frame may be from another shot, so the face is searched for again."""
        self._previous = self._points = self._face = None
        self._number, self._seen_at = -1, -_MEMORY

    def _search(self, gray: Pixels) -> None:
        self._searches += 1
        before = self._face
        if before is None:
            found = self._finder.find(gray)
            self._face = found[0] if found else None
        else:
            seen = self._finder.find_near(gray, before)
            if seen is None:
                return
            # Boxes jitter; flow is smooth but drifts. Blend the two.
            self._face = Face(
                before.x + 0.25 * (seen.x - before.x),
                before.y + 0.25 * (seen.y - before.y),
                before.width + 0.25 * (seen.width - before.width),
                before.roll,
            )
        if self._face is not None:
            self._seen_at = self._number
            self._hits += 1
            self._renew_points(gray, self._face)

    def _renew_points(self, gray: Pixels, face: Face) -> None:
        """Pick new points to follow, on the face but not on the mouth, which moves independently."""
        mask = np.zeros(gray.shape[:2], np.uint8)
        middle, degrees = (round(face.x), round(face.y)), float(np.degrees(face.roll))
        cv2.ellipse(mask, middle, (round(face.width * 0.36), round(face.width * 0.45)), degrees, 0, 360, 255, -1)
        down = face.width * 0.45
        mouth = (round(face.x - np.sin(face.roll) * down), round(face.y + np.cos(face.roll) * down))
        cv2.circle(mask, mouth, round(face.width * 0.3), 0, -1)
        self._points = cv2.goodFeaturesToTrack(gray, 60, 0.01, max(3, face.width * 0.04), mask=mask)

    def _flow(self, gray: Pixels, face: Face) -> None:
        if self._points is None or len(self._points) < 6 or self._previous is None:
            return
        moved, status, _ = cv2.calcOpticalFlowPyrLK(
            self._previous, gray, self._points, np.empty(0), winSize=(17, 17), maxLevel=3
        )
        kept = status.ravel() == 1
        if kept.sum() < 6:
            self._points = None
            return
        change, _ = cv2.estimateAffinePartial2D(self._points[kept], moved[kept], ransacReprojThreshold=1.5)
        self._points = moved[kept].reshape(-1, 1, 2)
        if change is None:
            return
        scale = float(np.hypot(change[0, 0], change[1, 0]))
        if 0.8 < scale < 1.25:
            x, y = change @ (face.x, face.y, 1)
            turned = float(np.arctan2(change[1, 0], change[0, 0]))
            self._face = Face(float(x), float(y), face.width * scale, face.roll + turned)
