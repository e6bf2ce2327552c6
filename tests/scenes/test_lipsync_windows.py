"""The sound that is sent for a scene is the scene's own, sample for sample, and the log tells the whole story."""

import wave
from decimal import Decimal
from io import BytesIO

import numpy as np
import pytest
import structlog

from apps.jobs.models import Job
from apps.production.followup import job_ended
from apps.projects.models import Project
from apps.scenes.models import Scene
from tests.factories import make_clip, make_project, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive

pytestmark = pytest.mark.django_db(transaction=True)

RATE = 16_000
SONG_SECONDS, SONG_START = 16.0, "1.3"
# Beats that are no whole number of samples or frames apart.
TEMPO_BPM = 131.7


def noise_song():
    """Return a wav in which every stretch is unlike every other."""
    samples = np.random.default_rng(5).integers(-9000, 9000, int(SONG_SECONDS * RATE), dtype=np.int16)
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return buffer.getvalue(), samples


def samples_of(content):
    with wave.open(BytesIO(content)) as file:
        assert file.getparams()[:3] == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@pytest.fixture
def song():
    return noise_song()


@pytest.fixture
def project(user, api, run_job, no_delays, song):
    """Scenes as the writer cuts them on the beats of the part of the song that is used."""
    asset = store_asset(user, song[0], kind="audio", suffix=".wav")
    row = make_song(user, seconds=SONG_SECONDS, tempo_bpm=TEMPO_BPM, asset=asset)
    project = make_project(user, song=row, song_start=SONG_START, providers={"lipsync": "sync_so"})
    response = api.post(
        f"/api/mv/projects/{project.pk}/scenes/generate", {"number_of_scenes": 5}, content_type="application/json"
    )
    run_job(response.json()["id"])
    for scene in project.scenes.all():
        make_clip(scene, asset=store_asset(user, media.video(2.0)))
    return project


def lipsync(api, project, sequence, **body):
    answer = api.post(f"/api/mv/projects/{project.pk}/lipsync/{sequence}", body, content_type="application/json")
    return Job.objects.get(pk=answer.json()["job"]["id"])


def test_windows_of_beat_cut_scenes_add_up_to_the_song_to_the_sample(api, project, sync_so, song):
    scenes = list(Scene.objects.filter(project=project).order_by("sequence"))
    lengths = {round(float(scene.duration), 3) for scene in scenes}
    assert len(scenes) == 5 and lengths != {8.0}  # not where index × 8 would be right

    sent = []
    for scene in scenes:
        assert drive(lipsync(api, project, scene.sequence)).state == "succeeded"
        newest = list(sync_so.generations.values())[-1]
        sent.append(samples_of(newest.audio))

    whole, start = song[1], round(float(SONG_START) * RATE)
    at = Decimal(SONG_START)
    for scene, samples in zip(scenes, sent, strict=True):
        end = at + scene.duration
        assert np.array_equal(samples, whole[round(at * RATE) : round(end * RATE)]), scene.sequence
        at = end
    assert np.array_equal(np.concatenate(sent), whole[start : start + sum(map(len, sent))])
    assert sum(map(len, sent)) == len(whole) - start


def test_a_repeated_lipsync_sends_the_original_clip(api, project, sync_so):
    original = Scene.objects.get(project=project, sequence=2).current_clip
    for _ in range(2):
        assert drive(lipsync(api, project, 2)).state == "succeeded"

    first, second = sync_so.generations.values()
    scene = Scene.objects.get(project=project, sequence=2)
    # The copy for a provider is encoded each time, by threads that may decide differently about a few bits.
    assert len(second.video) == pytest.approx(len(first.video), rel=0.01) and first.video
    asked = [job.parameters["frozen"]["inputs"]["video"]["asset_id"] for job in Job.objects.filter(kind="lipsync")]
    assert asked == [str(original.asset_id)] * 2
    assert (scene.current_clip.origin, scene.current_clip.parent) == ("lip-synced", original)


@pytest.mark.parametrize("alone", [False, True])
def test_log_tells_of_a_lipsync_from_request_to_failure(api, user, project, sync_so, alone):
    voice = store_asset(user, media.sound(2.0), kind="audio", suffix=".wav")
    clip = Scene.objects.get(project=project, sequence=1).current_clip

    def request(**body):
        if not alone:
            return lipsync(api, project, 1, **body)
        body |= {"video_id": str(clip.asset_id), "audio_id": str(voice.pk), "provider": "sync_so", "end_time": 1.5}
        return Job.objects.get(pk=api.post("/api/mv/lipsync", body, content_type="application/json").json()["id"])

    with structlog.testing.capture_logs() as logs:
        job_ended(drive(request(temperature=0.7, active_speaker_detection=True)).pk)
        sync_so.fail_next("POST /v2/generate$", "status", status=400, body={"message": "the face is hidden"})
        job_ended(drive(request(temperature=0.2)).pk)

    events = {name: [one for one in logs if one["event"] == f"lipsync_{name}"] for name in (
        "request_received", "processing_started", "processing_completed", "error",
    )}  # fmt: skip
    assert [one["temperature"] for one in events["request_received"]] == [0.7, 0.2]
    started = events["processing_started"][0]
    assert (started["temperature"], started["active_speaker_detection"], started["provider"]) == (0.7, True, "sync_so")
    assert started["video_url"] == clip.asset.key and started["audio_url"]
    assert len(started["audio_range"]) == 2
    assert events["processing_completed"][0]["bytes"] > 0
    (error,) = events["error"]
    assert "the face is hidden" in error["reason"] and error["scene_preserved"]
    assert "in submit" in error["traceback"] and "HttpFailure" in error["traceback"]
    assert "face" not in error["traceback"]


def test_signatures_of_links_are_not_logged(api, user, no_delays, sync_so):
    secret = "X-Amz-Signature=abcdef"
    body = {
        "video_url": f"https://clips.example/a.mp4?{secret}",
        "audio_url": f"https://songs.example/a.wav?{secret}",
        "provider": "sync_so",
    }
    with structlog.testing.capture_logs() as logs:
        answer = api.post("/api/mv/lipsync", body, content_type="application/json")
        job_ended(drive(Job.objects.get(pk=answer.json()["id"])).pk)

    told = [one for one in logs if one["event"].startswith("lipsync_")]
    assert {one["event"] for one in told} >= {"lipsync_request_received", "lipsync_processing_started", "lipsync_error"}
    assert "https://clips.example/a.mp4" in str(told) and "abcdef" not in str(told)


def test_project_of_the_fixture_has_beats(project):
    grid = Project.objects.get(pk=project.pk).song.grid
    cuts = np.cumsum([float(scene.duration) for scene in project.scenes.order_by("sequence")])[:-1] + float(SONG_START)
    assert all(min(abs(beat - cut) for beat in grid["beats"]) < 0.021 for cut in cuts)
