"""A song's vocal stem: uploaded, checked by a job, replaced, deleted with its song."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.assets.models import Asset
from apps.assets.store.disk import local_path
from apps.jobs.models import Job
from tests.fakes import media
from tests.songs.files import song_bytes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def audio_id(upload, work):
    made = upload().data["id"]
    work()
    return made


@pytest.fixture
def stem(api, audio_id):
    """Post a stem and return the response."""

    def send(content=None, **headers):
        file = SimpleUploadedFile("vocals.wav", song_bytes(".wav") if content is None else content)
        return api.post(f"/api/audio/{audio_id}/stem", {"file": file}, format="multipart", headers=headers)

    return send


@pytest.fixture
def used(api, audio_id):
    """Return what the song uses for lip-sync."""
    return lambda: api.get(f"/api/audio/{audio_id}/stem").json()


def damaged_song():
    """Return an mp3 with an intact header, half of which can't be decoded."""
    content = bytearray(song_bytes(seconds=8.0))
    for start in range(4000, len(content) - 700, 1200):
        content[start : start + 700] = bytes(700)
    return bytes(content)


def test_stem_becomes_the_songs_when_its_job_has_listened_to_it(api, audio_id, stem, used, work):
    assert used()["used"] == "mix" and used()["stem_id"] is None and used()["job"] is None
    response = stem()
    assert response.status_code == 202 and response["Location"] == f"/api/jobs/{response.json()['id']}"
    assert response.json()["kind"] == "stem" and used()["used"] == "mix"
    (job,) = work()
    assert job.state == "succeeded", job.error
    found = used()
    assert (found["used"], found["stem_id"], found["name"]) == ("stem", job.result["stem_id"], "vocals.wav")
    assert found["duration_seconds"] == pytest.approx(8, abs=0.1) and found["job"]["state"] == "succeeded"
    assert api.get(found["audio_url"]).status_code == 200
    song = api.get(f"/api/audio/{audio_id}").json()
    assert song["stem_id"] == found["stem_id"] and song["tempo_bpm"]
    assert song["sings"] is True and all(span["confidence"] > 0.9 for span in song["sung"])


def test_request_does_not_decode_the_stem_and_the_job_says_what_is_wrong(stem, used, work):
    before = Asset.objects.count()
    assert stem(damaged_song()).status_code == 202
    (job,) = work()
    assert job.state == "failed" and "damaged" in job.error and used()["used"] == "mix"
    assert Asset.objects.count() == before


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"la la la " * 200, "not_media"), (media.video(), "wrong_kind"),
     (song_bytes(".webm"), "wrong_format")],
    ids=["empty", "text", "film", "webm"],
)  # fmt: skip
def test_file_that_cannot_be_a_stem_is_refused_at_once(stem, content, code):
    response = stem(content)
    assert response.status_code == 400 and response.json()["code"] == code
    assert Asset.objects.count() == 1 and not Job.objects.filter(kind="stem").exists()


def test_stem_of_another_length_fails_and_the_song_keeps_the_one_it_has(stem, used, work):
    stem()
    work()
    kept = used()["stem_id"]
    stem(song_bytes(".wav", seconds=6.0))
    (job,) = work()
    assert job.state == "failed" and job.error.startswith("The stem is 6.0 s long, but the song is 8.0 s.")
    found = used()
    assert found["stem_id"] == kept and found["job"]["state"] == "failed"
    assert Asset.objects.count() == 2


def test_retry_after_a_refusal_asks_for_another_upload(api, stem, work):
    stem(song_bytes(".wav", seconds=6.0))
    (job,) = work()
    assert api.post(f"/api/jobs/{job.pk}/retry").status_code == 202
    (job,) = work()
    assert job.state == "failed" and job.error == "The uploaded stem was deleted. Upload it again."


def test_new_stem_replaces_the_old_one(api, stem, used, work):
    stem()
    work()
    first = used()["stem_id"]
    stem(song_bytes(".flac"))
    work()
    assert used()["stem_id"] != first and Asset.objects.count() == 2
    assert api.get(f"/api/audio/get/{first}").status_code == 404


def test_second_stem_during_the_check_is_refused(stem, work):
    stem()
    before = Asset.objects.count()
    again = stem(song_bytes(".flac"))
    assert again.status_code == 409 and again.json()["code"] == "already_running"
    assert Asset.objects.count() == before and len(work()) == 1


def test_same_idempotency_key_returns_the_same_job(stem, work):
    first, again = stem(**{"Idempotency-Key": "one"}), stem(**{"Idempotency-Key": "one"})
    assert first.json()["id"] == again.json()["id"] and len(work()) == 1


def test_upload_of_a_cancelled_job_survives_for_a_retry_and_goes_with_the_next_upload(api, stem, used, work):
    job_id = stem().json()["id"]
    api.post(f"/api/jobs/{job_id}/cancel")
    assert Asset.objects.count() == 2
    assert api.post(f"/api/jobs/{job_id}/retry").status_code == 202
    (job,) = work()
    assert job.state == "succeeded"
    api.post(f"/api/jobs/{stem().json()['id']}/cancel")
    stem(song_bytes(".flac"))
    work()
    assert used()["job"]["state"] == "succeeded" and Asset.objects.count() == 2


def test_deleting_a_song_deletes_its_stem_and_one_in_progress(api, audio_id, stem, work):
    stem()
    work()
    stem(song_bytes(".flac"))
    places = [local_path(asset.key) for asset in Asset.objects.all()]
    assert len(places) == 3 and all(place.exists() for place in places)
    assert api.delete(f"/api/audio/{audio_id}").status_code == 204
    (job,) = work()
    assert job.state == "failed" and job.error == "The song was deleted."
    assert not Asset.objects.exists()
    assert not any(place.exists() for place in places)


def test_another_users_song_is_not_found(client_of, other_user, audio_id):
    other = client_of(other_user)
    file = SimpleUploadedFile("vocals.wav", song_bytes(".wav"))
    assert other.get(f"/api/audio/{audio_id}/stem").status_code == 404
    assert other.post(f"/api/audio/{audio_id}/stem", {"file": file}, format="multipart").status_code == 404
