"""Who or what should stay in view, moment by moment, and which of several faces leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.faces.found import ClipFaces, Moment, SeenFace

# A face that is out of sight for no longer was there all the time: it turned, or something passed in front of it.
_GAP_SECONDS = 1.0
# Another face has to lead for about this long before the view changes to it.
_HYSTERESIS_SECONDS = 2.5
_MOST_FACES = 6
# Faces seen in a smaller share of a shot don't decide what it shows.
_LEAST_SHARE = 0.08
# Others are taken along if they are this large, relative to the leading one.
_COMPANION_SIZE = 0.45

Row = npt.NDArray[Any]


@dataclass(frozen=True)
class Box:
    """Left, top, right and bottom as shares of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def with_(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Target:
    """At `time`, the box of the leading face, and that of everybody who should be seen with it (`company`)."""

    time: float
    face: Box
    company: Box


@dataclass(frozen=True)
class ShotFaces:
    """The moments of one shot of a clip, [start, end) seconds."""

    start: float
    end: float
    moments: tuple[Moment, ...]

    def numbers(self) -> list[int]:
        """Return the faces that matter here, those seen most first."""
        seen: dict[int, float] = {}
        for moment in self.moments:
            for face in moment.faces:
                seen[face.face] = seen.get(face.face, 0.0) + face.height
        times = {number: sum(any(f.face == number for f in moment.faces) for moment in self.moments) for number in seen}
        lasting = [number for number in seen if times[number] >= _LEAST_SHARE * len(self.moments)]
        return sorted(lasting, key=lambda number: -seen[number])[:_MOST_FACES]


def shots_of(faces: ClipFaces, end: float, frame_seconds: float) -> list[ShotFaces]:
    """Split a clip at its cuts. They are put half a picture early, so that rounding leaves no picture on the wrong
    side."""
    cuts = [cut - frame_seconds / 2 for cut in faces.cuts if 0 < cut < end]
    bounds = [0.0, *cuts, max(end, *cuts, 0.0) if cuts else end]
    return [
        ShotFaces(low, high, tuple(moment for moment in faces.moments if low <= moment.time < high))
        for low, high in pairwise(bounds)
        if high > low
    ]


def shot_targets(shot: ShotFaces, size: tuple[int, int], room: tuple[float, float]) -> list[Target]:
    """Return the leading face at each moment at which it is seen. `size` is the picture's in pixels, `room` that of the
    view as shares of the picture."""
    numbers = shot.numbers()
    if not numbers:
        return []
    leads = _leads(shot.moments, numbers, size)
    targets = []
    for moment, lead in zip(shot.moments, leads, strict=True):
        face = next((face for face in moment.faces if face.face == lead), None)
        if face is not None:
            box = _box(face, size)
            targets.append(Target(moment.time, box, _company(moment, face, box, size, room)))
    return targets


def face_targets(shot: ShotFaces, number: int, size: tuple[int, int]) -> list[Target]:
    """Return where one face is."""
    found = [(moment.time, face) for moment in shot.moments for face in moment.faces if face.face == number]
    return [Target(time, box, box) for time, face in found for box in [_box(face, size)]]


def between(targets: Sequence[Target], times: Row) -> list[Target | None]:
    """Return the target at each of the times: between two looks it moves evenly, and it is unknown in long gaps."""
    known = np.array([target.time for target in targets])
    filled: list[Target | None] = []
    for moment in times:
        after = int(np.searchsorted(known, moment))
        if after < len(known) and abs(known[after] - moment) < 1e-6:
            filled.append(targets[after])
        elif 0 < after < len(known) and known[after] - known[after - 1] <= _GAP_SECONDS:
            share = (moment - known[after - 1]) / (known[after] - known[after - 1])
            before, later = targets[after - 1], targets[after]
            filled.append(
                Target(moment, _mixed(before.face, later.face, share), _mixed(before.company, later.company, share))
            )
        else:
            edges = [targets[index] for index in (after - 1, after) if 0 <= index < len(known)]
            near = min(edges, key=lambda target: abs(target.time - moment)) if edges else None
            filled.append(near if near is not None and abs(near.time - moment) <= 0.3 else None)
    return filled


def _leads(moments: Sequence[Moment], numbers: Sequence[int], size: tuple[int, int]) -> list[int]:
    """Return the leading face at each moment: large, near the middle, singing; changed only for a good while (the path
    of the highest sum, with a price for each change)."""
    worth = np.array([[_worth(moments, index, number, size) for number in numbers] for index in range(len(moments))])
    steps = np.diff([moment.time for moment in moments])
    pace = float(np.median(steps)) if len(steps) else 0.125
    price = _HYSTERESIS_SECONDS / max(pace, 1e-3) * float(worth.max(axis=1).mean())
    best, came = worth[0].copy(), []
    for row in worth[1:]:
        other = int(best.argmax())
        changed = best[other] - price > best
        came.append(np.where(changed, other, np.arange(len(numbers))))
        best = np.where(changed, best[other] - price, best) + row
    lead = int(best.argmax())
    leads = [lead]
    for back in reversed(came):
        lead = int(back[lead])
        leads.append(lead)
    return [numbers[lead] for lead in reversed(leads)]


def _worth(moments: Sequence[Moment], index: int, number: int, size: tuple[int, int]) -> float:
    face = next((face for face in moments[index].faces if face.face == number), None)
    if face is None:
        return 0.0
    near = [
        other.mouth_open
        for moment in moments[max(0, index - 8) : index + 9]
        for other in moment.faces
        if other.face == number and not other.mouth_hidden
    ]
    singing = min(1.0, 4 * float(np.std(near))) if len(near) > 3 else 0.0
    away = abs(face.middle[0] / size[0] - 0.5) + abs(face.middle[1] / size[1] - 0.5)
    return float((face.height / size[1]) ** 0.75 * (1 + singing) * (1 - 0.3 * min(away, 1.0)))


def _company(moment: Moment, lead: SeenFace, box: Box, size: tuple[int, int], room: tuple[float, float]) -> Box:
    """Return the box of the leading face and the others that fit into the view with it."""
    together = box
    others = [face for face in moment.faces if face.face != lead.face and face.height > _COMPANION_SIZE * lead.height]
    for face in sorted(others, key=lambda face: abs(face.middle[0] - lead.middle[0])):
        wider = together.with_(_box(face, size))
        if wider.right - wider.left < 0.95 * room[0] and wider.bottom - wider.top < 0.95 * room[1]:
            together = wider
    return together


def _box(face: SeenFace, size: tuple[int, int]) -> Box:
    return Box(face.x / size[0], face.y / size[1], (face.x + face.width) / size[0], (face.y + face.height) / size[1])


def _mixed(one: Box, other: Box, share: float) -> Box:
    return Box(*(
        (1 - share) * getattr(one, side) + share * getattr(other, side) for side in ("left", "top", "right", "bottom")
    ))  # fmt: skip
