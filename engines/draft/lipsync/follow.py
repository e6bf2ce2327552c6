"""Follow one face through a clip: its mesh moves from frame to frame, and the finder confirms it every few frames."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from engines.draft.canvas import Pixels
from engines.faces.cuts import CutFinder
from engines.faces.face import Face
from engines.faces.seeing import Seer, same_face, working_picture

_SEARCH_EVERY = 12
# While no face is in view, it is searched for more often.
_SEARCH_AGAIN = 4
# A mouth is looked at for a hand or a microphone this often. It counts as hidden between two looks that say so and are
# at most this far apart, and a little before and after: half a hand is missed, and a moved hand looks worse than a
# mouth that rests.
_COVER_EVERY, _COVER_APART, _COVER_AROUND = 3, 12, 4
# Half a mouth is all that is left of it when the head is turned further, in degrees.
_TOO_FAR = 60.0

# Where the chosen face is at a frame, in pixels of the full picture; None while it is out of view.
Guide = Callable[[int], tuple[float, float] | None]


class FaceFollower:
    """Follows a face through frames passed to `see` in order, all of the same size: the one that `guide` points at, or
    else the largest. Raises FacesUnavailable without the networks."""

    def __init__(self, guide: Guide | None = None) -> None:
        self._seer, self._cuts, self._guide = Seer(), CutFinder(), guide
        self._face: Face | None = None
        self._searched_at, self._looked_at = -_SEARCH_EVERY, -_COVER_EVERY
        self._factor = 1
        # Frames at which another face or shot begins.
        self.starts: set[int] = set()
        self._covered: list[int] = []
        self.covered_now = False

    def see(self, number: int, planes: Sequence[Pixels]) -> tuple[Face | None, int]:
        """Return the face in this frame if its mouth can be moved, in pixels of the picture shrunk by the factor
        returned with it."""
        if self._cuts.see(float(number), planes[0]):
            self.forget(number)
        picture, self._factor = working_picture(planes)
        if self._face is not None:
            self._face = self._seer.follow(picture, self._face)
        if self._face is not None and not self._is_wanted(number, self._face):
            self._face = None
        if number - self._searched_at >= (_SEARCH_EVERY if self._face else _SEARCH_AGAIN):
            self._search(number, picture)
        face = self._face
        if face is not None:
            self._look_for_cover(number, picture, face)
        return (face if face is not None and abs(face.pose[0]) < _TOO_FAR else None), self._factor

    def forget(self, number: int) -> None:
        """Start over: this frame may be from another shot, so the face is searched for again."""
        self._face, self.covered_now = None, False
        self._searched_at, self._looked_at = number - _SEARCH_EVERY, number - _COVER_EVERY
        self.starts.add(number)

    def hidden(self) -> set[int]:
        """Return the frames seen so far whose mouth something is in front of."""
        return {
            number
            for first, last in pairwise(self._covered)
            if last - first <= _COVER_APART
            for number in range(first - _COVER_AROUND, last + _COVER_AROUND + 1)
        }

    def _search(self, number: int, picture: Pixels) -> None:
        self._searched_at = number
        if self._face is not None and self._seer.confirms(picture, self._face):
            return  # the mesh is steadier than a new look
        faces = self._seer.faces(picture, near=[self._face] if self._face else [], thorough=self._face is None)
        wanted = [face for face in faces if self._is_wanted(number, face)]
        held = [face for face in wanted if self._face is not None and same_face(face, self._face)]
        if held or not wanted:
            return
        self.starts.add(number)
        self._face = wanted[0]

    def _is_wanted(self, number: int, face: Face) -> bool:
        if self._guide is None:
            return True
        place = self._guide(number)
        if place is None:
            return False
        x, y, width, height = (value * self._factor for value in face.box)
        return x <= place[0] <= x + width and y <= place[1] <= y + height

    def _look_for_cover(self, number: int, picture: Pixels, face: Face) -> None:
        if number - self._looked_at < _COVER_EVERY:
            return
        self._looked_at = number
        self.covered_now = self._seer.with_mouth(picture, face).mouth_hidden
        if self.covered_now:
            self._covered.append(number)
