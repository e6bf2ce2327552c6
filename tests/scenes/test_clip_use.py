"""Which part of its clip a scene shows: changed by edits, never by rendering."""

from decimal import Decimal

import pytest

from apps.jobs.models import Job
from apps.scenes import clips, cutting, history, services
from apps.scenes.models import Scene
from tests.factories import make_asset, make_clip, make_project, make_scenes
from tests.jobs.remote.driving import drive
from tests.scenes.test_lipsync import lipsync, project  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(user):
    """Scenes of 4, 6 and 2 seconds that fill the song, each with a clip of 8 seconds at 24 frames."""
    film = make_project(user, song_seconds=12.0)
    for scene in make_scenes(film, "4", "6", "2"):
        make_clip(scene, asset=make_asset(user, duration_seconds=8.0, frames=192, fps="24"))
    return film


def parts(api, film):
    rows = api.get(f"/api/mv/projects/{film.pk}/scenes").json()["results"]
    return [(row["duration"], row["clip_in"], row["clip_out"]) for row in rows]


def patch(api, film, sequence, **body):
    return api.patch(f"/api/mv/projects/{film.pk}/scenes/{sequence}", body, content_type="application/json")


def test_split_keeps_both_halves_and_merge_joins_them(api, user, film):
    cutting.scene_split(by=user, project_id=film.pk, sequence=2, at=Decimal("2.1"), snap=False)

    # A frame's length is the least that can be shown, so the cut is on one.
    assert parts(api, film) == [(4, 0, 4), (2.1, 0, 2.1), (3.9, 2.083333, 5.983333), (2, 0, 2)]
    first, second = film.scenes.filter(sequence__in=(2, 3)).order_by("sequence")
    assert second.current_clip.asset == first.current_clip.asset
    assert second.current_clip.parent == first.current_clip
    cutting.scene_merge(by=user, project_id=film.pk, sequence=2)
    assert parts(api, film) == [(4, 0, 4), (6, 0, 6), (2, 0, 2)]
    assert not Job.objects.exists()


def test_moved_cut_keeps_next_picture_in_place_and_ripple_moves_it(api, film):
    assert patch(api, film, 1, duration=5, snap=False).status_code == 200
    assert parts(api, film) == [(5, 0, 5), (5, 1, 6), (2, 0, 2)]
    assert patch(api, film, 1, duration=4.5, snap=False, ripple=True).status_code == 200
    assert parts(api, film) == [(4.5, 0, 4.5), (5, 1, 6), (2.5, 0, 2.5)]
    patch(api, film, 3, duration=4, snap=False)  # its start moves: there is nothing before the clip's
    assert parts(api, film) == [(4.5, 0, 4.5), (3.5, 1, 4.5), (4, 0, 4)]


def test_slip_shows_another_part_and_undo_shows_the_first_again(api, user, film):
    assert patch(api, film, 1, clip_in=2.5).json()["clip_out"] == 6.5
    assert patch(api, film, 1, clip_in=1, clip_out=3).json()["gap"] == 2
    stack = api.get(f"/api/mv/projects/{film.pk}/changes").json()
    assert stack["undo"]["label"] == "trimmed scene 1"
    history.change_undo(by=user, project_id=film.pk)
    assert parts(api, film)[0] == (4, 2.5, 6.5)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "body", [{"clip_in": 8}, {"clip_in": -1}, {"clip_in": 3, "clip_out": 3}, {"clip_out": 9}, {"clip_in": "soon"}]
)
def test_part_outside_clip_is_rejected(api, film, body):
    response = patch(api, film, 1, **body)
    assert (response.status_code, list(response.json()["errors"])) == (400, [list(body)[-1]])


def test_scene_without_clip_has_no_part(api, user):
    empty = make_project(user)
    make_scenes(empty, "4")
    assert parts(api, empty) == [(4, None, None)]
    assert patch(api, empty, 1, clip_in=1).json()["code"] == "no_video"


def test_deleting_the_first_scene_rolls_the_next_back(api, user, film):
    patch(api, film, 2, clip_in=2)
    services.scene_delete(by=user, project_id=film.pk, sequence=1)
    assert parts(api, film) == [(10, 0, 8), (2, 0, 2)]
    history.change_undo(by=user, project_id=film.pk)
    services.scene_delete(by=user, project_id=film.pk, sequence=1, ripple=True)
    assert parts(api, film) == [(6, 2, 8), (6, 0, 6)]


def test_inserted_and_duplicated_scenes_may_take_their_time_from_the_end(api, user, film):
    where = {"by": user, "project_id": film.pk}
    services.scene_create(**where, sequence=2, duration=Decimal(1), snap=False)
    assert parts(api, film) == [(4, 0, 4), (1, None, None), (5, 1, 6), (2, 0, 2)]
    history.change_undo(**where)
    services.scene_create(**where, sequence=2, duration=Decimal(1), snap=False, ripple=True)
    assert parts(api, film) == [(4, 0, 4), (1, None, None), (6, 0, 6), (1, 0, 1)]
    history.change_undo(**where)
    cutting.scene_duplicate(**where, sequence=1, ripple=True)
    assert [part[0] for part in parts(api, film)] == [4, 4, 3.75, 0.25]


def test_a_clip_is_shown_again_as_it_was(api, user, film):
    scene = Scene.objects.get(project=film, sequence=1)
    patch(api, film, 1, clip_in=3)
    other = make_clip(scene, current=False)
    clips.clip_make_current(by=user, project_id=film.pk, sequence=1, clip_id=other.pk)
    assert parts(api, film)[0] == (4, 0, 4)
    clips.clip_make_current(by=user, project_id=film.pk, sequence=1)
    assert parts(api, film)[0] == (4, 3, 7)


@pytest.mark.django_db(transaction=True)
def test_only_the_shown_part_is_lip_synced(api, project, sync_so):  # noqa: F811 - the fixture
    scene = project.scenes.get(sequence=1)
    whole = scene.current_clip
    patch(api, project, 1, clip_in=0.5)
    job = drive(Job.objects.get(pk=lipsync(api, project, 1).json()["job"]["id"]))

    assert job.state == "succeeded", job.error
    sent = job.parameters["frozen"]["inputs"]["video"]
    assert (sent["start_seconds"], sent["end_seconds"]) == (0.5, 2)
    scene.refresh_from_db()
    assert (scene.current_clip.origin, scene.current_clip.parent, scene.clip_in) == ("lip-synced", whole, 0)
    history_before = api.get(f"/api/mv/projects/{project.pk}/changes").json()
    assert history_before["undo"]["label"] == "slipped scene 1"  # the generated clip is no change
    history.change_undo(by=project.owner, project_id=project.pk)
    scene.refresh_from_db()
    assert scene.current_clip.origin == "lip-synced"
    clips.clip_make_current(by=project.owner, project_id=project.pk, sequence=1)
    scene.refresh_from_db()
    assert (scene.current_clip, scene.clip_in) == (whole, Decimal("0.5"))
