import threading
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from PIL import Image

from apps.assets.models import Asset
from apps.jobs.models import Job
from tests.factories import make_asset, make_song
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def post(api, call, body, **headers):
    return api.post(f"/api/mv/{call}", body, content_type="application/json", headers=headers)


def test_scenes_without_a_song_have_the_requested_number_and_length(api, run_job):
    response = post(api, "create_scenes", {"idea": "A city at night", "number_of_scenes": 3, "duration": 5})
    assert response.status_code == 202
    assert response["Location"] == f"/api/jobs/{response.json()['id']}"
    job = run_job(response.json()["id"])
    scenes = job.result["scenes"]
    assert [scene["sequence"] for scene in scenes] == [1, 2, 3]
    assert [scene["duration"] for scene in scenes] == [5, 5, 5]
    assert set(scenes[0]) == {"sequence", "description", "negative_description", "duration", "lipsync"}


def test_very_many_unknown_overrides_get_a_short_response(api):
    body = {"idea": "x", "overrides": {f"key {number}": 1 for number in range(5000)}}
    response = post(api, "create_scenes", body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert "there is no such key" in response.json()["detail"]
    assert "4,990 more values" in str(response.json()["errors"])


def test_overrides_replace_the_flavors_values_for_one_call(api, run_job):
    inside = {"idea": "x", "overrides": {"number_of_scenes": 2, "duration_seconds": 3}}
    beside = {"idea": "x", "number_of_scenes": 2, "duration_seconds": 3}
    for body in (inside, beside):
        job = run_job(post(api, "create_scenes", body).json()["id"])
        assert [scene["duration"] for scene in job.result["scenes"]] == [3, 3]
    assert post(api, "create_scenes", {"idea": "x", "duration_seconds": "long"}).status_code == 400


def test_scenes_of_a_song_fill_it(api, user, run_job):
    song = make_song(user, seconds=20.0)
    body = {"idea": "A city at night", "audio_id": str(song.asset_id), "number_of_scenes": 4}
    job = run_job(post(api, "create_scenes", body).json()["id"])
    assert sum(scene["duration"] for scene in job.result["scenes"]) == pytest.approx(20)


def test_a_character_reference_is_an_image_that_is_served(api, run_job):
    body = {"character_description": "A woman in a red coat", "num_images": 2}
    job = run_job(post(api, "generate_character_reference", body).json()["id"])
    images = job.result["images"]
    assert len({image["image_id"] for image in images}) == 2
    assert (images[0]["id"], images[0]["url"]) == (images[0]["image_id"], images[0]["image_url"])
    response = api.get(images[0]["image_url"])
    assert Image.open(BytesIO(b"".join(response.streaming_content))).size == (images[0]["width"], images[0]["height"])


def test_a_video_has_its_metadata_and_reference_next_to_it(api, run_job, settings):
    references = {"character_description": "A woman in a red coat", "num_images": 1}
    reference_id = run_job(post(api, "generate_character_reference", references).json()["id"]).result["images"][0]
    body = {
        "prompt": "Slow push in on a woman",
        "duration": 0.5,
        "aspect_ratio": "1:1",
        "seed": 3,
        "character_reference_id": reference_id["image_id"],
    }
    job = run_job(post(api, "generate_video", body).json()["id"])
    assert job.state == "succeeded", job.error
    video_id = job.result["video_id"]
    folder = Path(settings.MEDIA_ROOT) / "mv" / "jobs" / video_id
    assert {path.name for path in folder.iterdir()} == {"video.mp4", "metadata.json", "reference_image.png"}
    assert (job.result["metadata"]["request"]["prompt"], job.result["metadata"]["request"]["seed"]) == (
        "Slow push in on a woman",
        3,
    )
    info = api.get(f"/api/mv/get_video/{video_id}/info").json()
    assert (info["width"], info["height"], info["frames"]) == (720, 720, 12)
    shown = api.get(f"/api/jobs/{job.pk}").json()["result"]
    assert shown["video_url"] == shown["local_video_url"] == f"/api/mv/get_video/{video_id}"
    assert (shown["cloud_url"], shown["cloud_urls"]) == (None, {})


def test_prefer_wait_returns_the_finished_result(api, run_job):
    def work():
        try:
            wait_for(Job.objects.exists, seconds=60, what="the job", step=0.02)
            run_job(Job.objects.get().pk)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    response = post(api, "create_scenes", {"idea": "x", "number_of_scenes": 2}, Prefer="wait=60")
    worker.join()
    assert response.status_code == 200
    body = response.json()
    assert len(body["scenes"]) == 2
    assert body["result"]["scenes"] == body["scenes"]
    assert (body["state"], body["job"]["state"]) == ("succeeded", "succeeded")


def test_a_quote_takes_the_calls_body_or_its_fields_in_the_query(api):
    quote = post(api, "generate_video/quote", {"prompt": "x", "duration": 2}).json()
    assert quote["amount"] == "0.0000"
    assert api.get("/api/mv/generate_video/quote?prompt=x&duration=2").json() == quote
    assert api.get("/api/mv/generate_video/quote").status_code == 400
    assert not Job.objects.exists()


def test_the_same_idempotency_key_creates_one_job(api):
    send = lambda **body: post(api, "create_scenes", {"idea": "x", **body}, **{"Idempotency-Key": "k"})  # noqa: E731
    assert send().json()["id"] == send().json()["id"]
    assert Job.objects.count() == 1
    assert send(number_of_scenes=2).status_code == 409


def test_an_unknown_flavor_falls_back(api, run_job):
    job = run_job(post(api, "create_scenes", {"idea": "x", "config_flavor": "nope" * 99}).json()["id"])
    assert (job.state, job.flavor) == ("succeeded", "default")
    assert len(job.config_hash) == 16


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("create_scenes", {}, "idea"),
        ("create_scenes", {"idea": " "}, "idea"),
        ("create_scenes", {"idea": "x", "number_of_scenes": 0}, "number_of_scenes"),
        ("create_scenes", {"idea": "x", "number_of_scenes": 5000}, "number_of_scenes"),
        ("create_scenes", {"idea": "x", "audio_id": ["x"]}, "audio_id"),
        ("create_scenes", {"idea": "x", "provider": "sync_so"}, "provider"),
        ("create_scenes", {"idea": "x", "color": "red"}, "color"),
        ("create_scenes", {"idea": "x", "overrides": {"number_of_scenes": "many"}}, "overrides"),
        ("create_scenes", {"idea": "x", "overrides": {"color": "red"}}, "overrides"),
        ("generate_character_reference", {"character_description": ""}, "character_description"),
        ("generate_character_reference", {"character_description": "x", "num_images": 9}, "num_images"),
        ("generate_video", {"prompt": "x", "duration": -1}, "duration"),
        ("generate_video", {"prompt": "x", "aspect_ratio": "5:4"}, "aspect_ratio"),
        ("generate_video", {"prompt": {"text": "x"}}, "prompt"),
        ("lipsync", {}, "video_id"),
        ("lipsync", {"video_url": "ftp://example.org/x"}, "audio_id"),
        ("lipsync", {"video_url": "https://example.org/x", "temperature": 2}, "temperature"),
    ],
)
def test_bad_input_is_named_and_creates_no_job(api, call, body, field):
    response = post(api, call, body)
    assert response.status_code == 400, response.content
    assert field in response.json()["errors"]
    assert not Job.objects.exists()


def test_an_invalid_id_is_404_and_an_empty_one_is_omitted(api):
    assert post(api, "create_scenes", {"idea": "x", "audio_id": "no-such-song"}).status_code == 404
    assert not Job.objects.exists()
    assert post(api, "create_scenes", {"idea": "x", "audio_id": ""}).status_code == 202


def test_null_counts_as_an_omitted_field(api):
    body = {"prompt": "x", "config_flavor": None, "provider": None, "aspect_ratio": None, "confirm_cost": None}
    assert post(api, "generate_video", body).status_code == 202
    assert post(api, "generate_video", {"prompt": None}).status_code == 400


@pytest.mark.parametrize("call", ["create_scenes", "generate_video", "lipsync"])
def test_another_users_media_is_not_found(api, other_user, call):
    body = {
        "create_scenes": {"idea": "x", "audio_id": str(make_song(other_user).asset_id)},
        "generate_video": {"prompt": "x", "character_reference_id": str(make_asset(other_user, kind="image").pk)},
        "lipsync": {"video_id": str(make_asset(other_user).pk), "audio_url": "https://example.org/a.wav"},
    }[call]
    assert post(api, call, body).status_code == 404
    assert not Job.objects.exists()


def test_a_call_without_sign_in_is_refused(client):
    assert post(client, "create_scenes", {"idea": "x"}).status_code in {401, 403}


def test_a_deleted_input_fails_the_job_with_a_message(api, user, run_job):
    reference = make_asset(user, kind="image", width=10, height=10)
    body = {"prompt": "x", "character_reference_id": str(reference.pk)}
    job_id = post(api, "generate_video", body).json()["id"]
    Asset.objects.filter(pk=reference.pk).delete()
    job = run_job(job_id)
    assert (job.state, "deleted in the meantime" in job.error) == ("failed", True)
