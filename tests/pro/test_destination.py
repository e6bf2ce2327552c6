"""Pro orders placed from a project, and where their results go."""

import json
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.composition import handlers
from apps.composition.models import Composition
from apps.composition.selectors import composition_is_stale
from apps.composition.services import project_compose
from apps.core.errors import ConflictError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes.clips import clip_make_current
from apps.scenes.history import change_undo
from apps.scenes.models import Clip, Origin
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.fakes.server import LONG_SECONDS
from tests.jobs.remote.driving import Kill, drive, killed, turn
from workers.base import job_run

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/sync/pro-sync-process"


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def project(user):
    """Two scenes of two seconds with a clip each, over four seconds of song."""
    song = store_asset(user, media.sound(4.0), kind="audio", suffix=".wav")
    project = make_project(user, song=make_song(user, seconds=4.0, asset=song))
    for scene in make_scenes(project, "2", "2"):
        make_clip(scene, asset=store_asset(user, media.video(2.0, "640x360")))
    return project


def order(client, project, video_id, **fields):
    segments = [{"startTime": 0.2, "endTime": 1.4, "audioInput": {"refId": "a", "startTime": 0.2, "endTime": 1.4}}]
    form = {
        "video": str(video_id),
        "a": str(project.song.asset_id),
        "segments": json.dumps(segments),
        "project_id": str(project.pk),
        **fields,
    }
    return client.post(URL, form, format="multipart")


def job_of(response) -> Job:
    assert response.status_code == 202, response.json()
    return Job.objects.get(pk=response.json()["id"])


def scene_order(client, project) -> Job:
    scene = project.scenes.get(sequence=1)
    return job_of(order(client, project, scene.current_clip.asset_id, sequence=1))


def compose(job_id) -> Job:
    job_run(handlers.HANDLERS, job_id=str(job_id), claim_from=State.QUEUED)
    job = Job.objects.get(pk=job_id)
    assert job.state == State.SUCCEEDED, job.error
    return job


def test_order_from_scene_adds_clip_that_undo_leaves_alone(client, project, user, sync_so):
    scene = project.scenes.get(sequence=1)
    parent = scene.current_clip
    job = scene_order(client, project)
    scene.refresh_from_db()
    assert scene.job == job
    job = drive(job)
    clip = Clip.objects.get(job=job)
    scene.refresh_from_db()
    assert scene.current_clip == clip
    assert (clip.origin, clip.parent, clip.cost) == (Origin.LIPSYNCED, parent, job.cost)
    assert clip.asset.key == f"users/{user.pk}/jobs/{job.pk}/pro_result_{job.pk}.mp4"
    assert job.result["clip_id"] == str(clip.pk)
    assert (job.project_id, job.scene_id) == (project.pk, scene.pk)
    with pytest.raises(ConflictError, match="nothing to undo"):
        change_undo(by=user, project_id=project.pk)
    clip_make_current(by=user, project_id=project.pk, sequence=1)
    scene.refresh_from_db()
    assert scene.current_clip == parent


def test_scene_changed_meanwhile_keeps_its_clip_and_gets_result_in_history(client, project, sync_so):
    job = scene_order(client, project)
    scene = project.scenes.get(sequence=1)
    chosen = make_clip(scene)
    job = drive(job)
    scene.refresh_from_db()
    assert scene.current_clip == chosen
    assert Clip.objects.get(job=job).scene == scene


def test_paid_result_of_cancelled_order_is_kept_unused(client, project, sync_so):
    sync_so.latency_seconds = LONG_SECONDS
    job = scene_order(client, project)
    drive(job, until=lambda: job.remote_runs.filter(status="submitted").exists())
    assert client.post(f"/api/v1/sync/pro-jobs/{job.pk}/cancel").status_code == 200
    sync_so.finish()
    drive(job, until=lambda: (turn(job), Clip.objects.filter(job=job).exists())[1])
    assert project.scenes.get(sequence=1).current_clip != Clip.objects.get(job=job)


@pytest.mark.parametrize("event", ["call", "return"])
def test_worker_killed_while_storing_leaves_exactly_one_clip(client, project, sync_so, event):
    job = scene_order(client, project)
    kill = Kill("apps/scenes/new_clips.py", "clip_save", event)
    killed(lambda: drive(Job.objects.get(pk=job.pk)), at=kill)
    assert not Clip.objects.filter(job=job).exists()
    job = drive(Job.objects.get(pk=job.pk))
    assert job.state == State.SUCCEEDED
    assert Clip.objects.filter(job=job).count() == 1
    assert sync_so.count("POST /v2/generate") == 1


def test_order_from_composed_video_becomes_next_final_video(client, project, user, sync_so):
    first = Composition.objects.get(job=compose(project_compose(by=user, project_id=project.pk).pk))
    job = drive(job_of(order(client, project, first.asset_id)))
    compose_job = Job.objects.get(kind=Kind.COMPOSE, state=State.QUEUED)
    assert job.result["compose_job_id"] == str(compose_job.pk)
    made = Composition.objects.get(job=compose(compose_job.pk))
    project.refresh_from_db()
    assert project.final_video == made.asset
    assert made.proof["passed"]
    assert (made.proof["cut_frames"], made.proof["frames"]) == (first.proof["cut_frames"], first.proof["frames"])
    assert abs(made.proof["sound"]["offset_seconds"]) < 0.001
    assert {shot["asset_id"] for shot in made.plan["shots"]} == {job.result["video_id"]}
    assert not composition_is_stale(made)
    # An order from the first video, which is no longer final: its result is kept alongside.
    drive(job_of(order(client, project, first.asset_id)))
    other = compose(Job.objects.get(kind=Kind.COMPOSE, state=State.QUEUED).pk)
    project.refresh_from_db()
    assert project.final_video == made.asset
    assert Composition.objects.filter(job=other).exists()


def composed(project, user, seconds: float) -> Composition:
    """The minimal composition that an order needs."""
    shot = {"asset_id": str(project.scenes.first().current_clip.asset_id), "frames": round(24 * seconds)}
    plan = {"width": 640, "height": 360, "fps": "24", "shots": [shot]}
    asset = store_asset(user, media.video(seconds, "640x360"))
    return Composition.objects.create(project=project, asset=asset, fingerprint="f", plan=plan, proof={})


def test_worker_killed_at_the_end_queues_one_composition(client, project, user, sync_so):
    job = job_of(order(client, project, composed(project, user, 3.0).asset_id))
    kill = Kill("apps/composition/repicture.py", "composition_repicture")
    killed(lambda: drive(Job.objects.get(pk=job.pk)), at=kill)
    assert not Job.objects.filter(kind=Kind.COMPOSE).exists()
    drive(Job.objects.get(pk=job.pk))
    assert Job.objects.filter(kind=Kind.COMPOSE).count() == 1


def test_result_of_different_length_is_not_composed_with_song(client, project, user, sync_so):
    composition = composed(project, user, 3.0)
    type(composition.asset).objects.filter(pk=composition.asset_id).update(duration_seconds=4.0)
    job = drive(job_of(order(client, project, composition.asset_id)))
    assert job.state == State.SUCCEEDED
    assert job.result["not_composed"]
    assert job.result["output_url"]
    assert not Job.objects.filter(kind=Kind.COMPOSE).exists()


def test_order_counts_against_project_cap(client, project, sync_so):
    project.budget = Decimal("0.0001")
    project.save()
    client.patch(f"/api/mv/projects/{project.pk}", {"budget": "0.0001"}, format="json")
    scene = project.scenes.get(sequence=1)
    response = order(client, project, scene.current_clip.asset_id, sequence=1)
    assert (response.status_code, response.json()["code"]) == (402, "budget_exceeded")
    assert sync_so.count("POST") == 0


def test_order_is_rejected_for_foreign_video_or_busy_scene(client, project, user, sync_so):
    stray = store_asset(user, media.video(2.0, "640x360"))
    assert order(client, project, stray.pk, sequence=1).status_code == 409
    assert order(client, project, stray.pk).status_code == 409
    assert order(client, project, "clip.mp4").status_code == 400
    scene_order(client, project)
    assert order(client, project, project.scenes.get(sequence=1).current_clip.asset_id, sequence=1).status_code == 409


def test_another_users_project_is_not_found(project, other_user, sync_so):
    stranger = APIClient()
    stranger.force_authenticate(other_user)
    asset_id = project.scenes.get(sequence=1).current_clip.asset_id
    assert order(stranger, project, asset_id, sequence=1).status_code == 404


def test_page_opens_only_existing_videos(client, project, user, other_user, sync_so):
    browser = Client()
    browser.force_login(user)
    address = f"/pro?project={project.pk}"
    assert browser.get(f"{address}&scene=1").status_code == 200
    assert browser.get(address).status_code == 404  # nothing has been composed yet
    job = scene_order(client, project)
    again = browser.get(f"/pro?job={job.pk}").content.decode()
    assert '"start": 0.2' in again
    for query in (f"project={project.pk}&scene=9", "project=x", f"project={project.pk}&scene=x", "job=x", "video_id=x"):
        assert browser.get(f"/pro?{query}").status_code == 404, query
    browser.force_login(other_user)
    for query in (f"project={project.pk}&scene=1", f"job={job.pk}"):
        assert browser.get(f"/pro?{query}").status_code == 404, query


def queued_before(job: Job, project, video_id, **home) -> Job:
    """The job as the previous release queued it: its JSON has no version."""
    segment = {"start_seconds": 0.2, "end_seconds": 1.4, "audio_reference": "a"}
    crop = {"audio_start_seconds": 0.2, "audio_end_seconds": 1.4, "options": {}}
    old = {
        "video_id": str(video_id),
        "audio_ids": {"a": str(project.song.asset_id)},
        "segments": [{**segment, **crop}],
        "model": "lipsync-2",
        "sync_mode": "remap",
        "options": {},
        "settings": job.parameters["order"]["settings"],
    }
    Job.objects.filter(pk=job.pk).update(parameters={"order": old, **home})
    return drive(Job.objects.get(pk=job.pk))


def test_scene_order_queued_by_previous_release_returns_to_scene(client, project, user, sync_so):
    parent = project.scenes.get(sequence=1).current_clip
    job = queued_before(scene_order(client, project), project, parent.asset_id, home={"clip_id": str(parent.pk)})
    assert job.state == State.SUCCEEDED, job.error
    clip = Clip.objects.get(job=job)
    assert project.scenes.get(sequence=1).current_clip == clip
    assert clip.parameters["pro"]["segments"][0]["audio_start_seconds"] == 0.2
    browser = Client()
    browser.force_login(user)
    assert "It is now the current clip of scene 1." in browser.get(f"/pro/{job.pk}").content.decode()
    assert "1 segment ·" in browser.get("/pro").content.decode()


def test_composed_video_order_queued_by_previous_release_returns_to_project(client, project, user, sync_so):
    video = composed(project, user, 3.0)
    job = job_of(order(client, project, video.asset_id))
    job = queued_before(job, project, video.asset_id, home={"composition_id": str(video.pk)})
    assert job.state == State.SUCCEEDED, job.error
    assert Job.objects.filter(pk=job.result["compose_job_id"], kind=Kind.COMPOSE).exists()


def test_order_without_project_queued_by_previous_release_belongs_to_caller(client, project, sync_so):
    parent = project.scenes.get(sequence=1).current_clip
    job = queued_before(scene_order(client, project), project, parent.asset_id)
    assert job.result["output_url"] and not Clip.objects.filter(job=job).exists()


@pytest.mark.parametrize("parameters", [{}, {"order": {}}, {"order": "all of it"}, {"version": 9}, {"home": {}}])
def test_unreadable_order_still_has_a_page(client, project, user, sync_so, parameters):
    job = scene_order(client, project)
    Job.objects.filter(pk=job.pk).update(parameters=parameters)
    browser = Client()
    browser.force_login(user)
    assert browser.get(f"/pro/{job.pk}").status_code == 200
    assert browser.get("/pro").status_code == 200
    assert browser.get(f"/pro?job={job.pk}").status_code == 400
