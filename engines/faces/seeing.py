"""Finding every face in a picture, near or far, upright or tilted, and following it to the next picture."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from engines.faces.covered import mouth_hidden
from engines.faces.face import Face
from engines.faces.networks import Networks, Pixels, Points, Region, Spot

# Pictures are shrunk by a whole factor to about this height, in which a face a twentieth as tall has 36 pixels.
WORKING_HEIGHT = 720
# The mesh network is this sure that it sees a face; noise and things stay below 0.01.
_SURE = 0.5
# Pixels. A smaller part of a picture shows no more than the whole.
_LEAST_TILE = 160
# Small tiles show more that isn't a face.
_SURE_IN_TILE = 0.6
# Half a face is less sure, and the mesh confirms it; the room around the picture, of its shorter side.
_SURE_OF_HALF, _EDGE = 0.38, 0.5
# A head that leans further is searched for in a turned picture.
_TURNS = (50.0, -50.0)
_ROOM = 1.5
# Relative to the face's side: how far apart two looks at one face are at most.
_SAME = 0.5
# A mesh that shrinks or grows more than this between pictures has lost its face.
_JUMP = 1.5


class Seer:
    """Sees faces in RGB pictures. Loads the networks: make one per clip. Raises FacesUnavailable without them."""

    def __init__(self) -> None:
        self._networks = Networks()

    def faces(self, picture: Pixels, *, near: Sequence[Face] = (), thorough: bool = False) -> list[Face]:
        """Return the faces of a picture, the largest first.

        `near` are the faces of the picture before, which are looked for where they were. `thorough` also searches parts
        of the picture, and smaller parts and turned pictures if there is no face otherwise."""
        spots = self._networks.spots(picture)
        if thorough or (near and not spots):
            spots = [*spots, *self._in_tiles(picture, 1.0)]
        found = self._meshes(picture, spots)
        for before in near:
            # The mesh holds on to a face that the finder misses in some pictures.
            if not any(same_face(before, face) for face in found):
                held = self.follow(picture, before)
                found += [held] if held is not None and not any(same_face(held, face) for face in found) else []
        if not found and thorough:
            found = (
                self._meshes(picture, self._at_the_edge(picture))
                or self._meshes(picture, self._in_tiles(picture, 0.5))
                or self._turned(picture)
            )
        return sorted(found, key=lambda face: -face.side)

    def confirms(self, picture: Pixels, face: Face) -> bool:
        """Return whether the finder, too, sees a face here: far cheaper than a new look at every face."""
        return any(face.holds(spot.x, spot.y) for spot in self._networks.spots(picture))

    def follow(self, picture: Pixels, face: Face) -> Face | None:
        """Return the face in the next picture if it is still about where it was."""
        mesh, sure = self._networks.mesh(picture, face.region)
        moved = replace(face, mesh=mesh, confidence=min(face.confidence, sure))
        if sure < _SURE or not 1 / _JUMP < moved.side / max(face.side, 1e-6) < _JUMP or not _inside(moved, picture):
            return None
        return moved

    def with_mouth(self, picture: Pixels, face: Face) -> Face:
        """Return the face with `mouth_hidden` looked up."""
        return replace(face, mouth_hidden=mouth_hidden(self._networks, picture, face))

    def _meshes(self, picture: Pixels, spots: Iterable[Spot]) -> list[Face]:
        found: list[Face] = []
        for spot in spots:
            mesh, sure = self._networks.mesh(picture, Region(spot.x, spot.y, _ROOM * spot.side, spot.roll))
            face = Face(mesh, min(spot.score, sure))
            if sure >= _SURE:
                # The second look is centered on the first one's mesh, and steadier.
                mesh, sure = self._networks.mesh(picture, face.region)
                face = Face(mesh, min(spot.score, sure))
            if sure >= _SURE and not any(same_face(face, other) for other in found):
                found.append(face)
        return found

    def _in_tiles(self, picture: Pixels, share: float) -> list[Spot]:
        """Search overlapping squares, as large as `share` of the picture's shorter side."""
        height, width = picture.shape[:2]
        side = round(min(height, width) * share)
        if max(height, width) < 1.2 * side or (share < 1.0 and side < _LEAST_TILE):
            return []  # larger squares show as much
        found: list[Spot] = []
        for top in _starts(height, side):
            for left in _starts(width, side):
                tile = np.ascontiguousarray(picture[top : top + side, left : left + side])
                for spot in self._networks.spots(tile, at_least=_SURE_IN_TILE):
                    found.append(_moved(spot, np.array([left, top])))
        return sorted(found, key=lambda spot: -spot.score)

    def _at_the_edge(self, picture: Pixels) -> list[Spot]:
        """Search with room around the picture: half a face at its edge isn't found otherwise."""
        room = round(_EDGE * min(picture.shape[:2]))
        wide = cv2.copyMakeBorder(picture, room, room, room, room, cv2.BORDER_CONSTANT)
        spots = self._networks.spots(wide, at_least=_SURE_OF_HALF)
        return [_moved(spot, np.array([-room, -room])) for spot in spots]

    def _turned(self, picture: Pixels) -> list[Face]:
        height, width = picture.shape[:2]
        for degrees in _TURNS:
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
            turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
            back = cv2.invertAffineTransform(turn)
            spots = [_turned_back(spot, back) for spot in self._networks.spots(turned)]
            if faces := self._meshes(picture, spots):
                return faces
        return []


def same_face(one: Face, other: Face) -> bool:
    """Return whether two looks are at the same place and of about the same size."""
    (x, y), (u, v) = one.middle, other.middle
    sides = sorted((one.side, other.side))
    return bool(max(abs(x - u), abs(y - v)) < _SAME * sides[1] and sides[1] < 2 * sides[0])


def working_picture(planes: Sequence[Pixels]) -> tuple[Pixels, int]:
    """Return Y, U, V planes (4:2:0, upright) as an RGB picture of about WORKING_HEIGHT, and the factor it is shrunk
    by."""
    height, width = planes[0].shape
    factor = max(1, round(min(height, width) / WORKING_HEIGHT))
    size = (max(2, width // factor // 2 * 2), max(2, height // factor // 2 * 2))
    half = (size[0] // 2, size[1] // 2)
    luma = _resized(planes[0], size, factor)
    chroma = [_resized(plane, half, factor).reshape(-1) for plane in planes[1:]]
    packed = np.concatenate([luma.reshape(-1), *chroma]).reshape(size[1] * 3 // 2, size[0])
    return cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420), factor


def _resized(plane: Pixels, size: tuple[int, int], factor: int) -> Pixels:
    if factor == 1 and plane.shape[0] >= size[1] and plane.shape[1] >= size[0]:
        return np.ascontiguousarray(plane[: size[1], : size[0]])
    return cv2.resize(plane[: size[1] * factor, : size[0] * factor], size, interpolation=cv2.INTER_AREA)


def _starts(length: int, side: int) -> list[int]:
    """Return where squares start that cover a length and overlap by a quarter or more."""
    count = max(1, int(np.ceil((length - side) / (0.75 * side))) + 1) if length > side else 1
    return [round((length - side) * index / max(1, count - 1)) for index in range(count)]


def _moved(spot: Spot, by: Points) -> Spot:
    return replace(spot, x=spot.x + float(by[0]), y=spot.y + float(by[1]), points=spot.points + by)


def _turned_back(spot: Spot, back: Points) -> Spot:
    x, y = back @ (spot.x, spot.y, 1)
    return replace(spot, x=float(x), y=float(y), points=spot.points @ back[:, :2].T + back[:, 2])


def _inside(face: Face, picture: Pixels) -> bool:
    """Return whether the middle of the face is in the picture."""
    x, y = face.middle
    return bool(0 <= x < picture.shape[1] and 0 <= y < picture.shape[0])
