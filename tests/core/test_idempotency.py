"""`Idempotency-Key` on calls that create something directly."""

import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import close_old_connections
from django.utils import timezone
from rest_framework.test import APIClient

from apps.assets.models import Asset
from apps.composition.models import Output
from apps.core.models import IdempotentRequest
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.songs.models import Song
from tests.factories import make_job, make_project, make_scenes
from tests.fakes import media

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "a-key-of-the-caller"}
URL = "/api/mv/projects"


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"


@pytest.fixture
def api(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def twice(api, path, body, *, form="json"):
    """Send the same request twice with one key and return both responses."""
    made = [api.post(path, body() if callable(body) else body, format=form, headers=KEY) for _ in range(2)]
    assert [response.status_code < 300 for response in made] == [True, True], [response.content for response in made]
    assert made[0].json() == made[1].json()
    assert (made[0].status_code, made[0].get("Location")) == (made[1].status_code, made[1].get("Location"))
    assert "Idempotency-Replayed" not in made[0] and made[1]["Idempotency-Replayed"] == "true"
    return made


def test_a_project_is_created_once(api):
    made, _ = twice(api, URL, {"title": "Holidays"})
    assert str(Project.objects.get().pk) == made.json()["id"]


def test_scenes_and_their_copies_are_created_once(api, user):
    project = make_project(user)
    twice(api, f"{URL}/{project.pk}/scenes", {"prompt": "A street"})
    assert Scene.objects.count() == 1
    for name, body in (("duplicate", {}), ("split", {"at": 1.0})):
        Scene.objects.all().delete()
        make_scenes(project, "4")
        IdempotentRequest.objects.all().delete()
        response = api.post(f"{URL}/{project.pk}/scenes/1/{name}", body, format="json", headers=KEY)
        again = api.post(f"{URL}/{project.pk}/scenes/1/{name}", body, format="json", headers=KEY)
        assert (response.status_code, again.json()) == (200, response.json()), response.content
        assert Scene.objects.count() == 2


def test_an_undo_is_done_once(api, user):
    project = make_project(user)
    for prompt in ("one", "two"):
        api.post(f"{URL}/{project.pk}/scenes", {"prompt": prompt}, format="json")
    twice(api, f"{URL}/{project.pk}/undo", {})
    assert Scene.objects.filter(deleted_at=None).count() == 1


def test_an_output_is_created_once(api, user):
    project = make_project(user)
    body = {"name": "Tall", "aspect_ratio": "9:16", "resolution": "720p"}
    twice(api, f"{URL}/{project.pk}/outputs", body)
    assert Output.objects.count() == 1


def sound():
    file = BytesIO(media.sound(1.0))
    file.name = "song.wav"
    return {"file": file}


def test_an_upload_is_stored_once(api):
    twice(api, "/api/audio", sound, form="multipart")
    assert Song.objects.count() == 1
    IdempotentRequest.objects.all().delete()
    twice(api, "/api/assets", lambda: {**sound(), "kind": "audio"}, form="multipart")
    assert Asset.objects.count() == 2


def test_another_file_with_the_same_key_is_refused(api):
    api.post("/api/audio", sound(), format="multipart", headers=KEY)
    other = BytesIO(media.sound(1.2))
    other.name = "song.wav"
    assert api.post("/api/audio", {"file": other}, format="multipart", headers=KEY).status_code == 409


def test_a_retry_is_one_attempt(api, user):
    job = make_job(user, state="failed")
    first, second = (api.post(f"/api/jobs/{job.pk}/retry", {}, format="json", headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202), second.content
    job.refresh_from_db()
    assert job.attempt == 2


def test_the_same_key_for_another_request_is_refused(api):
    api.post(URL, {"title": "Holidays"}, format="json", headers=KEY)
    other = api.post(URL, {"title": "Weekdays"}, format="json", headers=KEY)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Project.objects.count() == 1


def test_a_refused_request_leaves_the_key_free(api):
    assert api.post(URL, {"title": ""}, format="json", headers=KEY).status_code == 400
    assert api.post(URL, {"title": "Holidays"}, format="json", headers=KEY).status_code == 201


def test_a_key_belongs_to_its_caller_and_lasts_a_day(api, other_user):
    api.post(URL, {"title": "Holidays"}, format="json", headers=KEY)
    other = APIClient()
    other.force_authenticate(other_user)
    assert "Idempotency-Replayed" not in other.post(URL, {"title": "Holidays"}, format="json", headers=KEY)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in api.post(URL, {"title": "Holidays"}, format="json", headers=KEY)


@pytest.mark.parametrize("key", ["x" * 201, "tab\there", "caf\x80"])
def test_an_invalid_key_is_refused(api, key):
    response = api.post(URL, {"title": "Holidays"}, format="json", headers={"Idempotency-Key": key})
    assert (response.status_code, Project.objects.count()) == (400, 0)


def test_an_interrupted_request_is_not_repeated_blindly(api, user):
    api.post(URL, {"title": "Holidays"}, format="json", headers=KEY)
    IdempotentRequest.objects.update(status=None, body=None)
    again = api.post(URL, {"title": "Holidays"}, format="json", headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_key_in_progress")


@pytest.mark.django_db(transaction=True)
def test_eight_simultaneous_requests_create_one(user):
    start, responses = threading.Barrier(8), []

    def send():
        client = APIClient()
        client.force_authenticate(user)
        start.wait()
        responses.append(client.post(URL, {"title": "Holidays"}, format="json", headers=KEY).status_code)
        close_old_connections()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Project.objects.count() == 1
    assert set(responses) <= {201, 409} and 201 in responses
