"""Choosing a model on the pages: what it changes in the price and in what is sent, and what shows when it is gone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.jobs.models import Job
from apps.jobs.services import job_cancel
from apps.jobs.states import State
from apps.projects.models import Project
from tests.assets.conftest import audio_make, video_make
from tests.browser.made import stored
from tests.factories import make_clip, make_project, make_scenes, make_song
from tests.jobs.remote.driving import drive
from tests.studio.pages import HTMX, html_of, page

pytestmark = pytest.mark.django_db(transaction=True)

FAST = "google/veo-3.1-fast"
KLING = "kwaivgi/kling-v3-video"
SETTINGS = {"title": "Night", "idea": "rain", "flavor": "default", "aspect_ratio": "16:9", "resolution": "720p"}


@pytest.fixture
def project(user):
    project = make_project(user, character_description="Mara, yellow coat")
    make_scenes(project, "4.2")
    return project


def paid_to(fake):
    """Return the models that were asked, in order."""
    sent = [one.path for one in fake.log if one.method == "POST" and one.path.endswith("/predictions")]
    return [path.removeprefix("/v1/models/").removesuffix("/predictions") for path in sent]


def pressed(browser, path, **fields):
    """Press a button that starts a job, until its paid request was sent."""
    browser.post(path, fields, headers=HTMX)
    sent(Job.objects.order_by("-created_at").first())


def sent(job):
    """Run the job until its paid request was sent. Then stop it, so that the scene is free again."""
    drive(job, until=lambda: job.state == State.WAITING)
    job_cancel(by=job.owner, job_id=job.pk)


def test_create_stores_the_chosen_models(browser, replicate):
    html = page(browser, "/create")
    assert f'value="replicate:{FAST}"' in html and "4, 6 or 8 s" in html and "Cheapest" in html
    form = {"idea": "rain", "flavor": "default", "aspect_ratio": "16:9", "resolution": "720p", "mode": "quick"}

    assert browser.post("/create", {**form, "by_video": f"replicate:{KLING}"}).status_code == 302
    refused = browser.post("/create", {**form, "by_video": "replicate:nobody/knows"})

    project = Project.objects.get()
    assert (project.providers, project.chosen_models) == ({"video": "replicate"}, {"video": KLING})
    assert refused.status_code == 400 and "has no model" in html_of(refused)
    assert "$1.34" in page(browser, f"/create/models?{KLING}&aspect_ratio=9:16")


def test_settings_price_all_scenes_and_their_choice_is_quoted_and_sent(browser, project, replicate):
    shown = page(browser, f"/projects/{project.pk}/settings")
    assert "Buys 6 s, uses 4.2 s." in shown and "$1.20" in shown  # Veo 3.1 Fast, and Veo 3.1

    browser.post(f"/projects/{project.pk}/settings", {**SETTINGS, "version": 1, "by_video": f"replicate:{KLING}"})

    assert "$0.84" in page(browser, f"/projects/{project.pk}/scenes/1/quote/video")
    pressed(browser, f"/projects/{project.pk}/scenes/1/video")
    assert paid_to(replicate) == [KLING]


def test_scenes_own_choice_wins_and_can_be_given_up(browser, project, replicate):
    here = f"/projects/{project.pk}/scenes/1"
    Project.objects.update(providers={"video": "replicate"})

    browser.post(f"{here}/models", {"by_video": f"replicate:{KLING}"}, headers=HTMX)

    card = page(browser, f"{here}/quick/quote")
    assert "Kling 3.0" in card and "$0.84" in card and "Buys 5 s, uses 4.2 s." in card
    assert "Kling 3.0" in page(browser, f"{here}/inspector")
    pressed(browser, f"{here}/quick")
    browser.post(f"{here}/models", {"by_video": ""}, headers=HTMX)
    assert "$0.60" in page(browser, f"{here}/quick/quote")
    pressed(browser, f"{here}/quick")
    assert paid_to(replicate) == [KLING, FAST]


def test_pictures_of_character_and_scene_are_drawn_by_the_chosen_model(browser, project, replicate):
    choice = "replicate:bytedance/seedream-4"
    home = f"/projects/{project.pk}"
    for quote, button in [("references/quote", "references"), ("scenes/1/quote/image", "scenes/1/image")]:
        assert "free draft" in page(browser, f"{home}/{quote}")
        assert "$0.03" in page(browser, f"{home}/{quote}?model_choice={choice}")
        pressed(browser, f"{home}/{button}", model_choice=choice)
    assert paid_to(replicate) == ["bytedance/seedream-4"] * 2
    assert choice in page(browser, f"{home}/references") and choice in page(browser, f"{home}/scenes/1/images")


def test_lipsync_dialog_and_quick_gen_use_the_chosen_model(browser, user, replicate):
    voice = stored(user, "song.wav", lambda path: audio_make(path, seconds=2), "audio/wav", "audio")
    song = make_song(user, seconds=2, asset=voice)
    project = make_project(user, song=song)
    video = stored(user, "clip.mp4", lambda path: video_make(path, frames=48), "video/mp4", "video")
    (scene,) = make_scenes(project, "2")
    make_clip(scene, asset=video)
    here, home = f"/projects/{project.pk}/scenes/1", f"/projects/{project.pk}"
    pro = "replicate:sync/lipsync-2-pro"
    assert pro in page(browser, f"{here}/lipsync")
    assert "$0.17" in page(browser, f"{home}/lipsync/quote?scene=1&model_choice={pro}")

    pressed(browser, f"{here}/lipsync", model_choice=pro, force="true")
    browser.post(f"{here}/models", {"by_lipsync": "replicate:sync/lipsync-2"}, headers=HTMX)
    body = {
        "video_id": str(video.pk),
        "audio_id": str(song.asset_id),
        "start_time": 0,
        "end_time": 2,
    }
    for more in ({}, {"model": "sync/lipsync-2-pro", "provider": "replicate"}):
        header = {"X-Scene-Id": str(scene.pk)}
        answer = browser.post("/api/mv/lipsync", body | more, "application/json", headers=header)
        assert answer.status_code == 202, answer.json()
        sent(Job.objects.get(pk=answer.json()["id"]))

    assert paid_to(replicate) == ["sync/lipsync-2-pro", "sync/lipsync-2", "sync/lipsync-2-pro"]


def test_automatic_buys_the_length_that_wastes_least(browser, user, replicate):
    project = make_project(user, providers={"video": "replicate"})
    make_scenes(project, "4.2", "7.9", "20")
    home = f"/projects/{project.pk}"

    browser.post(f"{home}/settings", {**SETTINGS, "version": 1, "by_video": "replicate:auto"})

    # 5 s of the cheaper model that has them; then 8 s, which the flavor's own model has for the same price.
    assert "$0.50" in page(browser, f"{home}/scenes/1/quote/video")
    assert "$0.80" in page(browser, f"{home}/scenes/2/quote/video")
    # Longer than any model's clips.
    assert "Made in 2 joined parts." in page(browser, f"{home}/scenes/3/quick/quote")
    for number in (1, 2):
        pressed(browser, f"{home}/scenes/{number}/video")
    assert paid_to(replicate) == ["wan-video/wan-2.7-t2v", FAST]
    refused = browser.post(f"{home}/settings", {**SETTINGS, "version": 2, "by_image": "replicate:auto"})
    assert "is for clips" in html_of(refused)


@pytest.mark.parametrize("where", ["project", "scene"])
def test_model_that_is_gone_is_announced_and_switched(browser, project, replicate, where):
    gone = {"providers": {"video": "replicate"}, "chosen_models": {"video": "google/veo-3-fast"}}
    (project if where == "project" else project.scenes.get()).__class__.objects.update(**gone)
    here = f"/projects/{project.pk}"
    for path in (here, f"/quick-gen/{project.pk}", f"/edit/{project.pk}"):
        html = page(browser, path)
        assert "Veo 3 Fast" in html and "is no longer run by Replicate" in html and "Use Veo 3.1 Fast" in html
    assert "Retired" in page(browser, f"{here}/scenes/1/models")
    assert 'data-model-switch="replicate:google/veo-3.1-fast"' in page(browser, f"{here}/scenes/1/models")
    browser.post(f"{here}/scenes/1/video", headers=HTMX)
    assert not Job.objects.exists()

    browser.post(f"{here}/models/switch", {"capability": "video", "model": "google/veo-3-fast"})

    assert "no longer run" not in page(browser, here)
    pressed(browser, f"{here}/scenes/1/video")
    assert paid_to(replicate) == [FAST]


def test_lists_take_the_same_queries_for_any_number_of_scenes(browser, user, replicate):
    counts = []
    for scenes in (1, 12):
        project = make_project(user, providers={"video": "replicate"})
        make_scenes(project, *["5"] * scenes)
        for path in (f"/projects/{project.pk}/settings", f"/projects/{project.pk}/scenes/1/models"):
            browser.get(path)
            with CaptureQueriesContext(connection) as captured:
                browser.get(path)
            counts.append(sum("flavors_flavoredit" not in query["sql"] for query in captured))
    assert counts[:2] == counts[2:]
