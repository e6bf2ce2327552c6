"""What a clip's faces mean for a lip-sync: whether one can be moved, and what stands in the way, each with a moment
that shows it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from engines.faces.found import ClipFaces, Moment, SeenFace

# A face must be this tall in the frame for its mouth to be worth moving.
SMALLEST_FACE_SHARE = 0.1
# Smaller than either, and the result is soft: models work on crops of a few hundred pixels.
_SMALL_SHARE, _SMALL_PIXELS = 0.15, 96
# Degrees. Beyond the first, most models smear the far corner of the mouth; beyond the second, half of it is hidden.
_TURNED, _ASIDE = 35.0, 60.0
# A look at the ceiling or the floor.
_NODDED = 35.0
# Share of the looks from which on something is worth a sentence.
_OFTEN = 0.25
# A second face of this share of the first one's size could be the one who sings.
_RIVAL = 0.4
# Up to this share of the looks, a second face is somebody who passes.
_BRIEFLY = 1 / 6


class FaceKind(StrEnum):
    """What was found. Models can cope with the last two kinds of problems, see `copes_with` in the flavors."""

    NONE = "no_face"
    RARE = "rarely_seen"
    SMALL = "small"
    SEVERAL = "several"
    CUT = "cut"
    PROFILE = "profile"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Finding:
    """A sentence and the moment that shows it. Not every finding is a problem: lips survive a cut inside the clip."""

    kind: FaceKind
    sentence: str
    seconds: float
    problem: bool = True


@dataclass(frozen=True)
class FaceCheck:
    """Whether a clip's face can be lip-synced.

    `share` is the part of the `looks` that had a face whose mouth can be seen, `height_share` its usual height relative
    to the frame's and `height` in pixels, `faces` how many are visible at once, at least now and then. `hidden`
    counts the looks with something in front of the mouth, `turned` and `aside` those in which the face is turned away
    and seen from the side; `seconds` is the best moment to look at."""

    usable: bool
    share: float
    height_share: float
    height: int
    faces: int
    seconds: float
    looks: int
    hidden: int
    turned: int
    aside: int
    cuts: tuple[float, ...]
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(finding.sentence for finding in self.findings if finding.problem)


@dataclass(frozen=True)
class _Subject:
    """The looks at the one who sings: the moment, and the face or None."""

    looks: Sequence[tuple[Moment, SeenFace | None]]

    @property
    def seen(self) -> list[tuple[float, SeenFace]]:
        return [(moment.time, face) for moment, face in self.looks if face is not None]

    def times(self, at_least: float, angle: int = 0) -> list[float]:
        """Return when the yaw (0) or the pitch (1) is at least so many degrees."""
        return [time for time, face in self.seen if abs((face.yaw, face.pitch)[angle]) >= at_least]


def face_check(faces: ClipFaces, *, chosen: tuple[float, float, float] | None = None) -> FaceCheck:
    """Judge a clip for a lip-sync of its largest face, or of the one at `chosen` (seconds, x, y)."""
    picked = faces.face_at(*chosen) if chosen else None
    subject = _Subject([(moment, _singer(faces, moment, picked)) for moment in faces.moments])
    count = len(faces.moments)
    aside = subject.times(_ASIDE)
    share = (len(subject.seen) - len(aside)) / count if count else 0.0
    heights = [face.height for _, face in subject.seen]
    height = median(heights) if heights else 0.0
    rivals = [(moment, _rivals(moment)) for moment in faces.moments]
    most = sorted((number for _, number in rivals), reverse=True)[int(count * _BRIEFLY)] if count else 0
    hidden = [time for time, face in subject.seen if face.mouth_hidden]
    best = max(subject.seen, key=lambda pair: pair[1].height, default=None)
    check = FaceCheck(
        usable=share >= 0.5 and height / max(faces.height, 1) >= SMALLEST_FACE_SHARE,
        share=round(share, 3),
        height_share=round(height / max(faces.height, 1), 3),
        height=round(height),
        faces=most,
        seconds=best[0] if best else 0.0,
        looks=count,
        hidden=len(hidden),
        turned=len(subject.times(_TURNED)),
        aside=len(aside),
        cuts=faces.cuts,
        findings=(),
    )
    found = tuple(_findings(check, subject, hidden, rivals, picked is not None))
    seconds = next((finding.seconds for finding in found if finding.problem), check.seconds)
    return FaceCheck(**{**vars(check), "findings": found, "seconds": seconds})


def _singer(faces: ClipFaces, moment: Moment, picked: SeenFace | None) -> SeenFace | None:
    """Return who sings at a moment: the chosen face while it is in its shot, otherwise the largest."""
    if picked is not None:
        for face in moment.faces:
            if face.face == picked.face:
                return face
        if _shot_of(faces, moment.time) == _shot_with(faces, picked):
            return None
    return max(moment.faces, key=lambda face: face.height, default=None)


def _shot_of(faces: ClipFaces, seconds: float) -> int:
    return sum(cut <= seconds for cut in faces.cuts)


def _shot_with(faces: ClipFaces, picked: SeenFace) -> int:
    times = [moment.time for moment in faces.moments for face in moment.faces if face.face == picked.face]
    return Counter(_shot_of(faces, time) for time in times).most_common(1)[0][0]


def _rivals(moment: Moment) -> int:
    """Return how many faces are large enough to be the singer's."""
    tallest = max((face.height for face in moment.faces), default=0.0)
    return sum(face.height >= _RIVAL * tallest for face in moment.faces)


def _findings(
    check: FaceCheck, subject: _Subject, hidden: list[float], rivals: list[tuple[Moment, int]], chosen: bool
) -> list[Finding]:
    looked = f"{check.looks} frames checked"
    aside = subject.times(_ASIDE)
    if not subject.seen:
        return [Finding(FaceKind.NONE, "No face was found. Lip-sync needs a face that can be seen.", 0.0)]
    found = []
    if check.share < 0.5 and len(aside) * 2 < len(subject.seen):
        gone = next((moment.time for moment, face in subject.looks if face is None), check.seconds)
        sentence = f"A face is visible in only {len(subject.seen) / check.looks:.0%} of the clip."
        found.append(Finding(FaceKind.RARE, sentence, gone))
    if check.height_share < _SMALL_SHARE or check.height < _SMALL_PIXELS:
        sentence = (
            f"The face is small ({check.height} pixels, {check.height_share:.0%} of the picture's height); a closer "
            "shot works better."
        )
        found.append(Finding(FaceKind.SMALL, sentence, check.seconds))
    if len(hidden) > 1 and len(hidden) >= _OFTEN * len(subject.seen):
        sentence = (
            f"The mouth is hidden in {len(hidden)} of {looked}, by a hand, a microphone or something similar; lips "
            "would be drawn over it."
        )
        found.append(Finding(FaceKind.HIDDEN, sentence, hidden[len(hidden) // 2]))
    found += _poses(subject, looked)
    if check.faces > 1 and not chosen:
        crowd = next(moment.time for moment, number in rivals if number >= check.faces)
        sentence = f"Up to {check.faces} faces are visible at the same time; choose the one who sings."
        found.append(Finding(FaceKind.SEVERAL, sentence, crowd))
    if check.cuts:
        times = ", ".join(f"{cut:.1f} s" for cut in check.cuts[:4])
        sentence = f"The picture cuts to another shot at {times}; check there whether the right mouth moves."
        found.append(Finding(FaceKind.CUT, sentence, check.cuts[0], problem=False))
    return found


def _poses(subject: _Subject, looked: str) -> list[Finding]:
    turned, nodded = subject.times(_TURNED), subject.times(_NODDED, angle=1)
    least = max(2, _OFTEN * len(subject.seen))
    if len(turned) >= least:
        furthest = max(subject.seen, key=lambda pair: abs(pair[1].yaw))
        sentence = f"The face is turned to the side in {len(turned)} of {looked}, by up to {abs(furthest[1].yaw):.0f}°."
        return [Finding(FaceKind.PROFILE, sentence, furthest[0])]
    if len(nodded) >= least:
        furthest = max(subject.seen, key=lambda pair: abs(pair[1].pitch))
        way = "up" if furthest[1].pitch > 0 else "down"
        sentence = f"The face looks {way} in {len(nodded)} of {looked}, by up to {abs(furthest[1].pitch):.0f}°."
        return [Finding(FaceKind.PROFILE, sentence, furthest[0])]
    return []
