"""Finding a face and following its mouth through a clip.

OpenCV's Haar cascade finds frontal faces now and then, optical flow carries the mouth between them, and a smooth
curve through both takes out the trembling. Where our own draft drew the face, the clip itself tells where its mouth is.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when first used: half a second of every process's start

from apps.core.errors import InputError
from apps.media.probe import open_media, picture_stream
from apps.providers.draft.canvas import Pixels
from apps.providers.draft.lipsync.upright import upright

# Faces are looked for on pictures of about this height: enough for a face of a tenth of it.
_SEARCH_HEIGHT = 400
_SEARCH_EVERY = 8
# A face must be this tall in the frame for its mouth to be worth moving.
SMALLEST_FACE_SHARE = 0.1
_DRAWN_MOUTH_HALF = 0.125  # of the head's height
_CHIN = 2.0


@dataclass(frozen=True)
class MouthTrack:
    """The mouth in each frame, in pixels of the full picture: middle of the lip line, half its width, roll in radians.
    `chin` is the chin's distance in half widths. `found` tells in which frames a face was seen at all."""

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    half: npt.NDArray[Any]
    roll: npt.NDArray[Any]
    found: npt.NDArray[Any]
    drawn: bool
    chin: float = _CHIN


@dataclass(frozen=True)
class FaceCheck:
    """Whether a clip's face can be lip-synced. `share` of the looked-at frames had one; `height_share` is its usual
    height against the frame's; `faces` the most seen at once; `seconds` a moment that shows the finding."""

    usable: bool
    share: float
    height_share: float
    faces: int
    seconds: float
    problems: tuple[str, ...]


Box = tuple[int, int, int, int]


class FaceFinder:
    """Frontal faces in grey pictures, largest first, in pixels of the picture given."""

    def __init__(self) -> None:
        self._cascades = [
            cv2.CascadeClassifier(f"{cv2.data.haarcascades}{name}.xml")  # type: ignore[attr-defined]
            for name in ("haarcascade_frontalface_alt2", "haarcascade_frontalface_default")
        ]

    def find(self, grey: Pixels) -> list[Box]:
        scale = min(1.0, _SEARCH_HEIGHT / min(grey.shape[:2]))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        smallest = round(min(small.shape[:2]) * SMALLEST_FACE_SHARE)
        for cascade, neighbours in zip(self._cascades, (4, 6), strict=True):
            found = cascade.detectMultiScale(small, 1.12, neighbours, minSize=(smallest, smallest))
            if len(found):
                boxes = [tuple(round(float(side) / scale) for side in box) for box in found]
                return sorted((_upright(box) for box in boxes), key=lambda box: -box[2])
        return []


def _touches(box: Box, other: Box) -> bool:
    return abs(box[0] + box[2] / 2 - other[0] - other[2] / 2) < other[2] and abs(box[1] - other[1]) < other[3] * 1.5


def _upright(box: tuple[int, ...]) -> Box:
    return box[0], box[1], box[2], box[3]


def grey_frames(path: Path, *, every: int = 1) -> Iterator[tuple[float, Pixels]]:
    """(seconds, luma) of every so-manieth frame, upright."""
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise InputError("The file has no moving picture to lip-sync.", code="no_video")
        stream.thread_type = "AUTO"
        for number, frame in enumerate(container.decode(stream)):
            if number % every == 0:
                yield float(frame.time or 0.0), upright(frame.to_ndarray(format="gray"), frame.rotation)


def face_check(path: Path, *, looks: int = 16) -> FaceCheck:
    """Look, for nothing, whether a paid or draft lip-sync can work on this clip."""
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise InputError("The file has no moving picture to lip-sync.", code="no_video")
        count = stream.frames or round(float((container.duration or 0) / 1e6 * (stream.average_rate or 24)))
    finder = FaceFinder()
    seen: list[tuple[float, float]] = []
    most, total = 0, 0
    for seconds, grey in grey_frames(path, every=max(1, count // looks)):
        total += 1
        boxes = finder.find(grey)
        # Shadows that look like small faces stand on or beside a real one.
        real = [box for box in boxes if box is boxes[0] or (box[2] > boxes[0][2] * 0.5 and not _touches(box, boxes[0]))]
        most = max(most, len(real))
        if boxes:
            seen.append((boxes[0][3] / grey.shape[0], seconds))
    share = len(seen) / total if total else 0.0
    height = float(np.median([height for height, _ in seen])) if seen else 0.0
    best = max(seen)[1] if seen else 0.0
    problems = _face_problems(share, height, most)
    return FaceCheck(share >= 0.5 and height >= SMALLEST_FACE_SHARE, share, height, most, best, tuple(problems))


def _face_problems(share: float, height: float, most: int) -> list[str]:
    if share == 0:
        return ["No frontal face was found. Lip-sync needs one face that looks roughly at the camera."]
    problems = []
    if share < 0.5:
        problems.append(f"A face is seen in only {share:.0%} of the clip; it may be turned away or hidden.")
    if height < 0.15:
        problems.append(f"The face is small ({height:.0%} of the picture's height); a closer shot works better.")
    if most > 1:
        problems.append(f"Up to {most} faces are seen at once; turn on active speaker detection.")
    return problems


def drawn_track(path: Path, frames: int) -> MouthTrack | None:
    """The mouth that our own draft drew, from the clip's note; None where there is none, or the clip was cut since."""
    with open_media(path) as container:
        comment = container.metadata.get("comment", "")
    try:
        note = json.loads(comment)
        every, marks = int(note["mouth"]["every"]), np.array(note["mouth"]["marks"], float)
        if int(note["frames"]) != frames or marks.ndim != 2 or marks.shape[1] != 3 or every < 1:
            return None
    except (ValueError, TypeError, KeyError):
        return None
    at = np.minimum(np.arange(len(marks)) * every, frames - 1)
    numbers = np.arange(frames)
    x, y, head = (np.interp(numbers, at, marks[:, column]) for column in range(3))
    return MouthTrack(x, y, head * _DRAWN_MOUTH_HALF, np.zeros(frames), np.ones(frames, bool), drawn=True, chin=1.75)


def found_track(pictures: Sequence[Pixels] | Iterator[Pixels], frames: int) -> MouthTrack:
    """Follow the largest face through grey pictures. Raises InputError with code no_face where there is none."""
    finder = FaceFinder()
    path = _Path(finder)
    for number, grey in enumerate(pictures):
        if number >= frames:
            break
        path.see(number, grey)
    return path.track(frames)


class _Path:
    """Detections and flow, frame by frame."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._previous: Pixels | None = None
        self._points: npt.NDArray[Any] | None = None
        self._state: npt.NDArray[Any] | None = None  # x, y of the face's middle, its width, roll
        self._seen_at = -10_000
        self._states: list[npt.NDArray[Any] | None] = []
        self._lines: list[float] = []
        self._searches, self._hits = 0, 0

    def see(self, number: int, grey: Pixels) -> None:
        if self._previous is not None and self._state is not None:
            self._flow(grey)
        if number % _SEARCH_EVERY == 0 or (self._state is None and number % 4 == 0):
            self._search(number, grey)
        lost = number - self._seen_at > 6 * _SEARCH_EVERY
        if lost:
            self._state = None
        self._states.append(None if self._state is None else self._state.copy())
        self._previous = grey

    def _search(self, number: int, grey: Pixels) -> None:
        boxes = self._finder.find(grey)
        self._searches += number % _SEARCH_EVERY == 0
        if not boxes:
            return
        box = boxes[0] if self._state is None else min(boxes, key=self._distance)
        x, y, wide, high = box
        seen = np.array([x + wide / 2, y + high / 2, float(wide), 0.0])
        if self._state is None:
            self._state = seen
        elif self._distance(box) < 0.35 and 0.7 < wide / self._state[2] < 1.4:
            # Boxes tremble; flow is smooth but drifts. A little of each.
            self._state[:3] += 0.25 * (seen[:3] - self._state[:3])
        else:
            return
        self._seen_at = number
        self._hits += number % _SEARCH_EVERY == 0
        line = lip_line(grey, box)
        if line is not None:
            self._lines.append(line)
        self._renew_points(grey)

    def _distance(self, box: Box) -> float:
        assert self._state is not None  # noqa: S101 - only asked while a face is followed
        middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
        return float(np.hypot(*(middle - self._state[:2])) / self._state[2])

    def _renew_points(self, grey: Pixels) -> None:
        """Points to follow, on the face but not on the mouth, which moves by itself."""
        if self._state is None:
            return
        x, y, wide, _ = self._state
        mask = np.zeros(grey.shape[:2], np.uint8)
        cv2.ellipse(mask, (round(x), round(y)), (round(wide * 0.36), round(wide * 0.45)), 0, 0, 360, 255, -1)
        cv2.rectangle(
            mask, (round(x - wide * 0.28), round(y + wide * 0.15)), (round(x + wide * 0.28), round(y + wide)), 0, -1
        )
        self._points = cv2.goodFeaturesToTrack(grey, 60, 0.01, max(3, wide * 0.04), mask=mask)

    def _flow(self, grey: Pixels) -> None:
        if self._points is None or len(self._points) < 6 or self._state is None or self._previous is None:
            return
        moved, status, _ = cv2.calcOpticalFlowPyrLK(
            self._previous, grey, self._points, np.empty(0), winSize=(21, 21), maxLevel=3
        )
        kept = status.ravel() == 1
        if kept.sum() < 6:
            self._points = None
            return
        change, _ = cv2.estimateAffinePartial2D(self._points[kept], moved[kept], ransacReprojThreshold=2.0)
        self._points = moved[kept].reshape(-1, 1, 2)
        if change is None:
            return
        scale = float(np.hypot(change[0, 0], change[1, 0]))
        if not 0.8 < scale < 1.25:
            return
        self._state[:2] = change @ (self._state[0], self._state[1], 1)
        self._state[2] *= scale
        self._state[3] += float(np.arctan2(change[1, 0], change[0, 0]))

    def track(self, frames: int) -> MouthTrack:
        found = np.array([state is not None for state in self._states] + [False] * (frames - len(self._states)))[
            :frames
        ]
        # Flow would carry a chance hit through the whole clip; a face is found again and again.
        if found.sum() < max(3, 0.2 * frames) or self._hits < 0.4 * self._searches:
            raise InputError(
                "No face that looks at the camera was found for long enough, so there are no lips to move. "
                "Use a closer, frontal shot.",
                code="no_face",
            )
        known = np.flatnonzero(found)
        values = np.array([self._states[number] for number in known])
        full = np.stack([np.interp(np.arange(frames), known, values[:, column]) for column in range(4)], axis=1)
        for column, sigma in ((0, 1.2), (1, 1.2), (2, 4.0), (3, 3.0)):
            full[:, column] = scipy.ndimage.gaussian_filter1d(full[:, column], sigma, mode="nearest")
        line = float(np.median(self._lines)) if self._lines else 0.77
        down = (line - 0.5) * full[:, 2]
        return MouthTrack(
            x=full[:, 0] - np.sin(full[:, 3]) * down,
            y=full[:, 1] + np.cos(full[:, 3]) * down,
            half=full[:, 2] * 0.175,
            roll=full[:, 3],
            found=found,
            drawn=False,
        )


def lip_line(grey: Pixels, box: Box) -> float | None:
    """Where the lips meet, as a share of the face box's height: the darkest line down there. None when unclear."""
    x, y, wide, high = box
    first, last = 0.66, 0.9
    part = grey[round(y + first * high) : round(y + last * high), round(x + 0.38 * wide) : round(x + 0.62 * wide)]
    if part.shape[0] < 8 or part.shape[1] < 6:
        return None
    rows = scipy.ndimage.gaussian_filter1d(part.mean(axis=1).astype(float), max(1.0, high * 0.008))
    # Against what is just above and below: a shadowed chin is dark as a whole.
    around = scipy.ndimage.gaussian_filter1d(rows, max(2.0, high * 0.06))
    depth = around - rows
    # The mouth is expected at 0.77; further off must be clearer.
    places = first + (last - first) * np.arange(len(rows)) / len(rows)
    score = depth * np.exp(-(((places - 0.77) / 0.07) ** 2))
    best = int(np.argmax(score))
    return float(places[best]) if score[best] > 1.0 else None
