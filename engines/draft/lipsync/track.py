"""Track a mouth through a clip: follow the face, measure its lips, smooth both."""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import Face, Inside, MouthTrack, search_picture
from engines.draft.lipsync.follow import FaceFollower
from engines.draft.lipsync.lips import Lips, Lower, Place, lower_face, measure_lips, mouth_inside, mouth_place
from engines.errors import InputError

# Lower faces are collected for this many frames (10 s), then measured against their mean.
_CHUNK = 240
# A mouth open at least this far, in half widths, shows its inside.
_MIN_INSIDE_GAP = 0.3
_NO_FACE = (
    "No face looking at the camera was found for long enough, so there are no lips to move. Use a closer, frontal shot."
)


def found_track(frames_planes: Iterable[Sequence[Pixels]], wanted: npt.NDArray[np.bool_]) -> MouthTrack:
    """Follow the largest face through the `wanted` frames, given as Y, U, V.

    Raises InputError with code no_face when too few of them have one."""
    follower, mouths = FaceFollower(), _Mouths()
    factor, frames = 1, len(wanted)
    for number, planes in enumerate(frames_planes):
        if number >= frames:
            break
        if not wanted[number]:
            follower.cut()
            continue
        luma, factor = search_picture(planes[0])
        face = follower.see(luma)
        if face is not None:
            mouths.add(number, face, lower_face([luma, *_shrunk(planes[1:], luma)], face))
    mouths.measure()
    if len(mouths.rows) < max(3, 0.2 * wanted.sum()) or not follower.sure:
        raise InputError(_NO_FACE, code="no_face")
    return _track(mouths, frames, factor)


class _Mouths:
    """One row of values per frame number, and the inside of the widest-open mouth so far."""

    def __init__(self) -> None:
        self.rows: dict[int, npt.NDArray[Any]] = {}
        self.inside: Inside | None = None
        self._waiting: list[tuple[int, Face, Lower]] = []

    def add(self, number: int, face: Face, lower: Lower) -> None:
        self._waiting.append((number, face, lower))
        if len(self._waiting) >= _CHUNK:
            self.measure()

    def measure(self) -> None:
        if not self._waiting:
            return
        place = mouth_place([lower for _, _, lower in self._waiting])
        for number, face, lower in self._waiting:
            lips = measure_lips(lower, place)
            self.rows[number] = _row(face, place, lips)
            if lips.gap > (self.inside.gap if self.inside else _MIN_INSIDE_GAP):
                self.inside = mouth_inside(lower, place, lips)
        self._waiting = []


def _shrunk(chroma: Sequence[Pixels], luma: Pixels) -> list[Pixels]:
    """Return chroma planes that are no larger than the luma they belong to."""
    return [
        plane
        if plane.shape[1] <= luma.shape[1]
        else cv2.resize(plane, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_AREA)
        for plane in chroma
    ]


def _row(face: Face, place: Place, lips: Lips) -> npt.NDArray[Any]:
    cosine, sine = np.cos(place.tilt), np.sin(place.tilt)
    a = place.a + (lips.p * cosine - lips.line * sine) * place.half
    b = place.b + (lips.p * sine + lips.line * cosine) * place.half
    cosine, sine = np.cos(face.roll), np.sin(face.roll)
    x, y = face.x + (a * cosine - b * sine) * face.width, face.y + (a * sine + b * cosine) * face.width
    roll = face.roll + place.tilt + np.arctan(lips.slope)
    return np.array([x, y, place.half * face.width, roll, lips.bow, lips.top, lips.low])


def _track(mouths: _Mouths, frames: int, factor: int) -> MouthTrack:
    known = np.array(sorted(mouths.rows))
    values = np.array([mouths.rows[number] for number in known])
    full = np.stack([np.interp(np.arange(frames), known, column) for column in values.T], axis=1)
    # Drop single-frame glitches, then smooth each value as far as heads and jaws move smoothly.
    full = scipy.ndimage.median_filter(full, size=(3, 1), mode="nearest")
    for column, sigma in enumerate((1.2, 1.2, 4.0, 2.0, 3.0, 0.8, 0.8)):
        full[:, column] = scipy.ndimage.gaussian_filter1d(full[:, column], sigma, mode="nearest")
    found = np.zeros(frames, bool)
    found[known] = True
    middle = (factor - 1) / 2
    return MouthTrack(
        x=full[:, 0] * factor + middle,
        y=full[:, 1] * factor + middle,
        half=full[:, 2] * factor,
        roll=full[:, 3],
        found=found,
        bow=full[:, 4],
        top=full[:, 5],
        low=full[:, 6],
        drawn=False,
        inside=mouths.inside,
    )
