"""Songs over the API: upload, analysis, correction, bytes, deletion."""

import re
import struct

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from apps.assets.models import Asset
from apps.assets.store.disk import local_path
from apps.jobs.models import Job
from apps.songs.models import AnalysisState, Song
from apps.songs.services import song_analysis_create, song_analysis_ended
from apps.songs.synthesis import write_audio
from bench.rhythms import DOUBLE_TIME, play
from tests.cases.generators import ffmpeg
from tests.engines.listening.builders import band
from tests.factories import make_project
from tests.fakes import media
from tests.songs.files import song_bytes
from workers.followup import advance

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".flac", ".m4a", ".aac", ".ogg", ".opus"])
def test_song_of_each_format_is_accepted_by_content(upload, suffix):
    response = upload(song_bytes(suffix), name="song.bin")
    assert response.status_code == 201, response.data
    assert response.data["duration_seconds"] == pytest.approx(8, abs=0.1)
    assert response["Location"] == f"/api/audio/{response.data['id']}"


def test_upload_returns_the_song_and_its_analysis_job(upload):
    response = upload(title="Night drive").data
    assert response["id"] == response["audio_id"] == response["song"]["id"] == str(Asset.objects.get().pk)
    assert response["title"] == "Night drive" and response["analysis_state"] == "waiting"
    assert response["job"]["kind"] == "audio_analysis" and response["job"]["state"] == "queued"


def test_title_defaults_to_the_files(upload):
    assert upload(song_bytes(title="Paper boats"), name="x.mp3").data["title"] == "Paper boats"
    assert upload(name="my song.mp3").data["title"] == "my song"


def test_analysis_finds_what_the_song_contains(api, upload, work):
    audio_id = upload().data["id"]
    work()
    song = api.get(f"/api/audio/{audio_id}").data
    assert song["analysis_state"] == "done"
    assert song["tempo_bpm"] == pytest.approx(120, abs=0.05) and song["beat_confidence"] > 0.7
    assert song["grid"]["beats"][1] == pytest.approx(0.5, abs=0.01) and not song["grid"]["advisory"]
    assert song["analysis"]["sections"][0]["start_seconds"] == 0
    assert -40 < song["analysis"]["loudness"]["integrated_lufs"] < 0
    assert "onsets" not in song["analysis"] and "peaks" not in song["analysis"]


def test_song_is_usable_before_its_analysis(api, upload):
    audio_id = upload().data["id"]
    song = api.get(f"/api/audio/{audio_id}").data
    assert song["grid"] == {} and song["analysis"] == {} and song["duration_seconds"] == pytest.approx(8, abs=0.1)
    assert api.get(f"/api/audio/{audio_id}/peaks").data == {}


def test_peaks_are_for_display(api, upload, work):
    audio_id = upload().data["id"]
    work()
    peaks = api.get(f"/api/audio/{audio_id}/peaks").data
    assert len(peaks["minimum"]) == len(peaks["maximum"]) == len(peaks["rms"]) > 1000
    assert len(peaks["energy"]) == 80 and peaks["duration_seconds"] == pytest.approx(8, abs=0.01)


def test_file_is_served_with_range(api, upload):
    url = f"/api/audio/get/{upload().data['id']}"
    whole = api.get(url)
    assert b"".join(whole) == song_bytes() and whole["Content-Type"] == "audio/mpeg"
    part = api.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and b"".join(part) == song_bytes()[100:200]
    assert api.head(url)["Content-Length"] == str(len(song_bytes()))
    assert api.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416


def test_list_has_the_callers_songs_newest_first(api, client_of, other_user, upload):
    first, second = upload().data["id"], upload(song_bytes(".wav")).data["id"]
    assert [song["id"] for song in api.get("/api/audio").data["results"]] == [second, first]
    assert client_of(other_user).get("/api/audio").data["results"] == []


def test_same_file_twice_is_one_song_of_its_owner(upload, work, client_of, other_user):
    first, again = upload(), upload(name="copy.mp3")
    assert (first.status_code, first.data["existing"], again.status_code, again.data["existing"]) == (
        201,
        False,
        200,
        True,
    )
    assert (again.data["id"], again.data["job"]["id"]) == (first.data["id"], first.data["job"]["id"])
    assert [job.state for job in work()] == ["succeeded"] and Asset.objects.count() == 1
    file = SimpleUploadedFile("a.mp3", song_bytes())
    assert client_of(other_user).post("/api/audio", {"file": file}).status_code == 201


@pytest.mark.parametrize(
    "content", [b"hello " * 50, bytes(range(256)) * 40, b"ID3\x04" + b"\xff\xfb" * 300, b"RIFF1234WAVE"]
)
def test_errors_of_songs_do_not_speak_of_pictures(upload, content):
    answer = upload(content)
    assert answer.status_code == 400
    assert not re.search("picture|image|photo|video", str(answer.data), re.IGNORECASE), answer.data


def many_channels(count):
    body = bytes(2 * count * 8000)
    form = (b"fmt ", 16, 1, count, 8000, 16_000 * count, 2 * count, 16)
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", *form, b"data", len(body)) + body


BROKEN = bytearray(song_bytes())
BROKEN[2000:] = bytes(len(BROKEN) - 2000)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"This is a text about a song. " * 200, "not_media"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\x00" * 4000, None),
        (bytes(BROKEN), "not_media"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not_media"),
        (media.image(), "wrong_kind"),
        (media.video(), "wrong_kind"),
        (song_bytes(".webm"), "wrong_format"),
        (song_bytes(".wav", seconds=0.3), "song_too_short"),
        (song_bytes(".wav")[:60], None),
        (many_channels(64), "too_demanding"),
        (many_channels(9), "too_demanding"),
    ],
    ids=[
        "empty",
        "text",
        "tag only",
        "broken mp3",
        "playlist",
        "picture",
        "film",
        "webm",
        "too short",
        "header only",
        "64 channels",
        "9 channels",
    ],
)
def test_file_that_is_not_a_song_is_refused_with_a_reason(upload, content, code):
    response = upload(content, name="song.mp3")
    assert response.status_code == 400, response.data
    assert response.data["detail"] and (code is None or response.data["code"] == code)
    assert not Asset.objects.exists() and not Song.objects.exists() and not Job.objects.exists()


def test_song_of_ten_hours_is_refused(upload, settings):
    settings.UPLOAD_LIMITS = {**settings.UPLOAD_LIMITS, "audio": (1024**3, 6, "a song")}
    response = upload()
    assert response.status_code == 400 and response.data["code"] == "too_long"


def test_too_large_file_is_refused(upload, settings):
    settings.UPLOAD_LIMITS = {**settings.UPLOAD_LIMITS, "audio": (1000, 3600, "a song")}
    assert upload().status_code == 413


def test_upload_without_a_file_is_explained(api):
    response = api.post("/api/audio", {"title": "x"}, format="multipart")
    assert response.status_code == 400 and "file" in response.data["errors"]


def test_truncated_mp3_gets_its_real_length(upload, work):
    content = song_bytes(seconds=20.0)
    audio_id = upload(content[: len(content) // 2]).data["id"]
    work()
    assert Asset.objects.get(pk=audio_id).duration_seconds == pytest.approx(10, abs=0.5)


def test_damaged_second_is_reported_and_the_song_stays_usable(api, upload, work):
    content = song_bytes(seconds=8.0)
    uploaded = upload(content[: len(content) // 2] + bytes(8000) + content[len(content) // 2 + 8000 :]).data
    assert re.search(r"damaged at 0:0[34] \(0\.\d s are missing\)", uploaded["warning"])
    work()
    song = api.get(f"/api/audio/{uploaded['id']}").data
    assert song["analysis_state"] == "done"
    assert song["warning"] == uploaded["warning"]
    assert api.get(f"/api/audio/{upload().data['id']}").data["warning"] == ""


def test_badly_damaged_song_is_refused(upload):
    content = bytearray(song_bytes(seconds=8.0))
    for start in range(4000, len(content) - 700, 1200):
        content[start : start + 700] = bytes(700)
    response = upload(bytes(content))
    assert response.status_code == 400 and response.data["code"] == "damaged_audio"


def test_nan_samples_are_skipped(api, upload, work):
    samples = band(120.0, 8.0).samples.astype("<f4")
    samples[0, 44_100:44_110], samples[1, 90_000], samples[0, 90_001] = np.nan, -np.inf, 1e30
    body = samples.T.astype("<f4").tobytes()
    form = (b"fmt ", 16, 3, 2, 44_100, 352_800, 8, 32)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", *form, b"data", len(body))
    response = upload(head + body)
    assert response.status_code == 201, response.data
    assert [job.state for job in work()] == ["succeeded"]
    song = api.get(f"/api/audio/{response.data['id']}").data
    assert song["warning"].startswith("The file is damaged at 0:0")
    assert song["tempo_bpm"] == pytest.approx(120, abs=0.1)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 6, 7, 8])
def test_song_with_up_to_eight_channels_is_analyzed(upload, work, count):
    assert upload(many_channels(count)).status_code == 201
    assert [job.state for job in work()] == ["succeeded"]


def test_another_users_song_is_not_found(client_of, other_user, upload):
    audio_id, other = upload().data["id"], client_of(other_user)
    assert other.get(f"/api/audio/{audio_id}").status_code == 404
    assert other.get(f"/api/audio/get/{audio_id}").status_code == 404
    assert other.patch(f"/api/audio/{audio_id}", {"title": "mine"}, format="json").status_code == 404
    assert other.delete(f"/api/audio/{audio_id}").status_code == 404


@pytest.mark.parametrize(
    ("edit", "bpm", "first"),
    [
        ({"operation": "halve"}, 60, 0.0),
        ({"operation": "double"}, 240, 0.0),
        ({"operation": "nudge", "seconds": 0.1}, 120, 0.1),
        ({"operation": "set", "bpm": 100, "offset": 0.3}, 100, 0.3),
        ({"operation": "tap", "taps": [0.02, 1.01, 1.99, 3.0, 4.02, 5.0]}, 60, 0.0),
        ({"operation": "downbeat", "beats": 1}, 120, 0.0),
    ],
)
def test_grid_can_be_corrected(api, upload, work, edit, bpm, first):
    audio_id = upload().data["id"]
    work()
    response = api.patch(f"/api/audio/{audio_id}", {"grid": edit}, format="json")
    assert response.status_code == 200, response.data
    assert response.data["tempo_bpm"] == pytest.approx(bpm, abs=0.05)
    assert response.data["grid"]["beats"][0] == pytest.approx(first, abs=0.01)
    assert response.data["grid"]["edited"] and response.data["beat_confidence"] == 1


def test_a_doubtful_tempo_is_told_and_the_other_one_chosen(api, upload, work, tmp_path):
    song = play([(DOUBLE_TIME, 6)], 85, seed=2)
    audio_id = upload(write_audio(song.samples, tmp_path / "song.flac").read_bytes()).data["id"]
    work()
    found = api.get(f"/api/audio/{audio_id}").data
    [other] = found["tempo_alternatives"]
    assert (round(found["tempo_bpm"]), round(other["bpm"])) == (170, 85) and 0 < other["score"] <= 0.5
    response = api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "choose", "bpm": 85}}, format="json")
    assert response.status_code == 200 and response.data["tempo_bpm"] == pytest.approx(85, abs=0.1)
    assert [round(other["bpm"]) for other in response.data["tempo_alternatives"]] == [170]
    assert max(np.abs(np.array(response.data["grid"]["downbeats"]) - beat).min() for beat in song.downbeats) < 0.03
    back = api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "choose", "bpm": 170}}, format="json")
    assert back.data["grid"]["beats"] == pytest.approx(found["grid"]["beats"], abs=1e-3)


def test_detected_grid_can_be_restored(api, upload, work):
    audio_id = upload().data["id"]
    work()
    found = api.get(f"/api/audio/{audio_id}").data["grid"]
    api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "halve"}}, format="json")
    response = api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "reset"}}, format="json")
    assert response.data["grid"] == found


INVALID_CORRECTIONS = [
    {"operation": "tap"},
    {"operation": "tap", "taps": [1]},
    {"operation": "tap", "taps": ["x"]},
    {"operation": "nudge"},
    {"operation": "set"},
    {"operation": "choose"},
    {"operation": "choose", "bpm": 77},
    {"operation": "set", "bpm": 1e9},
    {"operation": "explode"},
    {},
    "halve",
]


def test_invalid_correction_is_400_and_changes_nothing(api, upload, work):
    audio_id = upload().data["id"]
    work()
    before = Song.objects.get().grid
    for edit in INVALID_CORRECTIONS:
        response = api.patch(f"/api/audio/{audio_id}", {"title": "Changed", "grid": edit}, format="json")
        assert response.status_code == 400 and response.data["detail"], edit
        assert Song.objects.get().grid == before and Song.objects.get().title == "my song", edit


def test_grid_cannot_be_corrected_during_the_analysis(api, upload):
    audio_id = upload().data["id"]
    response = api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "halve"}}, format="json")
    assert response.status_code == 409


def test_new_analysis_keeps_a_corrected_grid(api, upload, work):
    audio_id = upload().data["id"]
    job = work()[0]
    api.patch(f"/api/audio/{audio_id}", {"grid": {"operation": "halve"}}, format="json")
    Job.objects.filter(pk=job.pk).update(state="failed")
    assert api.post(f"/api/jobs/{job.pk}/retry").status_code == 202
    work()
    assert api.get(f"/api/audio/{audio_id}").data["tempo_bpm"] == pytest.approx(60, abs=0.05)


def test_title_and_artist_can_be_changed(api, upload):
    audio_id = upload().data["id"]
    response = api.patch(f"/api/audio/{audio_id}", {"title": "Other", "artist": "Someone"}, format="json")
    assert (response.data["title"], response.data["artist"]) == ("Other", "Someone")
    assert api.patch(f"/api/audio/{audio_id}", {"title": ""}, format="json").status_code == 400


def test_deleting_a_song_removes_its_files(api, upload, work):
    audio_id = upload().data["id"]
    work()
    assert api.delete(f"/api/audio/{audio_id}").status_code == 204
    assert not Song.objects.exists() and not Asset.objects.exists()


def test_song_in_use_cannot_be_deleted(api, upload, user):
    audio_id = upload().data["id"]
    make_project(user, song=Song.objects.get())
    response = api.delete(f"/api/audio/{audio_id}")
    assert response.status_code == 409 and "project" in response.data["detail"].lower()
    assert Song.objects.exists() and Asset.objects.exists()


def test_deleting_a_song_before_its_analysis_only_fails_the_job(api, upload, work):
    api.delete(f"/api/audio/{upload().data['id']}")
    (job,) = work()
    assert job.state == "failed" and "deleted" in job.error


def test_unreadable_song_reports_an_error_and_stays_usable(api, upload, work):
    response = upload(song_bytes(".wav"))
    asset = Asset.objects.get()
    local_path(asset.key).write_bytes(b"something else" * 1000)
    (job,) = work()
    song = api.get(f"/api/audio/{response.data['id']}").data
    assert job.state == "failed" and song["analysis_state"] == AnalysisState.FAILED and song["analysis_error"]
    fixed = api.patch(f"/api/audio/{response.data['id']}", {"grid": {"operation": "set", "bpm": 90}}, format="json")
    assert fixed.data["tempo_bpm"] == pytest.approx(90)


def test_cancelled_analysis_is_reported_and_the_song_stays_usable(api, upload):
    response = upload().data
    api.post(f"/api/jobs/{response['job']['id']}/cancel")
    song_analysis_ended(Job.objects.get())
    song = api.get(f"/api/audio/{response['id']}").data
    assert song["analysis_state"] == "failed" and "cancelled" in song["analysis_error"]


def test_failed_analysis_is_reported_even_if_its_final_message_was_lost(api, upload):
    response = upload().data
    advance()
    assert Song.objects.get().analysis_state == AnalysisState.WAITING
    api.post(f"/api/jobs/{response['job']['id']}/cancel")
    advance()
    song = api.get(f"/api/audio/{response['id']}").data
    assert song["analysis_state"] == "failed" and "cancelled" in song["analysis_error"]


def test_retried_analysis_succeeds(api, upload, work):
    response = upload().data
    api.post(f"/api/jobs/{response['job']['id']}/cancel")
    song_analysis_ended(Job.objects.get())
    api.post(f"/api/jobs/{response['job']['id']}/retry")
    work()
    song = api.get(f"/api/audio/{response['id']}").data
    assert song["analysis_state"] == "done" and song["analysis_error"] == ""


def parts_of(song):
    return [(part["label"], part["start_seconds"], part["end_seconds"]) for part in song["analysis"]["sections"]]


def test_sections_can_be_renamed_moved_and_restored(api, upload, work):
    url = f"/api/audio/{upload().data['id']}"
    assert api.patch(url, {"sections": []}, format="json").status_code == 409
    work()
    found = api.get(url).data
    wanted = [{"label": "intro", "start_seconds": 0}, {"label": "Drop", "start_seconds": 2.5}]
    changed = api.patch(url, {"sections": wanted, "updated_at": found["updated_at"]}, format="json")
    assert changed.status_code == 200, changed.data
    assert parts_of(changed.data) == [("intro", 0.0, 2.5), ("Drop", 2.5, pytest.approx(8, abs=0.1))]
    assert all(0 <= part["energy"] <= 1 for part in changed.data["analysis"]["sections"])
    stale = api.patch(url, {"sections": wanted, "updated_at": found["updated_at"]}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert parts_of(api.patch(url, {"sections": []}, format="json").data) == parts_of(found)


@pytest.mark.parametrize("starts", [[1], [0, 0.5], [0, 5, 3], [0, 7.9], [0, 99], [0, "nan"]])
def test_impossible_sections_are_refused(api, upload, work, starts):
    audio_id = upload().data["id"]
    work()
    sections = [{"label": "verse", "start_seconds": start} for start in starts]
    assert api.patch(f"/api/audio/{audio_id}", {"sections": sections}, format="json").status_code == 400


def test_new_analysis_keeps_a_persons_sections(api, upload, work, user):
    audio_id = upload().data["id"]
    work()
    url = f"/api/audio/{audio_id}"
    mine = api.patch(url, {"sections": [{"label": "all", "start_seconds": 0}]}, format="json").data
    with transaction.atomic():
        song_analysis_create(by=user, song=Song.objects.get())
    work()
    assert parts_of(api.get(url).data) == parts_of(mine)


def tagged_with(picture, tmp_path):
    """Return an MP3 that carries these bytes as its cover."""
    plain, cover, song = tmp_path / "plain.mp3", tmp_path / "cover.png", tmp_path / "song.mp3"
    plain.write_bytes(song_bytes(seconds=3.0))
    cover.write_bytes(picture)
    tracks = ["-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v", "attached_pic"]
    ffmpeg("-i", plain, "-i", cover, *tracks, song)
    return song.read_bytes()


def test_cover_in_a_songs_tags_is_shown_and_deleted_with_it(api, upload, work, tmp_path):
    uploaded = upload(tagged_with(media.image(), tmp_path)).data
    work()
    song = api.get(f"/api/audio/{uploaded['id']}").json()
    cover = api.get(song["cover_url"])
    assert cover.status_code == 200 and cover["Content-Type"] == "image/png"
    assert b"".join(cover.streaming_content) == media.image()
    assert Asset.objects.filter(kind="image").count() == 1
    assert api.delete(f"/api/audio/{uploaded['id']}").status_code == 204
    assert not Asset.objects.filter(kind="image").exists()


def test_song_with_a_broken_cover_is_analyzed_without_one(api, upload, work, tmp_path):
    uploaded = upload(tagged_with(media.image(), tmp_path).replace(b"IHDR", b"JUNK")).data
    work()
    song = api.get(f"/api/audio/{uploaded['id']}").json()
    assert (song["analysis_state"], song["cover_url"]) == ("done", None)
