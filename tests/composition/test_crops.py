"""Outputs of another shape that follow: what is found, set by hand, fixed; over the API, with the worker's code."""

from fractions import Fraction

import av
import numpy as np
import pytest

from apps.assets.services import asset_local_copy
from apps.composition import handlers
from apps.composition.models import Composition, Output
from apps.jobs.models import Job
from bench.footage import enlarged, talking_man, write_clip
from tests.composition.files import stored
from tests.factories import make_clip, make_project, make_scenes
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)

GRAY = 70


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    """A second of a man at the right of a gray 16:9 picture, and one of a picture that is brighter on the left."""
    folder = tmp_path_factory.mktemp("footage")
    men = []
    for picture in talking_man()[:24]:
        shown = np.full((360, 640, 3), GRAY, np.uint8)
        shown[100:300, 420:600] = enlarged(picture, 180, 200)
        men.append(shown)
    plain = np.full((360, 640, 3), GRAY, np.uint8)
    plain[:, :320] += 60
    return {
        "man": write_clip(folder / "man.mp4", men, Fraction(24)),
        "plain": write_clip(folder / "plain.mp4", [plain] * 24, Fraction(24)),
    }


@pytest.fixture
def project(user, footage):
    project = make_project(user)
    for name, scene in zip(("man", "plain"), make_scenes(project, "1", "1"), strict=True):
        make_clip(scene, asset=stored(user, footage[name], "video"))
    return project


def url(project, rest: str) -> str:
    return f"/api/mv/projects/{project.pk}/{rest}"


def send(api, method, address, body):
    return getattr(api, method)(address, body, content_type="application/json")


def run(job_id) -> Job:
    job_run(handlers.HANDLERS, job_id=str(job_id), claim_from="queued")
    return Job.objects.get(pk=job_id)


def composed(api, project, output) -> np.ndarray:
    """Return the pictures of the output's new video, as levels of gray."""
    asked = send(api, "post", url(project, "compose"), {"output_id": str(output.pk)})
    assert asked.status_code == 202, asked.content
    job = run(asked.json()["id"])
    assert job.state == "succeeded", job.error
    asset = Composition.objects.filter(output=output).latest("created_at").asset
    with asset_local_copy(asset) as path, av.open(str(path)) as container:
        return np.array([frame.to_ndarray(format="gray8") for frame in container.decode(video=0)], int)


def upright(api, project, framing="follow") -> Output:
    made = send(api, "post", url(project, "outputs"), {"name": framing, "aspect_ratio": "9:16", "framing": framing})
    assert (made.status_code, made.json()["framing"]) == (201, framing), made.content
    return Output.objects.get(pk=made.json()["id"])


def test_the_output_keeps_the_face_in_view_and_shows_where_it_was(whole_pictures, api, project):
    asked = api.get(url(project, "scenes/1/framing"))
    assert asked.status_code == 202
    assert asked.json() == [{"time": 0, "x": 0.5, "y": 0.5, "zoom": 1}], "until somebody has looked"
    run(Job.objects.get(kind="clip_framing").pk)

    found = api.get(url(project, "scenes/1/framing"))
    assert found.status_code == 200
    assert [key["x"] for key in found.json()] == pytest.approx([510 / 640] * len(found.json()), abs=0.06)
    pictures = composed(api, project, upright(api, project))
    # The man is a pattern in the middle of the view; without him it is plain.
    assert pictures[12, 500:1000, 200:500].std() > 20
    in_center = composed(api, project, upright(api, project, "fill"))
    assert in_center[12].std() < 5


def test_keys_set_by_hand_are_followed_until_they_are_taken_back_or_undone(api, project):
    output = upright(api, project)
    keys = [{"time": 0, "x": 0.25, "y": 0.5}, {"time": 0.5, "x": 0.75, "y": 0.5, "zoom": 1}]
    set_ = send(api, "patch", url(project, "scenes/2/framing"), keys)
    assert set_.status_code == 200, set_.content
    assert [(key["time"], key["x"], key["zoom"]) for key in set_.json()] == [(0, 0.25, 1), (0.5, 0.75, 1)]

    pictures = composed(api, project, output)[24:]
    assert [round(pictures[number].mean(), -1) for number in (0, 23)] == [GRAY + 60, GRAY]
    assert not api.get(url(project, "compositions")).json()["results"][0]["stale"]

    assert api.post(url(project, "undo")).status_code == 200
    assert api.get(url(project, "compositions")).json()["results"][0]["stale"]
    send(api, "patch", url(project, "scenes/2/framing"), keys)
    taken_back = send(api, "patch", url(project, "scenes/2/framing"), [])
    assert [key["x"] for key in taken_back.json()] != [0.25, 0.75]


def test_a_fixed_scene_stays_at_its_focus(api, project):
    send(api, "patch", url(project, "scenes/1/look"), {"framing": "fixed", "focus_x": 0})
    assert api.get(url(project, "scenes/1/framing")).json() == [{"time": 0, "x": 0, "y": 0.5, "zoom": 1}]
    assert composed(api, project, upright(api, project))[12].std() < 5


@pytest.mark.parametrize(
    "keys",
    [
        {"time": 0},
        [{"time": 0}],
        [{"time": 9, "x": 0.5, "y": 0.5}],
        [{"time": 0, "x": 1.5, "y": 0.5}],
        [{"time": 0, "x": 0.5, "y": 0.5, "zoom": 99}],
        [{"time": 0, "x": "nan", "y": 0.5}],
        [{"time": 0.1, "x": 0.5, "y": 0.5}] * 3,
        [{"time": number / 100, "x": 0.5, "y": 0.5} for number in range(61)],
        ["0.5"],
    ],
    ids=["no list", "no place", "after the end", "outside", "too close", "no number", "three", "many", "words"],
)
def test_keys_that_make_no_path_are_refused_with_words(api, project, keys):
    answer = send(api, "patch", url(project, "scenes/1/framing"), keys)
    assert answer.status_code == 400, answer.content
    assert len(answer.json()["detail"]) > 10


def test_black_bars_are_no_content(api, user, tmp_path):
    """A letterboxed clip in 9:16: the view is full, whatever the framing."""
    picture = np.full((360, 640, 3), 128, np.uint8)
    picture[:48] = picture[-48:] = 0
    project = make_project(user)
    (scene,) = make_scenes(project, "1")
    make_clip(scene, asset=stored(user, write_clip(tmp_path / "bars.mp4", [picture] * 24, Fraction(24)), "video"))
    for framing in ("fill", "follow"):
        assert composed(api, project, upright(api, project, framing))[3].min() > 100
