import pytest

from tests.factories import make_clip, make_job, make_project, make_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def project(user):
    return make_project(user, song_seconds=12.0)


@pytest.fixture
def scenes(project):
    return make_scenes(project, "4", "6", "2")


def url(project, rest=""):
    return f"/api/mv/projects/{project.pk}/scenes{rest}"


def send(api, method, address, **body):
    return getattr(api, method)(address, body, content_type="application/json")


def test_list_is_in_order_with_exact_numbers(api, project, scenes):
    rows = api.get(url(project)).json()["results"]
    assert [(row["sequence"], row["duration"], row["status"]) for row in rows] == [
        (1, 4.0, "pending"),
        (2, 6.0, "pending"),
        (3, 2.0, "pending"),
    ]


def test_scene_can_be_inserted_edited_and_deleted(api, project, scenes):
    made = send(api, "post", url(project), prompt="new", sequence=1, duration=1)
    assert (made.status_code, made.json()["sequence"], made.json()["duration"]) == (201, 1, 1.0)
    edited = send(api, "patch", made["Location"], prompt="newer", lipsync=True)
    assert (edited.json()["prompt"], edited.json()["lipsync"], edited.json()["version"]) == ("newer", True, 2)
    assert api.delete(made["Location"]).status_code == 204
    assert [row["prompt"] for row in api.get(url(project)).json()["results"]] == ["shot 1", "shot 2", "shot 3"]


def test_form_changes_only_sent_fields(api, project, scenes):
    send(api, "patch", url(project, "/1"), lipsync=True)
    form = {"data": "prompt=new", "content_type": "application/x-www-form-urlencoded"}
    assert api.patch(url(project, "/1"), **form).json()["prompt"] == "new"
    assert api.get(url(project, "/1")).json()["lipsync"] is True


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        ("", {"sequence": 0}),
        ("", {"duration": "long"}),
        ("", {"duration": 100}),
        ("", {"duration": 0}),
        ("", {"promt": "x"}),
        ("/reorder", {"order": [1, 2]}),
        ("/reorder", {"order": "123"}),
        ("/reorder", {}),
        ("/reorder", {"scene_ids": ["00000000-0000-0000-0000-000000000000"]}),
        ("/1/split", {"at": 4}),
        ("/1/split", {}),
        ("/3/merge", {}),
        ("/1/generate_video", {"takes": 99}),
        ("/1/generate_video", {"provider": "nobody"}),
        ("/1/revert", {"clip_id": ["x"]}),
        ("/generate", {"number_of_scenes": 0}),
    ],
)
def test_invalid_input_returns_400_and_changes_nothing(api, project, scenes, rest, body):
    before = api.get(url(project)).json()
    response = send(api, "post", url(project, rest), **body)
    assert response.status_code == 400, response.content
    assert response.json()["detail"]
    assert api.get(url(project)).json() == before


@pytest.mark.parametrize("rest", ["/9", "/0", "/99999999999", "/9/clips"])
def test_unknown_scene_is_not_found(api, project, scenes, rest):
    assert api.get(url(project, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["/reorder", "/1/split", "/1/generate_image", "/1/generate_video", "/generate"])
def test_another_users_project_is_not_found(client, other_user, project, scenes, rest):
    client.force_login(other_user)
    body = {"order": [1, 2, 3]} if rest == "/reorder" else {"at": 1} if rest == "/1/split" else {}
    assert send(client, "post", url(project, rest), **body).status_code == 404


def test_split_merge_duplicate_undo_and_redo_return_scenes(api, project, scenes):
    base = f"/api/mv/projects/{project.pk}"
    lengths = lambda response: [row["duration"] for row in response.json()]  # noqa: E731
    assert lengths(send(api, "post", url(project, "/2/split"), at=2)) == [4, 2, 4, 2]
    assert lengths(send(api, "post", url(project, "/1/merge"))) == [6, 4, 2]
    assert lengths(send(api, "post", url(project, "/1/duplicate"))) == [3, 3, 4, 2]
    assert lengths(send(api, "post", f"{base}/undo")) == [6, 4, 2]
    assert lengths(send(api, "post", f"{base}/redo")) == [3, 3, 4, 2]


def test_scenes_can_be_reordered_by_id(api, project, scenes):
    ids = [str(scene.pk) for scene in (scenes[2], scenes[0], scenes[1])]
    response = send(api, "post", url(project, "/reorder"), scene_ids=ids)
    assert [(row["id"], row["sequence"]) for row in response.json()] == list(zip(ids, [1, 2, 3], strict=True))


def test_history_lists_clips_and_revert_restores_original(api, project, scenes):
    # A clip that failed its checks is the original of nothing.
    black = make_clip(scenes[0], usable=False, current=False)
    original, later = make_clip(scenes[0]), make_clip(scenes[0])
    rows = [(row["id"], row["is_current"]) for row in api.get(url(project, "/1/clips")).json()["results"]]
    assert rows == [(str(black.pk), False), (str(original.pk), False), (str(later.pk), True)]
    response = send(api, "post", url(project, "/1/revert"))
    assert response.json()["clip_id"] == str(original.pk)
    assert response.json()["video_url"] == f"/api/mv/get_video/{original.asset_id}"
    other = make_clip(scenes[1])
    assert send(api, "post", url(project, "/1/revert"), clip_id=str(other.pk)).status_code == 404


def test_failed_job_shows_on_scene_until_clip_is_chosen(api, user, project, scenes):
    scene = scenes[0]
    make_clip(scene)
    scene.job = make_job(user, state="failed", error="The provider is away.", scene_id=scene.pk)
    scene.save()
    row = api.get(url(project, "/1")).json()
    assert (row["status"], row["error"], row["job"]["state"]) == ("error", "The provider is away.", "failed")
    assert row["video_url"]
    row = send(api, "post", url(project, "/1/revert")).json()
    assert (row["status"], row["error"], row["job"]) == ("completed", "", None)
