"""Looking at a clip: every face over time, and the cuts inside the clip."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.errors import InputError, MediaToolError, WorkCancelled
from engines.faces.cuts import CutFinder
from engines.faces.face import Face
from engines.faces.found import ClipFaces, Moment, SeenFace
from engines.faces.seeing import Seer, same_face, working_picture
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.video_frames import shown_pictures

# Moments of a clip that are looked at: so many a second, but never more than this in all.
LOOKS_PER_SECOND, MOST_LOOKS = 8, 480
# The slow search for small faces takes place this often, and after each cut.
_THOROUGH_EVERY_SECONDS = 1.0
# A face that was out of sight for longer counts as another.
_MEMORY_SECONDS = 1.0
# A face of less confidence that is seen once only is a pattern in the background.
_SURE_AT_ONCE = 0.7


def clip_faces(path: Path, *, cancelled: Callable[[], bool] = lambda: False) -> ClipFaces:
    """Look at a clip's faces.

    Raises InputError for a file without pictures, MediaToolError for one that can't be decoded, FacesUnavailable
    without the networks, WorkCancelled soon after `cancelled()` turns true."""
    facts = media_facts(path)
    if facts.kind != "video":
        raise InputError("The file has no video to look at.", code="no_video")
    cv2.setNumThreads(1)
    seer, cuts, numbering = Seer(), CutFinder(), _Numbering()
    step = max(1 / LOOKS_PER_SECOND, float(facts.picture_end) / MOST_LOOKS)
    moments, before, searched, size = [], list[Face](), -_THOROUGH_EVERY_SECONDS, (0, 0)
    due = 0.0
    for seconds, planes in _pictures(path):
        if cancelled():
            raise WorkCancelled
        if cuts.see(seconds, planes[0]):
            before, due, searched = [], seconds, -_THOROUGH_EVERY_SECONDS
            numbering.cut()
        if seconds + 1e-6 < due:
            continue
        due = max(due + step, seconds + step / 2)
        size = (planes[0].shape[1], planes[0].shape[0])
        picture, factor = working_picture(planes)
        thorough = seconds - searched >= _THOROUGH_EVERY_SECONDS
        faces = seer.faces(picture, near=before, thorough=thorough)
        if thorough:
            searched = seconds
        before = [seer.with_mouth(picture, face) for face in numbering.number(faces, seconds)]
        moments.append(Moment(round(seconds, 3), tuple(_seen(face, factor) for face in before)))
    if not moments:
        raise MediaToolError("The picture could not be decoded.")
    return ClipFaces(*size, _settled(moments), tuple(round(cut, 3) for cut in cuts.found))


def _pictures(path: Path) -> Iterator[tuple[float, list[Any]]]:
    """Yield the seconds and the upright Y, U, V planes of every frame."""
    shown = Shown()
    for picture in shown_pictures(path):
        yield picture.seconds, shown.upright_planes(picture.frame)


class _Numbering:
    """Gives each face the number of the one that was there before."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Face]] = {}
        self._next = 0

    def number(self, faces: list[Face], seconds: float) -> list[Face]:
        recent = {number: face for number, (seen, face) in self._known.items() if seconds - seen <= _MEMORY_SECONDS}
        numbered = []
        for face in faces:
            alike = [number for number, other in recent.items() if same_face(face, other)]
            number = min(alike, key=lambda number: _apart(face, recent[number])) if alike else self._next
            self._next = max(self._next, number + 1)
            recent.pop(number, None)
            numbered.append(face.numbered(number))
            self._known[number] = (seconds, face)
        return numbered

    def cut(self) -> None:
        """Forget the faces: the next picture is from another shot."""
        self._known.clear()


def _apart(one: Face, other: Face) -> float:
    (x, y), (u, v) = one.middle, other.middle
    return float(np.hypot(x - u, y - v))


def _seen(face: Face, factor: int) -> SeenFace:
    x, y, width, height = (round(value * factor, 1) for value in face.box)
    yaw, pitch, roll = (round(angle, 1) for angle in face.pose)
    return SeenFace(
        face.number, x, y, width, height, yaw, pitch, roll, round(face.mouth_open, 3), face.mouth_hidden,
        round(face.confidence, 3),
    )  # fmt: skip


def _settled(moments: list[Moment]) -> tuple[Moment, ...]:
    """Drop doubtful faces that were seen once, and hidden mouths that the moments before and after don't confirm."""
    times: dict[int, list[SeenFace]] = {}
    for moment in moments:
        for face in moment.faces:
            times.setdefault(face.face, []).append(face)
    doubtful = {
        number
        for number, seen in times.items()
        if len(moments) > 2 and len(seen) == 1 and seen[0].confidence < _SURE_AT_ONCE
    }
    alone = {id(face) for seen in times.values() for face in _alone(seen)}
    return tuple(
        Moment(
            moment.time,
            tuple(
                replace(face, mouth_hidden=False) if id(face) in alone else face
                for face in moment.faces
                if face.face not in doubtful
            ),
        )
        for moment in moments
    )


def _alone(seen: list[SeenFace]) -> Iterator[SeenFace]:
    """Yield the looks with a hidden mouth between two without."""
    if len(seen) < 3:
        return
    confirmed = {id(face) for pair in pairwise(seen) if all(face.mouth_hidden for face in pair) for face in pair}
    yield from (face for face in seen if face.mouth_hidden and id(face) not in confirmed)
