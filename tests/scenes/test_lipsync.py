import wave
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import structlog
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.lipsync_inputs import scene_window
from apps.scenes.models import Scene
from tests.factories import make_asset, make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive
from tests.server import Reply, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user, no_delays):
    song = make_song(user, asset=store_asset(user, media.sound(6.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, providers={"lipsync": "sync_so"})
    for scene in make_scenes(project, "1.5", "2.25", "2.25"):
        make_clip(scene, asset=store_asset(user, media.video(2.0)))
    return project


def url(project, sequence=""):
    return f"/api/mv/projects/{project.pk}/lipsync/{sequence}".rstrip("/")


def lipsync(api, project, sequence="", **body):
    return api.post(url(project, sequence), body, content_type="application/json")


def scene_of(project, sequence):
    return Scene.objects.get(project=project, sequence=sequence)


def test_window_is_sum_of_preceding_durations_in_one_query(user, project):
    Scene.objects.filter(project=project, sequence=1).update(duration=None)
    project = Project.objects.select_related("song__asset").get(pk=project.pk)
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        structlog.testing.capture_logs() as logs,
    ):
        window = scene_window(project, 2)
    assert (window.start_time, window.end_time) == (Decimal(2), Decimal("4.25"))
    assert len([query for query in queries if "scenes_scene" in query["sql"]]) == 1
    assert window.scene_count == 3
    assert "scene_duration_missing" in {line["event"] for line in logs}


def test_lip_synced_clip_replaces_current_clip(api, user, project, sync_so):
    first = scene_of(project, 2).current_clip
    first.poster = make_asset(user, kind="image", content_type="image/jpeg")
    first.save()
    response = lipsync(api, project, 2, temperature=0.7)
    assert response.status_code == 202, response.content
    body = response.json()
    assert body["status"] == "generating-lipsync"
    assert body["audio_segment"] == {"start_time": 1.5, "end_time": 3.75}
    assert body["lipsync_params"]["temperature"] == 0.7
    assert response["Location"] == f"/api/jobs/{body['job']['id']}"
    job = drive(Job.objects.get(pk=body["job"]["id"]))
    assert job.state == "succeeded", job.error
    clip = scene_of(project, 2).current_clip
    assert (clip.origin, clip.parent, clip.usable) == ("lip-synced", first, True), clip.checks
    assert clip.asset.key.startswith(f"mv/projects/{project.pk}/scenes/2/lipsync_")
    assert clip.poster == first.poster  # it looks like its source, and the scene's image may be of something else
    done = api.get(url(project, 2)).json()
    assert done["status"] == "completed"
    assert done["original_video_url"] == f"/api/mv/get_video/{first.asset_id}"
    assert done["video_url"] == f"/api/mv/get_video/{clip.asset_id}"
    assert done["processing_time_seconds"] >= 0


def test_voice_longer_than_clip_is_noted(api, project, sync_so):
    """The scene's sound lasts 2.25 s and its clip 2 s; the first scene's sound ends before its clip."""
    for sequence, words in ((1, []), (2, ["The audio is 0.2 seconds longer than the video"])):
        body = lipsync(api, project, sequence).json()
        drive(Job.objects.get(pk=body["job"]["id"]))
        warnings = api.get(url(project, sequence)).json()["warnings"]
        assert len(warnings) == len(words) and all(map(str.startswith, warnings, words)), warnings


def test_sent_audio_is_cut_to_the_sample(api, project, sync_so, tmp_path):
    drive(Job.objects.get(pk=lipsync(api, project, 2).json()["job"]["id"]))
    (generation,) = sync_so.generations.values()
    sent = tmp_path / "sent.wav"
    sent.write_bytes(generation.audio)
    with wave.open(str(sent)) as part, wave.open(BytesIO(media.sound(6.0))) as whole:
        assert part.getparams()[:4] == (*whole.getparams()[:3], 36_000)
        # The window starts where the first scene ends, to the sample.
        whole.setpos(round(1.5 * whole.getframerate()))
        assert part.readframes(36_000) == whole.readframes(36_000)


def test_preview_is_kept_but_not_made_current(api, project, sync_so):
    before = scene_of(project, 1).current_clip
    drive(Job.objects.get(pk=lipsync(api, project, 1, preview=True).json()["job"]["id"]))
    scene = scene_of(project, 1)
    assert scene.current_clip == before
    assert scene.clips.filter(origin="lip-synced").count() == 1


def test_failure_keeps_clip_and_can_be_retried(api, project, sync_so):
    before = scene_of(project, 1).current_clip
    sync_so.end_next_as.append(("FAILED", "generation_input_video_invalid"))
    job = drive(Job.objects.get(pk=lipsync(api, project, 1).json()["job"]["id"]))
    assert job.state == "failed"
    assert scene_of(project, 1).current_clip == before
    body = api.get(url(project, 1)).json()
    assert (body["status"], bool(body["error"])) == ("error", True)
    row = api.get(f"/api/mv/projects/{project.pk}/scenes/1").json()
    assert (row["status"], row["error"]) == ("error", body["error"])
    assert api.post(f"/api/jobs/{job.pk}/retry").status_code == 202
    assert drive(job).state == "succeeded"
    assert api.get(url(project, 1)).json()["status"] == "completed"


def test_second_lipsync_on_same_scene_conflicts(api, project, sync_so):
    assert lipsync(api, project, 1).status_code == 202
    assert lipsync(api, project, 1).status_code == 409
    (job,) = Job.objects.all()
    api.post(f"/api/jobs/{job.pk}/cancel")
    ended = api.get(url(project, 1)).json()
    assert (ended["status"], ended["error"]) == ("error", "It was cancelled.")


def test_several_scenes_start_together_or_not_at_all(api, project, sync_so):
    def both():
        body = {"sequences": [1, 3]}
        return api.post(url(project), body, content_type="application/json", headers={"Idempotency-Key": "both"})

    assert api.get(f"{url(project)}/quote?sequences=1&sequences=3").json()["provider"] == "sync_so"
    with structlog.testing.capture_logs() as logs:
        response = both()
    assert response.status_code == 202
    assert [row["sequence"] for row in response.json()["scenes"]] == [1, 3]
    events = [line for line in logs if line["event"] in {"lipsync_request_received", "audio_timing_calculated"}]
    assert [line.get("start_time") for line in events] == [None, 0.0, 3.75]
    assert [row["job"]["id"] for row in both().json()["scenes"]] == [
        row["job"]["id"] for row in response.json()["scenes"]
    ]
    assert lipsync(api, project, sequences=[2, 3]).status_code == 409
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 1.1},
        {"temperature": -0.1},
        {"temperature": "hot"},
        {"preview": "perhaps"},
        {"audio_id": ["x"]},
        {"start_time": 3},
    ],
)
def test_values_out_of_range_are_rejected(api, project, body):
    assert lipsync(api, project, 1, **body).status_code == 400
    assert not Job.objects.exists()


def test_missing_song_or_video_is_reported(api, user, project, sync_so):
    silent = make_project(user, providers={"lipsync": "sync_so"})
    (scene,) = make_scenes(silent, "4")
    assert lipsync(api, silent, 1).json()["code"] == "no_video"
    make_clip(scene)
    assert lipsync(api, silent, 1).json()["code"] == "no_song"
    assert lipsync(api, silent, 9).status_code == 404
    assert lipsync(api, project, 1, audio_id="x").status_code == 404


def test_window_past_end_is_rejected_and_overlapping_window_is_cut(api, user, project, sync_so):
    Scene.objects.filter(project=project, sequence=2).update(duration=Decimal(4))
    assert lipsync(api, project, 3).json()["audio_segment"] == {"start_time": 5.5, "end_time": 6.0}
    Scene.objects.filter(project=project, sequence=2).update(duration=Decimal(5))
    response = lipsync(api, project, 3)
    assert (response.status_code, response.json()["code"]) == (400, "window_past_song")


def test_own_audio_and_stem_take_precedence_over_song(api, user, project, sync_so):
    own = store_asset(user, media.sound(5.0), kind="audio", suffix=".wav")
    assert lipsync(api, project, 1, audio_id=str(own.pk)).json()["lipsync_params"]["audio_id"] == str(own.pk)
    project.song.stem = make_asset(user, kind="audio", duration_seconds=6.0)
    project.song.save()
    assert lipsync(api, project, 2).json()["lipsync_params"]["audio_id"] == str(project.song.stem_id)


def source_of(response):
    return Job.objects.get(pk=response.json()["job"]["id"]).parameters["frozen"]["inputs"]["video"]["asset_id"]


def audio_of(response):
    audio = Job.objects.get(pk=response.json()["job"]["id"]).parameters["frozen"]["inputs"]["audio"]
    return audio["start_seconds"], audio["end_seconds"]


def test_second_lipsync_starts_from_first_ones_source_clip(api, project, sync_so):
    first = scene_of(project, 1).current_clip
    drive(Job.objects.get(pk=lipsync(api, project, 1).json()["job"]["id"]))
    again = lipsync(api, project, 1)
    assert source_of(again) == str(first.asset_id)
    drive(Job.objects.get(pk=again.json()["job"]["id"]))
    assert scene_of(project, 1).current_clip.parent == first


@pytest.mark.parametrize(
    ("history", "current", "source"),
    [
        ("g l", 1, 0),
        ("g l t1", 2, 0),  # a trim of a lip-synced clip is one too
        ("g l c1 t2", 3, 0),
        ("g l0 l1", 2, 0),
        ("g g l0", 2, 0),  # not the take that wasn't chosen
        ("g g l", 2, 1),  # its source is no longer known
        ("g l0 g", 2, 2),
        ("g l0 g", 0, 0),
        ("g t0 l1", 2, 1),
        ("l", 0, 0),  # there is no other clip
    ],
)
def test_lipsync_starts_from_clip_that_is_not_lip_synced(api, project, sync_so, history, current, source):
    scene = scene_of(project, 1)
    scene.current_clip = None
    scene.save()
    scene.clips.all().delete()
    origins = {"g": "generated", "l": "lip-synced", "t": "trimmed", "c": "copied"}
    clips: list[Any] = []
    for word in history.split():
        parent = clips[int(word[1:])] if word[1:] else None
        clips.append(make_clip(scene, origin=origins[word[0]], parent=parent, current=False))
    scene.current_clip = clips[current]
    scene.save()

    assert source_of(lipsync(api, project, 1)) == str(clips[source].asset_id)


@pytest.mark.parametrize(
    ("seconds", "body", "window"),
    [
        (6.0, {}, (3.75, 6.0)),  # a stem
        (6.8, {}, (3.75, 6.0)),
        (5.2, {}, (3.75, 5.2)),
        (4.9, {}, (0, 2.25)),  # the scene's own line
        (1.4, {}, (0, 1.4)),
        (1.4, {"audio_start": 0.5}, (0.5, 1.4)),
        (6.0, {"audio_start": 0}, (0, 2.25)),
        (6.0, {"audio_start": 1.125}, (1.125, 3.375)),
    ],
)
def test_song_length_audio_is_windowed_and_shorter_audio_is_own_line(
    api, user, project, sync_so, seconds, body, window
):
    own = make_asset(user, kind="audio", duration_seconds=seconds)
    response = lipsync(api, project, 3, audio_id=str(own.pk), **body)

    assert response.status_code == 202, response.content
    assert audio_of(response) == window
    assert response.json()["audio_segment"] == dict(zip(("start_time", "end_time"), window, strict=True)) | (
        {"end_time": 6.0} if seconds == 5.2 else {}
    )


def test_own_line_needs_no_song(api, user, project, sync_so):
    line = make_asset(user, kind="audio", duration_seconds=1.4)
    Scene.objects.filter(project=project, sequence=2).update(duration=Decimal(9))
    assert audio_of(lipsync(api, project, 3, audio_id=str(line.pk))) == (0, 1.4)
    silent = make_project(user, providers={"lipsync": "sync_so"})
    for scene in make_scenes(silent, "2", "2"):
        make_clip(scene)
    whole = make_asset(user, kind="audio", duration_seconds=4.0)
    assert audio_of(lipsync(api, silent, 2, audio_id=str(line.pk))) == (0, 1.4)
    assert audio_of(lipsync(api, silent, 1, audio_id=str(whole.pk))) == (0, 2)


@pytest.mark.parametrize(
    ("start", "named"), [(1.4, True), (99, True), (-0.1, True), ("soon", True), ("NaN", True), (0.5, False)]
)
def test_audio_start_without_audio_or_outside_it_is_rejected(api, user, project, sync_so, start, named):
    line = make_asset(user, kind="audio", duration_seconds=1.4)
    response = lipsync(api, project, 3, audio_start=start, **({"audio_id": str(line.pk)} if named else {}))

    assert response.status_code == 400
    assert "audio_start" in response.json()["errors"]
    assert not Job.objects.exists()


def test_another_users_scene_is_not_found(client, other_user, project):
    client.force_login(other_user)
    assert lipsync(client, project, 1).status_code == 404


def test_standalone_lipsync_response_matches_video_response(api, user, replicate):
    video = store_asset(user, media.video(2.0))
    audio = store_asset(user, media.sound(3.0), kind="audio", suffix=".wav")
    body = {"video_id": str(video.pk), "audio_id": str(audio.pk), "start_time": 0.5, "end_time": 2}
    response = api.post("/api/mv/lipsync", {**body, "provider": "replicate"}, content_type="application/json")
    job = drive(Job.objects.get(pk=response.json()["id"]))
    assert job.state == "succeeded", job.error
    assert {"video_id", "video_url", "local_video_url", "metadata"} <= set(job.result)


@pytest.mark.parametrize(("start", "end"), [(2, 1), (1, 1), (9, None), (None, 0)])
def test_invalid_audio_range_is_rejected(api, user, start, end):
    body = {
        "video_id": str(make_asset(user).pk),
        "audio_id": str(make_asset(user, kind="audio", duration_seconds=3.0).pk),
    }
    body |= {"start_time": start, "end_time": end}
    assert api.post("/api/mv/lipsync", body, content_type="application/json").status_code == 400


def test_standalone_lipsync_accepts_links(api, settings, replicate):
    with serving(Reply(body=media.video(2.0))) as videos, serving(Reply(body=media.sound(3.0))) as sounds:
        hosts = [server.url.removeprefix("http://") for server in (videos, sounds)]
        settings.ALLOWED_FETCH_HOSTS = [*settings.ALLOWED_FETCH_HOSTS, *hosts]
        body = {"video_url": f"{videos.url}/v.mp4", "audio_url": f"{sounds.url}/a.wav", "start_time": 1}
        response = api.post("/api/mv/lipsync", {**body, "provider": "replicate"}, content_type="application/json")
        assert response.status_code == 202, response.content
        job = drive(Job.objects.get(pk=response.json()["id"]))
    assert job.state == "succeeded", job.error


def test_private_network_link_is_rejected(api, replicate):
    body = {"video_url": "http://127.0.0.1:9/v.mp4", "audio_url": "http://127.0.0.1:9/a.wav", "provider": "replicate"}
    job = drive(Job.objects.get(pk=api.post("/api/mv/lipsync", body, content_type="application/json").json()["id"]))
    assert job.state == "failed"
    assert not replicate.count("predictions$")
