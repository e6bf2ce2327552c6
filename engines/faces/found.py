"""What was seen in a clip, as plain values to store and show: every face over time, and the cuts inside the clip."""

from dataclasses import asdict, dataclass
from math import hypot
from typing import Any


@dataclass(frozen=True)
class SeenFace:
    """A face at one moment. `face` numbers the clip's faces in order of appearance, and anew after a cut. The box is in
    pixels of the upright picture. Yaw, pitch and roll in degrees: positive when the head turns to the picture's right,
    looks up, and leans clockwise. `mouth_open` and `confidence` are 0…1."""

    face: int
    x: float
    y: float
    width: float
    height: float
    yaw: float
    pitch: float
    roll: float
    mouth_open: float
    mouth_hidden: bool
    confidence: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Moment:
    """The faces at a time in seconds, the largest first."""

    time: float
    faces: tuple[SeenFace, ...]


@dataclass(frozen=True)
class ClipFaces:
    """What was seen in a clip: the upright picture's size in pixels, its moments, and the seconds at which another shot
    begins."""

    width: int
    height: int
    moments: tuple[Moment, ...]
    cuts: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "ClipFaces":
        moments = tuple(
            Moment(moment["time"], tuple(SeenFace(**face) for face in moment["faces"])) for moment in values["moments"]
        )
        return ClipFaces(values["width"], values["height"], moments, tuple(values["cuts"]))

    def at(self, seconds: float) -> Moment:
        """Return the moment nearest to a time."""
        return min(self.moments, key=lambda moment: abs(moment.time - seconds))

    def face_at(self, seconds: float, x: float, y: float) -> SeenFace | None:
        """Return the face at a place, or the nearest one within its own width of it."""
        near = [(_distance(face, x, y), face) for face in self.at(seconds).faces]
        reached = [(distance, face) for distance, face in near if distance <= face.width]
        return min(reached, key=lambda pair: pair[0])[1] if reached else None


def _distance(face: SeenFace, x: float, y: float) -> float:
    """Return how far a place is from the face's middle, 0 inside the box."""
    if face.x <= x <= face.x + face.width and face.y <= y <= face.y + face.height:
        return 0.0
    middle = face.middle
    return hypot(middle[0] - x, middle[1] - y)
