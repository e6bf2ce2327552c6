"""Scenes on a paid provider: a strict fake of Replicate over real HTTP."""

import re
from decimal import Decimal

import pytest

from apps.jobs.models import Job
from apps.jobs.selectors import project_money
from apps.production import generate_all
from apps.scenes.models import Clip, Scene
from apps.work.work import Spending
from tests.factories import make_project, make_scenes
from tests.fakes import media
from tests.jobs.remote.driving import drive, turn
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user, no_delays):
    project = make_project(user, providers={"image": "replicate", "video": "replicate"})
    make_scenes(project, "4")
    return project


def make(api, project, what, **body):
    url = f"/api/mv/projects/{project.pk}/scenes/1/{what}"
    return api.post(url, body, content_type="application/json")


def test_image_and_clip_are_bought_once_and_cost_is_recorded(api, project, replicate):
    drive(Job.objects.get(pk=make(api, project, "generate_image").json()["id"]))
    job = drive(Job.objects.get(pk=make(api, project, "generate_video").json()["id"]))
    assert job.state == "succeeded", job.error
    clip = Scene.objects.get().current_clip
    assert (clip.usable, clip.checks["problems"]) == (True, [])
    assert clip.cost == job.cost > 0
    assert project_money(project.pk)["spent"] == sum(Job.objects.values_list("cost", flat=True))
    assert replicate.count("POST /v1/(models/.+/)?predictions$") == 2


def test_budget_stops_work_before_anything_is_sent(api, user, project, replicate):
    api.patch(f"/api/mv/projects/{project.pk}", {"budget": "0.01"}, content_type="application/json")
    response = make(api, project, "generate_video")
    assert (response.status_code, response.json()["code"]) == (402, "budget_exceeded")
    assert replicate.count("predictions$") == 0
    assert not Job.objects.exists()


def test_takes_stay_below_maximum_cost(api, project, replicate):
    price = Decimal(make(api, project, "generate_video/quote").json()["amount"])
    response = make(api, project, "generate_video", takes=3, max_cost=str(price * 2))
    assert (response.status_code, response.json()["code"]) == (402, "budget_exceeded")
    assert make(api, project, "generate_video", takes=2, max_cost=str(price * 2)).status_code == 202
    assert Job.objects.count() == 2


def test_clip_that_fails_checks_waits_for_a_person(api, project, replicate):
    replicate.every_video = media.video(1.0)
    drive(Job.objects.get(pk=make(api, project, "generate_image").json()["id"]))
    drive(Job.objects.get(pk=make(api, project, "generate_video").json()["id"]))
    where = f"/api/mv/projects/{project.pk}/scenes/1"
    scene = api.get(where).json()
    assert (scene["status"], scene["clip_id"], len(scene["video_ids"])) == ("needs-attention", None, 1)
    assert "kept but not used" in scene["error"] and "less than the 4.00" in scene["error"]
    # Nothing uses it automatically,
    assert make(api, project, "trim", start_time=0, end_time=1).json()["code"] == "no_video"
    generate_all.generate_all_start(by=project.owner, project_id=project.pk, spending=Spending())
    project.refresh_from_db()
    assert not project.generating and "less than the 4.00" in project.problem
    # least of all the one button, which would pay twice,
    assert "On the card of scene 1, decide" in project.problem and "Press Generate" not in project.problem
    assert generate_all.generate_all_works(by=project.owner, project=project) == []
    assert Job.objects.filter(kind="video").count() == 1
    # until a person accepts it.
    clip = api.get(f"{where}/clips").json()["results"][-1]
    assert not clip["usable"] and "less than the 4.00" in clip["problems"][0]
    scene = make(api, project, "revert", clip_id=clip["id"]).json()
    assert (scene["status"], scene["clip_id"]) == ("completed", clip["id"])


def test_suspicious_clip_is_used_and_shown_with_warning(api, project, replicate):
    replicate.every_video = media.lavfi_video("color=black:size=320x180:rate=24:duration=4")
    drive(Job.objects.get(pk=make(api, project, "generate_image").json()["id"]))
    drive(Job.objects.get(pk=make(api, project, "generate_video").json()["id"]))
    where = f"/api/mv/projects/{project.pk}/scenes/1"
    scene = api.get(where).json()
    assert (scene["status"], scene["error"]) == ("completed", "")
    assert scene["suspicions"] == ["It looks black from start to finish."]
    page = html_of(api.get(f"/quick-gen/{project.pk}"))
    assert "It looks black" in page and "Use it anyway" in page
    assert re.search(r"Remake<span class=\"price\">· \$0\.\d\d<", page)
    generate_all.generate_all_start(by=project.owner, project_id=project.pk, spending=Spending())
    assert Job.objects.filter(kind="compose").exists()

    make(api, project, "revert", clip_id=scene["clip_id"])
    assert api.get(where).json()["suspicions"] == []
    assert "It looks black" not in api.get(f"/quick-gen/{project.pk}").content.decode()


def test_sung_scene_without_a_face_is_suspicious(api, project, replicate):
    project.scenes.update(lipsync=True)
    replicate.every_video = media.lavfi_video("testsrc=size=320x180:rate=24:duration=4")
    drive(Job.objects.get(pk=make(api, project, "generate_image").json()["id"]))
    drive(Job.objects.get(pk=make(api, project, "generate_video").json()["id"]))
    scene = api.get(f"/api/mv/projects/{project.pk}/scenes/1").json()
    assert scene["suspicions"] == ["Somebody sings in this scene, but its clip shows no face."]


def test_suspicious_clip_can_be_regenerated_from_card(api, project, replicate):
    replicate.every_video = media.lavfi_video("color=black:size=320x180:rate=24:duration=4")
    drive(Job.objects.get(pk=make(api, project, "generate_image").json()["id"]))
    drive(Job.objects.get(pk=make(api, project, "generate_video").json()["id"]))
    api.post(f"/projects/{project.pk}/scenes/1/retry", {"confirm_cost": "true"})
    assert Job.objects.filter(kind="video").exclude(state="succeeded").count() == 1


def test_paid_clip_after_cancel_is_kept_unused(api, project, replicate):
    job = Job.objects.get(pk=make(api, project, "generate_video").json()["id"])
    turn(job)
    assert job.state == "waiting"
    api.post(f"/api/jobs/{job.pk}/cancel")
    for _ in range(40):
        turn(job)
        if Clip.objects.exists():
            break
    scene = Scene.objects.get()
    assert job.state == "cancelled"
    assert (scene.current_clip, Clip.objects.count()) == (None, 1)
