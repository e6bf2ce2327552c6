from decimal import Decimal

import pytest

from apps.jobs.models import SpendingAccount
from apps.projects.models import Project
from tests.factories import make_asset, make_job, make_project, make_song

pytestmark = pytest.mark.django_db
URL = "/api/mv/projects"


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


def patch(api, project, **body):
    return api.patch(f"{URL}/{project.pk}", body, content_type="application/json")


def post(api, **body):
    return api.post(URL, body, content_type="application/json")


def test_project_is_created_with_defaults(api, user):
    response = post(api, idea="A city at night, seen from a slow train through the rain")
    assert response.status_code == 201
    body = response.json()
    assert response["Location"] == f"{URL}/{body['id']}"
    assert body["title"] == "A city at night"
    assert (body["aspect_ratio"], body["resolution"], body["fps"], body["status"]) == ("16:9", "720p", "24", "draft")
    assert body["config_flavor"] == "default"
    assert api.get(response["Location"]).json() == body


def test_only_first_ten_unknown_fields_are_named(api):
    response = post(api, idea="A city", **{f"field{number}": 1 for number in range(150_000)})
    errors = response.json()["errors"]
    assert response.status_code == 400 and len(response.content) < 10_000
    assert {"field0", "field9"} <= set(errors) and "field10" not in errors
    assert "149,990 more" in str(errors)


def test_own_footage_needs_title_and_idea_only_for_writing_scenes(api):
    response = post(api, title="Holidays")
    assert (response.status_code, response.json()["title"], response.json()["idea"]) == (201, "Holidays", "")
    for what in ("scenes/generate", "scenes/generate/quote", "generate"):
        refused = api.post(f"{response['Location']}/{what}")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["idea"]), what


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"resolution": "4K"}, "4k"),
        ({"fps": 24}, "24"),
        ({"fps": 23.976}, "24000/1001"),
        ({"fps": "29.97"}, "30000/1001"),
        ({"fps": 59.94}, "60000/1001"),
        ({"fps": "60000/1001"}, "60000/1001"),
    ],
)
def test_formats_accept_common_names(api, given, kept):
    assert post(api, idea="x", **given).json()[next(iter(given))] == kept


def test_project_accepts_song_by_audio_id_and_range(api, user):
    song = make_song(user, seconds=30.0)
    body = post(api, idea="x", audio_id=str(song.asset_id), song_start=5, song_end=20.5).json()
    assert (body["audio_id"], body["song_start"], body["song_end"], body["song_seconds"]) == (
        str(song.asset_id),
        5.0,
        20.5,
        15.5,
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "idea"),
        ({"idea": "  "}, "idea"),
        ({"idea": "a\x00b"}, None),
        ({"idea": ["list"]}, "idea"),
        ({"idea": "x", "number_of_scenes": 0}, "number_of_scenes"),
        ({"idea": "x", "number_of_scenes": "many"}, "number_of_scenes"),
        ({"idea": "x", "aspect_ratio": "5:4"}, "aspect_ratio"),
        ({"title": "x", "idea": ""}, "idea"),
        ({"idea": "x", "fps": 23}, "fps"),
        ({"idea": "x", "resolution": ["4k"]}, "resolution"),
        ({"idea": "x", "budget": -1}, "budget"),
        ({"idea": "x", "seed": 2**31}, "seed"),
        ({"idea": "x", "providers": {"video": "nobody"}}, "providers"),
        ({"idea": "x", "providers": {"sound": "draft"}}, "providers"),
        ({"idea": "x", "idaea": "y"}, "idaea"),
        ({"idea": "x", "character_reference_id": ["no-uuid"]}, "character_reference_id"),
    ],
)
def test_invalid_field_is_named(api, body, field):
    response = post(api, **body)
    assert response.status_code == 400
    assert response.json()["detail"]
    assert field is None or field in response.json()["errors"]
    assert not Project.objects.exists()


@pytest.mark.parametrize("kind", ["project", "scene"])
def test_new_choice_outweighs_a_stored_one_that_does_not_fit(api, kind):
    path = f"/api/mv/projects/{post(api, idea='x').json()['id']}"
    if kind == "scene":
        api.post(f"{path}/scenes", {"prompt": "a river", "duration": 5}, content_type="application/json")
        path += "/scenes/1"

    def patch(**fields):
        response = api.patch(path, fields, content_type="application/json")
        body = response.json()
        return (body["providers"], body["models"]) if response.status_code == 200 else body["code"]

    kling = {"video": "kwaivgi/kling-v3-video"}
    assert patch(providers={"video": "draft", "image": "draft"}) == ({"video": "draft", "image": "draft"}, {})
    assert patch(models=kling) == ({"image": "draft"}, kling)
    assert patch(providers={"video": "replicate"}) == ({"video": "replicate"}, kling)
    assert patch(providers={"video": "comfyui"}) == ({"video": "comfyui"}, {})
    assert patch(providers={"video": "comfyui"}, models=kling) == "unknown_model"
    assert patch(providers={"video": "comfyui"}, models={"video": "auto"}) == "unknown_model"
    assert patch(models={"video": "auto"}, providers={"video": "replicate"})[1] == {"video": "auto"}


def test_range_outside_song_is_rejected(api, user):
    song = make_song(user, seconds=30.0)
    audio_id = str(song.asset_id)
    assert "song_start" in post(api, idea="x", audio_id=audio_id, song_start=31).json()["errors"]
    assert "song_end" in post(api, idea="x", audio_id=audio_id, song_end=40).json()["errors"]
    assert "song_end" in post(api, idea="x", audio_id=audio_id, song_start=9, song_end=9).json()["errors"]
    # Shorter than one scene, so that no clip could be made for it.
    assert "song_end" in post(api, idea="x", audio_id=audio_id, song_start=9, song_end=9.01).json()["errors"]
    assert "song_end" in post(api, idea="x", audio_id=audio_id, song_start=29.9).json()["errors"]


def test_unknown_flavor_is_kept_without_error(api):
    assert post(api, idea="x", config_flavor="no-such-flavor").status_code == 201


def test_another_users_objects_are_not_found(api, other_user):
    project = make_project(other_user)
    assert api.get(f"{URL}/{project.pk}").status_code == 404
    assert patch(api, project, title="mine").status_code == 404
    assert api.delete(f"{URL}/{project.pk}").status_code == 404
    assert post(api, idea="x", audio_id=str(make_song(other_user).asset_id)).status_code == 404
    image = make_asset(other_user, kind="image")
    assert post(api, idea="x", character_reference_id=str(image.pk)).status_code == 404
    assert api.get(URL).json()["count"] == 0


def test_stale_change_is_rejected(api, user):
    project = make_project(user)
    assert patch(api, project, title="first", version=1).status_code == 200
    response = patch(api, project, title="second", version=1)
    assert (response.status_code, response.json()["code"]) == (409, "stale")
    assert api.get(f"{URL}/{project.pk}").json()["title"] == "first"


def test_budget_becomes_project_cap(api, user):
    project_id = post(api, idea="x", budget="12.50").json()["id"]
    account = SpendingAccount.objects.get(scope=f"project:{project_id}")
    assert account.cap == Decimal("12.50")
    api.patch(f"{URL}/{project_id}", {"budget": None}, content_type="application/json")
    account.refresh_from_db()
    assert account.cap is None


def test_deleting_cancels_running_jobs(api, user):
    project = make_project(user)
    job = make_job(user, project_id=project.pk)
    assert api.delete(f"{URL}/{project.pk}").status_code == 204
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert api.get(f"{URL}/{project.pk}").status_code == 404


def test_list_is_paginated_newest_first(api, user):
    titles = ["one", "two", "three"]
    for title in titles:
        make_project(user, title=title)
    page = api.get(URL, {"page_size": 2}).json()
    assert page["count"] == 3
    assert [row["title"] for row in page["results"]] == ["three", "two"]
    assert [row["title"] for row in api.get(URL, {"title": "ONE"}).json()["results"]] == ["one"]


def test_status_follows_progress(api, user):
    project = make_project(user)
    status = lambda: api.get(f"{URL}/{project.pk}").json()["status"]  # noqa: E731
    job = make_job(user, project_id=project.pk)
    assert status() == "generating"
    job.delete()
    Project.objects.filter(pk=project.pk).update(problem="The writer failed.")
    assert status() == "error"
    Project.objects.filter(pk=project.pk).update(problem="", final_video=make_asset(user))
    assert status() == "completed"
