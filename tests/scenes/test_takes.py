"""Takes of a scene: one is kept, others are rejected with a reason, and undo takes either back."""

import pytest

from apps.scenes.models import Clip
from tests.factories import make_clip, make_project, make_scenes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(user):
    (scene,) = make_scenes(make_project(user), "4")
    return scene


@pytest.fixture
def call(api, scene):
    here = f"/api/mv/projects/{scene.project_id}"

    def call(method, path, **body):
        first, *rest = path.split("/", 1)
        path = "/".join([{"scene": f"{here}/scenes/1", "project": here}[first], *rest])
        return getattr(api, method)(path, body or None, content_type="application/json")

    return call


def shown(call):
    return [
        (one["is_current"], one["rejected"], one["reject_reason"])
        for one in call("get", "scene/clips").json()["results"]
    ]


def test_a_rejected_take_stays_in_the_history_and_undo_takes_it_back(call, scene):
    first, second = make_clip(scene), make_clip(scene, current=False)

    answer = call("post", f"scene/clips/{second.pk}/reject", reason="  wrong\n face ")

    assert (answer.json()["rejected"], answer.json()["reject_reason"]) == (True, "wrong face")
    assert shown(call) == [(True, False, ""), (False, True, "wrong face")]
    assert call("get", "project/changes").json()["undo"]["label"] == "rejected a take of scene 1"
    call("post", "project/undo")
    assert shown(call) == [(True, False, ""), (False, False, "")]
    call("post", "project/redo")
    assert shown(call)[1] == (False, True, "wrong face")
    call("delete", f"scene/clips/{second.pk}/reject")
    assert shown(call)[1] == (False, False, "")
    assert Clip.objects.count() == 2 and first.scene_id == scene.pk


def test_a_kept_take_becomes_current_and_is_no_longer_rejected(call, scene):
    first, second = make_clip(scene), make_clip(scene, current=False, rejected=True, reject_reason="boring")

    kept = call("post", f"scene/clips/{second.pk}/keep").json()

    assert (kept["is_current"], kept["rejected"]) == (True, False)
    call("post", "project/undo")
    assert shown(call) == [(True, False, ""), (False, True, "boring")]
    # The one in use stays in use until another is kept.
    assert call("post", f"scene/clips/{first.pk}/reject").json()["is_current"]


@pytest.mark.parametrize(
    ("reason", "status"), [("x" * 201, 400), (["a"], 400), (7, 200), ("", 200), ("<b>odd</b>", 200)]
)
def test_odd_reasons_get_a_clear_answer(call, scene, reason, status):
    clip = make_clip(scene)
    assert call("post", f"scene/clips/{clip.pk}/reject", reason=reason).status_code == status


def test_another_scenes_clip_is_not_found(call, scene):
    (other,) = make_scenes(make_project(scene.project.owner), "4")
    foreign = make_clip(other)
    for what in ("keep", "reject"):
        assert call("post", f"scene/clips/{foreign.pk}/{what}").status_code == 404


def test_several_takes_start_all_or_none(call, scene, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    call("patch", "project", providers={"video": "replicate"}, budget="1.00")
    price = float(call("post", "scene/generate_video/quote").json()["amount"])
    most = int(1 / price)

    refused = call("post", "scene/generate_video", takes=most + 1)

    assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")
    assert f"This costs ${price * (most + 1):.2f}" in refused.json()["detail"]
    assert call("post", "scene/generate_video", takes=most).status_code == 202
