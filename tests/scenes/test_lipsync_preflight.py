"""Checks before a paid lip-sync: a worker looks, and the web process only reports."""

import threading
import wave
from base64 import b64decode
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.jobs.models import Job
from apps.scenes.models import LipsyncLook, Scene
from apps.scenes.preflight import FAILURE_TOLD_SECONDS
from engines.media.runner import run
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.jobs.remote.driving import drive
from tests.scenes.preflights import preflight_jobs, run_preflights
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

NO_FACE = "No face was found."


@pytest.fixture
def project(user, no_delays, sync_so):
    song = make_song(user, asset=store_asset(user, media.sound(6.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, providers={"lipsync": "sync_so"})
    for scene in make_scenes(project, "1.5", "2.25", "2.25"):
        make_clip(scene, asset=store_asset(user, media.video(2.0)))
    return project


def lipsync(api, project, sequence="", *, wait=0, **body):
    url = f"/api/mv/projects/{project.pk}/lipsync/{sequence}".rstrip("/")
    headers = {"Prefer": f"wait={wait}"} if wait else {}
    return api.post(url, body, content_type="application/json", headers=headers)


def check(api, project, sequence=1, **options):
    return lipsync(api, project, f"{sequence}/check", **options)


def looked(api, project):
    """Return the check's response after workers have looked."""
    check(api, project)
    run_preflights()
    return check(api, project)


def test_check_looks_at_each_file_and_reports_findings(api, project):
    asked = check(api, project)
    assert (asked.status_code, asked["Location"]) == (202, "/api/jobs?kind=lipsync_look")
    body = asked.json()
    assert (body["usable"], body["looking"], body["problems"]) == (None, True, [])
    again = check(api, project).json()["jobs"]
    assert [job["id"] for job in again] == [job["id"] for job in body["jobs"]] and preflight_jobs().count() == 2
    run_preflights()

    found = check(api, project)
    assert found.status_code == 200
    assert (found.json()["usable"], found.json()["looking"], found.json()["jobs"]) == (False, False, [])
    assert any(NO_FACE in problem for problem in found.json()["problems"])
    assert found.json()["frame_url"].startswith("/api/mv/get_video/")
    # The whole song was analyzed, so for the next scene only the clip has to be checked.
    assert len(check(api, project, 2).json()["jobs"]) == 1
    assert {job.queue for job in preflight_jobs()} == {"media"}


def test_check_waits_as_preferred(api, project):
    def work():
        wait_for(lambda: preflight_jobs().filter(state="queued").count() == 2, seconds=60, what="the looks")
        run_preflights()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    found = check(api, project, wait=60)
    worker.join()
    assert (found.status_code, found["Preference-Applied"]) == (200, "wait=60")
    assert found.json()["usable"] is False


def test_web_process_opens_no_file_and_missing_file_is_reported_for_a_while(api, project):
    for path in Path(settings.MEDIA_ROOT).rglob("*.*"):
        path.unlink()
    assert check(api, project).status_code == 202
    while preflight_jobs().filter(state="queued").exists():
        run_preflights()

    told = check(api, project).json()
    assert (told["usable"], told["looking"], told["face"]) == (False, False, None)
    assert all(problem.startswith("It couldn't be checked:") for problem in told["problems"])
    assert not LipsyncLook.objects.exists()  # a temporary problem isn't stored as a fact about the file
    Job.objects.update(finished_at=timezone.now() - timedelta(seconds=FAILURE_TOLD_SECONDS + 1))
    assert check(api, project).status_code == 202


def test_unlikely_lipsync_is_rejected_or_warned_about(api, project):
    found = looked(api, project).json()
    refused = lipsync(api, project, 1, force=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "lipsync_unlikely")
    assert refused.json()["errors"] == {"1": found}
    assert not Job.objects.filter(kind="lipsync").exists()
    assert any(NO_FACE in warning for warning in lipsync(api, project, 1).json()["warnings"])
    assert lipsync(api, project, 2, force=True).json()["warnings"] == []


def test_call_without_force_proceeds_with_unchecked_warning(api, project):
    (warning,) = lipsync(api, project, 1).json()["warnings"]
    assert "/lipsync/1/check" in warning
    assert not preflight_jobs().exists()


@pytest.mark.parametrize("several", [False, True])
def test_job_checks_unchecked_files_before_buying(api, project, sync_so, several):
    asked = {"sequences": [1]} if several else {}
    response = lipsync(api, project, "" if several else 1, force=False, **asked)
    assert response.status_code == 202, response.content
    body = response.json()["scenes"][0] if several else response.json()
    assert "checks it first" in body["warnings"][0]
    job = drive(Job.objects.get(pk=body["job"]["id"]))
    assert job.state == "failed" and "Nothing was bought" in job.error and NO_FACE in job.error
    assert not sync_so.generations
    assert LipsyncLook.objects.count() == 2  # what the job saw is stored


def test_generated_clip_is_checked_on_arrival(api, project, replicate):
    url = f"/api/mv/projects/{project.pk}/scenes/1/generate_video"
    response = api.post(url, {"provider": "replicate"}, content_type="application/json")
    job = drive(Job.objects.get(pk=response.json()["id"]))
    assert job.state == "succeeded", job.error
    look = LipsyncLook.objects.get(asset=Scene.objects.get(project=project, sequence=1).current_clip.asset)
    assert look.found["moments"] and b64decode(next(iter(look.frames.values()))).startswith(b"\xff\xd8")
    assert len(check(api, project).json()["jobs"]) == 1  # the song only


@pytest.mark.parametrize("provider", ["sync_so", "draft"])
def test_own_footage_is_checked_on_arrival(api, project, run_job, provider):
    project.providers = {"lipsync": provider}
    project.save()
    url = f"/api/mv/projects/{project.pk}/scenes/1/trim"
    response = api.post(url, {"start_time": 0, "end_time": 1}, content_type="application/json")
    assert run_job(response.json()["id"]).state == "succeeded"
    assert LipsyncLook.objects.count() == 1


def test_lip_synced_clip_is_not_checked(api, project):
    assert drive(Job.objects.get(pk=lipsync(api, project, 1).json()["job"]["id"])).state == "succeeded"
    assert not LipsyncLook.objects.exists()


def silence(seconds):
    held = BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        file.writeframes(b"\0\0" * round(44_100 * seconds))
    return held.getvalue()


@pytest.mark.parametrize("seconds", [0.02, 3.0])
def test_silent_song_is_reported(api, user, project, seconds):
    project.song.asset = store_asset(user, silence(seconds), kind="audio", suffix=".wav")
    project.song.save()
    found = looked(api, project).json()
    assert any("only silence" in problem for problem in found["problems"]), found


def test_vocal_stem_is_judged_by_sound_alone(api, user, project):
    project.song.stem = store_asset(user, media.sound(6.0), kind="audio", suffix=".wav")
    project.song.save()
    assert looked(api, project).json()["voice"]["share"] > 0.9


@pytest.mark.parametrize("strange", ["cut off", "sixteen by sixteen", "two wide", "one frame", "no picture"])
def test_strange_clips_are_reported_without_failing(api, user, project, strange, tmp_path):
    clip = make_clip(Scene.objects.get(project=project, sequence=1), asset=strange_clip(user, strange, tmp_path))
    found = looked(api, project)
    assert found.status_code == 200 and found.json()["usable"] is False, found.content
    assert LipsyncLook.objects.filter(asset=clip.asset).exists()
    assert set(preflight_jobs().values_list("state", flat=True)) == {"succeeded"}


def strange_clip(user, kind, folder):
    path = folder / "strange.mp4"
    size = {"sixteen by sixteen": "16x16", "two wide": "2x640"}.get(kind, "320x180")
    frames = "1" if kind == "one frame" else "24"
    picture = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=24", "-frames:v", frames, "-pix_fmt", "yuv420p"]
    sound = ["-f", "lavfi", "-i", "sine=duration=1"]
    run([*(sound if kind == "no picture" else picture), "-movflags", "+faststart", str(path)], time_limit_seconds=60)
    asset = store_asset(user, path.read_bytes())
    if kind == "cut off":
        stored = Path(settings.MEDIA_ROOT) / asset.key
        stored.write_bytes(stored.read_bytes()[: stored.stat().st_size // 3])
    return asset
