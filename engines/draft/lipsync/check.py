"""Check, for free, whether a clip has a face whose lips can be moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from engines.draft.canvas import Pixels
from engines.draft.clip import frame_planes
from engines.draft.lipsync.face import SMALLEST_FACE_SHARE, Face, FaceFinder, search_picture
from engines.draft.lipsync.findings import FaceCheck
from engines.draft.lipsync.lips import lower_face, mouth_covered
from engines.errors import InputError, MediaToolError, WorkCancelled
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.upright import orientation
from engines.media.video_frames import shown_pictures

# Share of the lip area. On nine faces, real and drawn, a microphone covered at least 0.72 of it and a beard at most
# 0.36; uncovered lips stayed below 0.22 wherever the face was located correctly.
_COVERED = 0.6
# Share of the usual height. When a microphone covers the real face, something smaller, such as a shoulder or a lit
# window, is sometimes mistaken for it.
_MIN_USUAL_HEIGHT = 0.7


@dataclass
class _Seen:
    """What each look found: the face count; the (height, seconds) of each face; the same for hidden mouths."""

    counts: list[int] = field(default_factory=list)
    heights: list[tuple[float, float]] = field(default_factory=list)
    hidden: list[tuple[float, float]] = field(default_factory=list)
    aside: int = 0

    @property
    def share(self) -> float:
        return len(self.heights) / len(self.counts) if self.counts else 0.0

    @property
    def height(self) -> float:
        return float(np.median([height for height, _ in self.heights])) if self.heights else 0.0

    @property
    def most(self) -> int:
        """How many faces are visible at once, ignoring brief extra ones, which are patterns in the background."""
        return sorted(self.counts, reverse=True)[len(self.counts) // 6] if self.counts else 0

    @property
    def hidden_at(self) -> list[float]:
        return self._usual_times(self.hidden)

    @property
    def often_hidden(self) -> bool:
        """Whether the mouth is hidden repeatedly; a single hit can be a face that was located off-center."""
        return len(self.hidden_at) > 1 and len(self.hidden_at) * 4 >= len(self._usual_times(self.heights))

    def _usual_times(self, looks: list[tuple[float, float]]) -> list[float]:
        """Return the times at which a face of about the usual height was seen."""
        return [seconds for height, seconds in looks if height >= _MIN_USUAL_HEIGHT * self.height]


def face_check(path: Path, *, looks: int = 12, cancelled: Callable[[], bool] = lambda: False) -> FaceCheck:
    """Check whether a paid or draft lip-sync can work on this clip.

    Raises InputError for a file without pictures, MediaToolError for one that cannot be decoded, WorkCancelled soon
    after `cancelled()` turns true."""
    facts = media_facts(path)
    if facts.kind != "video":
        raise InputError("The file has no video to lip-sync.", code="no_video")
    count = facts.frames or 1
    finder, seen = FaceFinder(), _Seen()
    for seconds, planes in _pictures(path, every=max(1, count // looks)):
        if cancelled():
            raise WorkCancelled
        _look(finder, seen, seconds, planes)
    best = max(seen.heights)[1] if seen.heights else 0.0
    return FaceCheck(
        usable=seen.share >= 0.5 and seen.height >= SMALLEST_FACE_SHARE,
        share=seen.share,
        height_share=seen.height,
        faces=seen.most,
        seconds=seen.hidden_at[0] if seen.often_hidden else best,
        problems=tuple(_problems(seen)),
        looks=len(seen.counts),
        hidden=len(seen.hidden_at),
        aside=seen.aside,
    )


def _look(finder: FaceFinder, seen: _Seen, seconds: float, planes: list[Pixels]) -> None:
    small, _ = search_picture(planes[0])
    faces = finder.find(small)
    # Shadows that look like small faces appear on or next to a real one.
    real = [
        face for face in faces if face is faces[0] or (face.width > faces[0].width * 0.5 and _apart(face, faces[0]))
    ]
    seen.counts.append(len(real))
    if not faces:
        seen.aside += finder.sees_profile(small)
        return
    look = (faces[0].width / small.shape[0], seconds)
    seen.heights.append(look)
    half = (small.shape[1] // 2, small.shape[0] // 2)
    chroma = [cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in planes[1:]]
    if mouth_covered(lower_face([small, *chroma], faces[0])) > _COVERED:
        seen.hidden.append(look)


def _pictures(path: Path, *, every: int) -> Iterator[tuple[float, list[Pixels]]]:
    """Yield the seconds and the upright Y, U, V planes of every `every`th frame."""
    shown, found = Shown(), False
    for number, picture in enumerate(shown_pictures(path)):
        found = True
        if number % every == 0:
            planes = frame_planes(shown.planes(picture.frame))
            yield picture.seconds, [orientation(picture.frame).apply(plane) for plane in planes]
    if not found:
        raise MediaToolError("The picture could not be decoded.")


def _apart(face: Face, other: Face) -> bool:
    return abs(face.x - other.x) >= other.width or abs(face.y - other.y) >= other.width * 1.5


def _problems(seen: _Seen) -> list[str]:
    looked = f"{len(seen.counts)} frames checked"
    aside = f" A face is seen from the side in {seen.aside} of {looked}." if seen.aside else ""
    if seen.share == 0:
        return [f"No frontal face was found. Lip-sync needs a face that looks roughly at the camera.{aside}"]
    problems = []
    if seen.share < 0.5:
        problems.append(
            f"A face is visible in only {seen.share:.0%} of the clip; it may be turned away or hidden.{aside}"
        )
    if seen.height < 0.15:
        problems.append(f"The face is small ({seen.height:.0%} of the picture's height); a closer shot works better.")
    if seen.often_hidden:
        problems.append(
            f"The mouth is hidden in {len(seen.hidden_at)} of {looked}, by a microphone or something similar; "
            "lips would be drawn over it."
        )
    if seen.most > 1:
        problems.append(f"Up to {seen.most} faces are visible at the same time; turn on active speaker detection.")
    return problems
