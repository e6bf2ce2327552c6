"""The faces that a draft says it drew, as if they had been seen."""

from pathlib import Path

import numpy as np

from engines.faces.found import ClipFaces, Moment, SeenFace
from engines.media.drawn import drawn_mouths
from engines.media.facts import MediaFacts

_LOOKS_PER_SECOND = 8
# Of a drawn head's height: half of the face's width, and its extent above and below the mouth.
_HALF_WIDTH, _ABOVE, _BELOW = 0.38, 0.72, 0.28


def drawn_faces(video: Path, facts: MediaFacts) -> ClipFaces | None:
    """Return the faces drawn in a draft; None for other videos, and for drafts without faces."""
    if facts.frames is None or not (facts.fps and facts.width and facts.height):
        return None
    mouths = drawn_mouths(video, facts.frames)
    if not mouths:
        return None
    numbers = np.arange(0, facts.frames, max(1, round(facts.fps / _LOOKS_PER_SECOND)))
    moments = []
    for number in numbers:
        seen = [
            (index, mouth.places(np.array([number]))[0])
            for index, mouth in enumerate(mouths)
            if mouth.first <= number < mouth.end
        ]
        faces = [_face(index, *place) for index, place in seen]
        moments.append(Moment(float(int(number) / facts.fps), tuple(sorted(faces, key=lambda face: -face.height))))
    # Joined drafts: where none goes on, and others begin.
    cuts = sorted(
        {
            mouth.first
            for mouth in mouths
            if mouth.first and not any(other.first < mouth.first < other.end for other in mouths)
        }
    )
    return ClipFaces(facts.width, facts.height, tuple(moments), tuple(float(cut / facts.fps) for cut in cuts))


def _face(number: int, x: float, y: float, head: float, wide: float) -> SeenFace:
    return SeenFace(
        number, x - _HALF_WIDTH * head, y - _ABOVE * head, 2 * _HALF_WIDTH * head, (_ABOVE + _BELOW) * head,
        yaw=0.0, pitch=0.0, roll=0.0, mouth_open=min(1.0, wide), mouth_hidden=False, confidence=1.0,
    )  # fmt: skip
