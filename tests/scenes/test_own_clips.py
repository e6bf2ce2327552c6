import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.scenes.models import Clip, Scene
from apps.scenes.own_clips import trim_range
from tests.factories import make_asset, make_clip, make_project, make_scenes
from tests.fakes import media

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(user):
    (scene,) = make_scenes(make_project(user), "4")
    return scene


def url(scene, rest):
    return f"/api/mv/projects/{scene.project_id}/scenes/{scene.sequence}/{rest}"


def upload(api, scene, content=None):
    file = SimpleUploadedFile("mine.mp4", content or media.video(2.0))
    return api.post(url(scene, "upload"), {"file": file})


def trim(api, scene, start, end):
    return api.post(url(scene, "trim"), {"start_time": start, "end_time": end}, content_type="application/json")


def current(scene):
    return Scene.objects.get(pk=scene.pk).current_clip


def test_own_footage_becomes_scene_clip(api, scene, run_job):
    response = upload(api, scene)
    assert response.status_code == 202
    assert api.get(url(scene, "")[:-1]).json()["status"] == "uploading"
    job = run_job(response.json()["id"])
    assert job.state == "succeeded", job.error
    clip = current(scene)
    assert (clip.origin, clip.asset.width, clip.asset.height, clip.asset.frames) == ("uploaded", 1280, 720, 48)
    assert clip.asset.key.startswith(f"mv/projects/{scene.project_id}/scenes/1/")


def test_chosen_part_of_own_footage_is_shown_with_its_own_picture(api, scene, run_job):
    file = SimpleUploadedFile("mine.mp4", media.video(2.0))
    job = run_job(api.post(url(scene, "upload"), {"file": file, "clip_in": "0.5", "clip_out": "1.5"}).json()["id"])
    assert job.state == "succeeded", job.error
    row = api.get(url(scene, "")[:-1]).json()
    assert (row["clip_in"], row["clip_out"], row["gap"]) == (0.5, 1.5, 3)
    clip = current(scene)
    assert (clip.asset.frames, row["poster_url"]) == (48, f"/api/mv/get_character_reference/{clip.poster_id}")
    assert clip.poster.width == 960
    file = SimpleUploadedFile("mine.mp4", media.video(2.0))
    refused = api.post(url(scene, "upload"), {"file": file, "clip_in": "2.5"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["clip_in"])


def test_trim_keeps_source_and_can_be_extended(api, scene, run_job):
    run_job(upload(api, scene).json()["id"])
    whole = current(scene)
    run_job(trim(api, scene, 0.5, 1).json()["id"])
    assert (current(scene).origin, current(scene).asset.frames, current(scene).parent) == ("trimmed", 12, whole)
    run_job(trim(api, scene, 0.25, 1.75).json()["id"])
    assert (current(scene).asset.frames, current(scene).parent) == (36, whole)
    html = api.get(f"/projects/{scene.project_id}/scenes/1/trim").content.decode()
    assert [re.search(rf'name="{name}"[^>]*value="([^"]*)', html)[1] for name in ("start_time", "end_time")] == [
        "0.250",
        "1.750",
    ]
    assert f"{whole.asset_id}" in html
    api.post(url(scene, "duplicate"), {}, content_type="application/json")
    copy = Scene.objects.get(project=scene.project, sequence=2)
    assert copy.current_clip.origin == "copied"
    run_job(trim(api, copy, 0, 2).json()["id"])
    assert current(copy).asset.frames == 48
    whole.asset.refresh_from_db()
    assert whole.asset.frames == 48
    assert Clip.objects.filter(scene=scene).count() == 3


@pytest.mark.parametrize(("start", "end"), [(1, 1), (1, 0.5), (0, 9), (5, 6), (-1, 1)])
def test_invalid_range_is_rejected(api, scene, run_job, start, end):
    run_job(upload(api, scene).json()["id"])
    assert trim(api, scene, start, end).status_code == 400


def test_scene_without_video_cannot_be_trimmed(api, scene):
    response = trim(api, scene, 0, 1)
    assert (response.status_code, response.json()["code"]) == (400, "no_video")


def test_non_video_upload_is_rejected_immediately(api, scene):
    assert upload(api, scene, b"not a video at all").status_code == 400
    assert not Clip.objects.exists()


def test_second_job_on_same_scene_conflicts(api, scene, run_job):
    run_job(upload(api, scene).json()["id"])
    assert trim(api, scene, 0, 1).status_code == 202
    response = trim(api, scene, 0, 1)
    assert (response.status_code, response.json()["code"]) == (409, "already_running")


def test_failed_trim_keeps_clip_and_says_why(api, settings, scene, run_job):
    run_job(upload(api, scene).json()["id"])
    kept = current(scene)
    job_id = trim(api, scene, 0, 1).json()["id"]
    (Path(settings.MEDIA_ROOT) / kept.asset.key).unlink()
    assert run_job(job_id).state == "failed"
    assert current(scene) == kept
    row = api.get(url(scene, "")[:-1]).json()
    assert (row["status"], bool(row["error"])) == ("error", True)


def queued_before(response, run_job, parameters):
    """The job as the previous release queued it: its JSON has no version."""
    Job.objects.filter(pk=response.json()["id"]).update(parameters=parameters)
    return run_job(response.json()["id"])


def test_uploads_and_trims_queued_by_previous_release_complete(api, scene, run_job):
    response = upload(api, scene)
    asset_id = Job.objects.get().parameters["asset_id"]
    job = queued_before(response, run_job, {"asset_id": asset_id, "start_time": "0", "fit": "fit"})
    assert job.state == "succeeded", job.error
    whole = current(scene)
    assert whole.parameters == {"asset_id": asset_id, "start_time": "0", "fit": "fit"}
    old = {"asset_id": str(whole.asset_id), "parent_id": str(whole.pk), "fit": "fit"}
    old |= {"start_time": "0.500000", "end_time": "1.000000"}
    job = queued_before(trim(api, scene, 0.25, 2), run_job, old)
    assert job.state == "succeeded", job.error
    clip = current(scene)
    assert (clip.asset.frames, clip.parent, clip.parameters) == (12, whole, old)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"start_time": "0.5", "end_time": "1.0", "asset_id": "gone", "fit": "fill"}, (0.5, 1.0)),
        ({"start_time": 0.25, "end_time": 1, "version": 2}, (0.25, 1.0)),
        ({"start_time": "0.5"}, (0, 2)),
        ({"start_time": "soon", "end_time": "late"}, (0, 2)),
        ({}, (0, 2)),
    ],
)
def test_trimmed_clip_row_is_readable_from_any_release(scene, kept, shown):
    root = make_clip(scene, asset=make_asset(scene.project.owner, duration_seconds=2.0))
    trimmed = make_clip(scene, origin="trimmed", parent=root, parameters=kept)
    found = trim_range(trimmed)
    assert (found.root, float(found.start_seconds), float(found.end_seconds)) == (root, *shown)
