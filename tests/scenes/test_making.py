import json

import pytest

from apps.jobs.models import Job
from apps.scenes.making import GenerationSpec, video_works
from apps.scenes.models import Clip, Scene
from apps.work.frozen import VideoValues
from tests.factories import make_asset, make_clip, make_project, make_scenes

pytestmark = pytest.mark.django_db(transaction=True)


def post(api, address, **body):
    return api.post(f"/api/mv/projects/{address}", body, content_type="application/json")


@pytest.fixture
def project(user):
    return make_project(user, song_seconds=4.0, character_description="A woman in a red coat")


def test_scenes_are_written_on_beats_over_whole_song(api, project, run_job):
    job = run_job(post(api, f"{project.pk}/scenes/generate", number_of_scenes=3).json()["id"])
    assert (job.state, job.provider, job.flavor) == ("succeeded", "draft", "default"), job.error
    rows = api.get(f"/api/mv/projects/{project.pk}/scenes").json()["results"]
    assert [row["sequence"] for row in rows] == [1, 2, 3]
    assert sum(row["duration"] for row in rows) == 4.0
    assert all((row["duration"] * 2).is_integer() for row in rows)
    assert all(row["prompt"] for row in rows)


def test_scenes_wait_for_song_analysis(api, project, run_job):
    song = project.song
    grid, song.grid, song.analysis_state = song.grid, {}, "waiting"
    song.save()
    job_id = post(api, f"{project.pk}/scenes/generate", number_of_scenes=3).json()["id"]
    job = run_job(job_id)
    assert (job.state, job.progress_message) == ("queued", "Waiting for the song to be analyzed")
    song.grid, song.analysis_state = grid, "done"
    song.save()
    Job.objects.update(run_after=None)
    assert run_job(job_id).state == "succeeded"
    lengths = Scene.objects.filter(project=project).values_list("duration", flat=True)
    assert (sum(lengths), all(length * 2 == int(length * 2) for length in lengths)) == (4, True)


def test_rewriting_replaces_scenes_and_undo_restores_them(api, project, run_job):
    make_scenes(project, "1", "3")
    run_job(post(api, f"{project.pk}/scenes/generate", number_of_scenes=3).json()["id"])
    assert Scene.objects.filter(project=project, deleted_at=None).count() == 3
    assert post(api, f"{project.pk}/undo").json()["code"] == "confirm_undo"
    restored = post(api, f"{project.pk}/undo", confirmed=True).json()
    assert [row["prompt"] for row in restored] == ["shot 1", "shot 2"]


def test_image_then_clip_with_exact_scene_frames(api, project, run_job):
    first, _ = make_scenes(project, "1.5", "2.5")
    image = run_job(post(api, f"{project.pk}/scenes/1/generate_image").json()["id"])
    assert image.state == "succeeded", image.error
    video = run_job(post(api, f"{project.pk}/scenes/1/generate_video").json()["id"])
    assert video.state == "succeeded", video.error
    first.refresh_from_db()
    assert (first.image.kind, first.image.width) == ("image", 1280)
    clip = first.current_clip
    assert (clip.asset.frames, clip.asset.width, clip.asset.height, clip.asset.fps) == (36, 1280, 720, "24")
    assert clip.asset.key.startswith(f"mv/projects/{project.pk}/scenes/1/")
    assert (clip.origin, clip.job, clip.usable, clip.checks["problems"]) == ("generated", video, True, [])
    assert api.get(f"/api/mv/projects/{project.pk}/scenes/1").json()["status"] == "completed"
    assert video.parameters["frozen"]["inputs"]["image"]["asset_id"] == str(first.image_id)


def test_job_keeps_its_request_when_scene_is_edited(api, project, run_job):
    make_scenes(project, "4")
    job_id = post(api, f"{project.pk}/scenes/1/generate_image").json()["id"]
    Scene.objects.filter(project=project).update(prompt="something else")
    assert json.dumps(run_job(job_id).result).count("shot 1") == 1


def test_takes_are_separate_jobs_and_first_becomes_current(api, project, run_job):
    make_scenes(project, "0.5", "3.5")
    response = post(api, f"{project.pk}/scenes/1/generate_video", takes=2, seed=5)
    jobs = list(Job.objects.filter(project_id=project.pk).order_by("created_at"))
    assert [job.parameters["frozen"]["values"]["seed"] for job in jobs] == [5, 6]
    for job in reversed(jobs):
        run_job(job.pk)
    scene = Scene.objects.get(project=project, sequence=1)
    assert Clip.objects.filter(scene=scene).count() == 2
    assert str(scene.current_clip.job_id) == response.json()["id"]


def test_takes_are_counted_from_the_picture_on(user, project):
    (scene,) = make_scenes(project, "4")

    def numbers(**spec):
        works = video_works(by=user, scene=scene, spec=GenerationSpec(takes=3, **spec))
        return [values.take for work in works if isinstance(values := work.parameters.frozen.values, VideoValues)]

    assert numbers() == [0, 1, 2]
    with_seed = numbers(seed=77)
    make_clip(scene, origin="uploaded")
    make_clip(scene)
    assert numbers() == [1, 2, 3]
    # A seed gives the same clips whatever else was made.
    assert numbers(seed=77) == with_seed
    scene.image = make_asset(user, kind="image")
    assert numbers() == [0, 1, 2]


def test_repeated_idempotency_key_creates_no_second_job(api, project):
    make_scenes(project, "4")
    url = f"/api/mv/projects/{project.pk}/scenes/1/generate_video"
    send = lambda **body: api.post(  # noqa: E731
        url, body, content_type="application/json", headers={"Idempotency-Key": "one"}
    )
    first, again = send(takes=2), send(takes=2)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert Job.objects.count() == 2
    assert send(takes=1).status_code == 409


def test_result_after_cancel_changes_nothing(api, project, run_job):
    (scene,) = make_scenes(project, "4")
    kept = make_clip(scene)
    job_id = post(api, f"{project.pk}/scenes/1/generate_video").json()["id"]
    assert api.post(f"/api/jobs/{job_id}/cancel").status_code == 200
    assert run_job(job_id).state == "cancelled"
    scene.refresh_from_db()
    assert scene.current_clip == kept
    assert api.get(f"/api/mv/projects/{project.pk}/scenes/1").json()["status"] == "completed"


def test_quotes_return_cost(api, project):
    make_scenes(project, "4")
    for address in ("scenes/generate", "scenes/1/generate_image", "scenes/1/generate_video"):
        quote = post(api, f"{project.pk}/{address}/quote").json()
        assert (quote["amount"], quote["provider"]) == ("0.0000", "draft")


def test_unconfigured_provider_names_setting(api, project):
    make_scenes(project, "4")
    response = post(api, f"{project.pk}/scenes/1/generate_video", provider="replicate")
    assert response.status_code == 400
    assert "REPLICATE_API_TOKEN" in response.json()["detail"]
