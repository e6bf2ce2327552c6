"""The path on which a clip is cropped to another shape: it keeps the leading face in view, else what draws the eye."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.errors import WorkCancelled
from engines.faces.found import ClipFaces
from engines.following.bars import Content, content_part
from engines.following.drawn import drawn_faces
from engines.following.keys import few_keys
from engines.following.saliency import SIZE, best_places, saliency
from engines.following.smoothing import Wish, smooth_path
from engines.following.targets import ShotFaces, Target, between, face_targets, shot_targets, shots_of
from engines.media.crop_path import MOST_KEYS, Key
from engines.media.facts import MediaFacts
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.video_frames import shown_pictures

Row = npt.NDArray[Any]
Cancelled = Callable[[], bool]
# Seconds of the clip, and shares of its picture.
FacePoint = tuple[float, float, float]

# The narrowest views that are made: of 16:9 in 9:16 across, and of 9:16 in 16:9 down. Wider ones contain them.
_NARROWEST, _WIDEST = 9 / 16, 16 / 9
# Steps of a path: so many a second, but never more than this for one shot.
_STEPS_PER_SECOND, _MOST_STEPS = 12, 600
_LOOKS_PER_SECOND = 4
# Kept free on both sides of a face, in widths or heights of it: at least, and if it costs little.
_LEAST_MARGIN, _MARGIN = 0.08, 0.25
# A face above the middle, as photographers place it: in heights of the view.
_HEADROOM = 0.08
# Where in the view a face looks well: this far from the middle at most, in views.
_EASY = 0.14


@dataclass(frozen=True)
class FacePath:
    """A path that follows one face: its number, when and where (shares of the picture) it is seen best."""

    face: int
    time: float
    x: float
    y: float
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class ClipView:
    """How a clip is shown in other shapes: its path, the part that isn't bars (None: all of it), and paths of single
    faces if there are several."""

    keys: tuple[Key, ...]
    content: Content | None
    faces: tuple[FacePath, ...] = ()


def clip_view(
    video: Path,
    look: Callable[[], ClipFaces | None],
    *,
    lead: FacePoint | None = None,
    cancelled: Cancelled = lambda: False,
) -> ClipView:
    """Find what to follow in a clip. `look` returns its faces, None if they can't be seen on this machine; it isn't
    called for drafts, which know where they drew faces. `lead` is the face to follow as long as it can be seen.

    Raises InputError or MediaToolError for a file without usable pictures, WorkCancelled."""
    facts = media_facts(video)
    seconds = float(facts.picture_end)
    content = content_part(video, seconds)
    seen = drawn_faces(video, facts) or look() or _nobody(facts)
    frame = float(1 / (facts.fps or 24))
    shots = shots_of(seen, seconds, frame)
    shape = (facts.width or seen.width) / (facts.height or seen.height)
    finder = _Finder(video, (seen.width, seen.height), shape, content, cancelled)
    per_shot = max(4, MOST_KEYS // max(1, len(shots)))
    chosen = _chosen(seen, lead)
    keys = [key for shot in shots for key in finder.keys(shot, chosen if chosen in shot.numbers() else None, per_shot)]
    return ClipView(tuple(keys[: _most_keys(shots)]), content, tuple(_single_faces(finder, shots, keys, per_shot)))


def _chosen(seen: ClipFaces, lead: FacePoint | None) -> int | None:
    """Return the number of the face at a point; None if there is none."""
    if lead is None or not seen.moments:
        return None
    face = seen.face_at(lead[0], lead[1] * seen.width, lead[2] * seen.height)
    return face.face if face else None


def _most_keys(shots: Sequence[ShotFaces]) -> int:
    return max(MOST_KEYS, 4 * len(shots))


def _nobody(facts: MediaFacts) -> ClipFaces:
    return ClipFaces(facts.width or 16, facts.height or 9, ())


def _single_faces(
    finder: "_Finder", shots: Sequence[ShotFaces], keys: Sequence[Key], per_shot: int
) -> Iterator[FacePath]:
    """Yield paths for single faces of shots with several; elsewhere they are the clip's own."""
    for index, shot in enumerate(shots):
        numbers = shot.numbers()
        if len(numbers) < 2:
            continue
        for number in numbers[:4]:
            looks = [(m.time, face) for m in shot.moments for face in m.faces if face.face == number]
            best_time, best = max(looks, key=lambda look: look[1].height)
            own = finder.keys(shot, number, per_shot)
            others = [
                key
                for other in (*shots[:index], *shots[index + 1 :])
                for key in keys
                if other.start <= key.time <= other.end and not shot.start <= key.time <= shot.end
            ]
            path = sorted([*others, *own], key=lambda key: key.time)
            x, y = best.middle
            yield FacePath(number, best_time, round(x / finder.size[0], 4), round(y / finder.size[1], 4), tuple(path))


class _Finder:
    """Finds keys for the shots of one clip."""

    def __init__(
        self, video: Path, size: tuple[int, int], shape: float, content: Content | None, cancelled: Cancelled
    ) -> None:
        self._video, self.size, self._cancelled = video, size, cancelled
        self._left, self._top, self._width, self._height = content or (0.0, 0.0, 1.0, 1.0)
        shape *= self._width / max(1e-6, self._height)
        self._room = (
            self._width * min(1.0, _NARROWEST / shape),
            self._height * min(1.0, shape / _WIDEST),
        )

    def keys(self, shot: ShotFaces, face: int | None, most: int) -> list[Key]:
        """Return the shot's keys, following one face, or whoever leads."""
        if self._cancelled():
            raise WorkCancelled
        length = shot.end - shot.start
        count = max(2, min(_MOST_STEPS, round(length * _STEPS_PER_SECOND) + 1))
        times = np.linspace(shot.start, shot.end, count)
        step = length / (count - 1)
        targets = shot_targets(shot, self.size, self._room) if face is None else face_targets(shot, face, self.size)
        wishes = self._of_faces(between(targets, times)) if targets else self._of_pictures(shot, times)
        columns = [
            smooth_path(wish, step, low + room / 2, low + whole - room / 2)
            for wish, room, (low, whole) in zip(
                wishes, self._room, ((self._left, self._width), (self._top, self._height)), strict=True
            )
        ]
        return few_keys(times, columns, most)

    def _of_faces(self, targets: Sequence[Target | None]) -> tuple[Wish, Wish]:
        across, down = (self._left, self._left + self._width), (self._top, self._top + self._height)
        return (
            _wish(targets, ("left", "right"), self._room[0], across, raised=0.0),
            _wish(targets, ("top", "bottom"), self._room[1], down, raised=_HEADROOM),
        )

    def _of_pictures(self, shot: ShotFaces, times: Row) -> tuple[Wish, Wish]:
        """Follow what draws the eye; it is never known well enough to insist on it."""
        looks, maps = self._maps(shot)
        wishes = []
        for axis, (room, first, whole) in enumerate(
            ((self._room[0], self._left, self._width), (self._room[1], self._top, self._height))
        ):
            count = SIZE[axis]
            inside = slice(round(first * count), max(round(first * count) + 1, round((first + whole) * count)))
            profiles = np.array([drawn.sum(axis=axis)[inside] for drawn in maps]) if maps else np.ones((1, 1))
            places = first + whole * best_places(profiles, min(1.0, room / whole))
            middle = np.interp(times, looks or [0.0], places)
            nothing = np.full(len(times), np.nan)
            # What doesn't move is in the middle of the view; what does may leave it, so that the view moves evenly.
            easy = _EASY * room if np.ptp(places) > 0 else 0.0
            loose = (middle - easy, middle + easy)
            wishes.append(Wish((nothing, nothing), loose, (nothing, nothing), loose))
        return wishes[0], wishes[1]

    def _maps(self, shot: ShotFaces) -> tuple[list[float], list[Row]]:
        looks: list[float] = []
        maps: list[Row] = []
        shown, before, due = Shown(), None, shot.start
        for picture in shown_pictures(self._video, from_seconds=shot.start):
            if self._cancelled():
                raise WorkCancelled
            if picture.seconds >= shot.end:
                break
            if picture.seconds < due or picture.seconds < shot.start:
                continue
            due = picture.seconds + 1 / _LOOKS_PER_SECOND
            luma = shown.upright_planes(picture.frame)[0]
            small = cv2.resize(luma, SIZE, interpolation=cv2.INTER_AREA)
            maps.append(saliency(small, before))
            looks.append(picture.seconds)
            before = small
        # The first look has none before it: what moves in the second was there already.
        return looks, [*maps[1:2], *maps[1:]] if len(maps) > 1 else maps


def _wish(
    targets: Sequence[Target | None], sides: tuple[str, str], room: float, whole: tuple[float, float], *, raised: float
) -> Wish:
    """Return the limits of the view's middle along one axis, `room` being the view's length and `whole` where the
    picture begins and ends."""
    face = _spans(targets, "face", sides, whole)
    company = _spans(targets, "company", sides, whole)
    length = face[1] - face[0]
    middle = (face[0] + face[1]) / 2 + raised * room
    return Wish(
        _containing(face, _LEAST_MARGIN * length, room),
        _containing(face, _MARGIN * length, room),
        _containing(company, _LEAST_MARGIN * length, room),
        (middle - _EASY * room, middle + _EASY * room),
    )


def _spans(
    targets: Sequence[Target | None], name: str, sides: tuple[str, str], whole: tuple[float, float]
) -> tuple[Row, Row]:
    low, high = (
        np.array([getattr(getattr(target, name), side) if target else np.nan for target in targets]) for side in sides
    )
    return np.clip(low, *whole), np.clip(high, *whole)


def _containing(span: tuple[Row, Row], margin: Row, room: float) -> tuple[Row, Row]:
    """Return where the middle of a view may be that contains a span with margins; its middle if it is too long."""
    low, high = span[1] + margin - room / 2, span[0] - margin + room / 2
    middle = (low + high) / 2
    fits = low <= high
    return np.where(fits, low, middle), np.where(fits, high, middle)
