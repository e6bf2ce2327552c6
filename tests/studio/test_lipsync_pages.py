"""Lip-sync on a project's pages: where it is offered, its dialog, and the question before it is paid for."""

import re

import pytest

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.models import LipsyncLook, Origin
from tests.factories import make_clip, make_project, make_scenes, make_song, store_asset
from tests.fakes import media
from tests.scenes.preflights import face, run_preflights, seen
from tests.studio.pages import HTMX, html_of, make_job, page

pytestmark = pytest.mark.django_db


def test_lipsync_box_is_disabled_with_reason(browser, user):
    silent, sung = make_project(user), make_project(user, song_seconds=8)
    for project in (silent, sung):
        make_clip(make_scenes(project, "8")[0])
    boxes = [re.search(r"<input[^>]*data-with-lipsync[^>]*>", page(browser, f"/quick-gen/{one.pk}"))[0]
             for one in (silent, sung)]  # fmt: skip

    assert not any("checked" in box for box in boxes)
    assert ["disabled" in box for box in boxes] == [True, False]
    reason = re.search(r'aria-describedby="([^"]+)"', boxes[0])[1]
    assert f'id="{reason}">Lip-sync needs a song' in page(browser, f"/quick-gen/{silent.pk}")


def test_dialog_says_how_much_is_sent_as_silence(browser, user):
    project = make_project(user, song_seconds=8)
    span = {"start": 1.0, "end": 2.0, "kind": "singing", "confidence": 1.0}
    project.song.analysis = {"sung_by_hand": {"sings": True, "spans": [span]}}
    project.song.save()
    make_clip(make_scenes(project, "4")[0])
    html = page(browser, f"/projects/{project.pk}/scenes/1/lipsync")
    # 0 to 0.75 s and 2.25 to 4 s, a little off the singing.
    assert "Nobody sings in 2.5 s of this scene" in html and 'name="all_sound"' in html


def test_lipsync_is_offered_only_with_video_and_no_running_job(browser, user):
    project = make_project(user, song_seconds=12)
    with_clip, _, busy = make_scenes(project, "4", "4", "4")
    make_clip(with_clip)
    make_clip(busy)
    busy.job = make_job(user, project_id=project.pk, state="running")
    busy.save()
    html = page(browser, f"/edit/{project.pk}")
    cards = re.split(r"<li class=\"tile scene\"", html)[1:]

    assert [f'scenes/{number}/lipsync"' in card for number, card in enumerate(cards, start=1)] == [True, False, False]
    assert re.search(r'<button type="button" disabled><svg .*?</svg>Add Lipsync</button>', cards[1])


def test_scene_with_lip_synced_clip_offers_to_regenerate_it(browser, user):
    project = make_project(user, song_seconds=12)
    plain, synced = make_scenes(project, "4", "4")
    make_clip(plain)
    make_clip(synced, origin=Origin.LIPSYNCED)
    cards = re.split(r"<li class=\"tile scene\"", page(browser, f"/edit/{project.pk}"))[1:]

    assert ["Regenerate Lip-Sync</button>" in card for card in cards] == [False, True]
    assert ["Add Lipsync</button>" in card for card in cards] == [True, False]
    assert ["data-lip-synced" in card for card in cards] == [False, True]


def test_lipsync_dialog_has_specified_texts(browser, user):
    project = make_project(user, song_seconds=12)
    make_clip(make_scenes(project, "4")[0])
    html = page(browser, f"/projects/{project.pk}/scenes/1/lipsync", headers=HTMX)

    for words in (
        "Add Lipsync to Scene 1",
        "Lip Movement Expressiveness",
        "Active Speaker Detection",
        "Occlusion Detection",
    ):
        assert words in html
    assert 'min="0" max="1"' in html
    assert 'value="0.5"' in html
    assert html.lstrip().startswith("<dialog")
    assert "<html" in page(browser, f"/projects/{project.pk}/scenes/1/lipsync")


@pytest.fixture
def paid_lipsync(user, settings):
    """A project with paid lip-sync and clips without a face."""
    settings.SYNC_API_KEY = "sync_test"
    song = make_song(user, asset=store_asset(user, media.sound(6.0), kind="audio", suffix=".wav"))
    project = make_project(user, song=song, providers={"lipsync": "sync_so"})
    clip = store_asset(user, media.video(2.0))
    for scene in make_scenes(project, "2", "2", "2"):
        make_clip(scene, asset=clip)
    return project


@pytest.mark.django_db(transaction=True)
def test_unlikely_lipsync_asks_for_confirmation_before_payment(browser, paid_lipsync):
    url = f"/projects/{paid_lipsync.pk}/scenes/2/lipsync"
    sent = {"page": "edit", "temperature": "0.7"}
    looking = browser.post(url, sent)
    assert looking.status_code == 409 and "Check again" in html_of(looking)  # a page of its own, without JS
    run_preflights()
    asked = browser.post(url, sent)

    assert asked.status_code == 409
    html = html_of(asked)
    assert "No face was found." in html and "Add anyway" in html
    frame = browser.get(re.search(r'<img src="(/lipsync-frames/[^"]+)"', html)[1])
    assert frame.content.startswith(b"\xff\xd8") and frame["Content-Type"] == "image/jpeg"
    assert 'name="temperature" value="0.7"' in html and 'name="force" value="true"' in html
    assert not Job.objects.filter(kind="lipsync").exists()
    browser.post(url, {**sent, "force": "true"})
    assert Job.objects.get(kind="lipsync").parameters["lipsync_params"]["temperature"] == 0.7


@pytest.mark.django_db(transaction=True)
def test_lipsync_dialog_shows_findings_as_they_arrive(browser, paid_lipsync):
    dialog = page(browser, f"/projects/{paid_lipsync.pk}/scenes/2/lipsync")
    look = f"/projects/{paid_lipsync.pk}/lipsync/preflight"
    assert f'hx-post="{look}"' in dialog
    looking = html_of(browser.post(look, {"scene": "2"}, headers=HTMX))
    assert "Checking the clip" in looking and 'hx-trigger="load delay:1s"' in looking
    run_preflights()

    seen = html_of(browser.post(look, {"scene": "2"}, headers=HTMX))
    assert "No face was found." in seen and "/lipsync-frames/" in seen and "hx-post" not in seen
    Project.objects.filter(pk=paid_lipsync.pk).update(providers={})
    assert not browser.post(look, {"scene": "2"}, headers=HTMX).content.strip()


@pytest.mark.django_db(transaction=True)
def test_lipsync_starts_automatically_without_doubts(browser, paid_lipsync):
    url = f"/projects/{paid_lipsync.pk}/scenes/2/lipsync"
    sent = {"page": "edit", "looking": "true"}
    first = browser.post(url, {"page": "edit"}, headers=HTMX)
    assert first.headers["HX-Retarget"] == "#dialogs" and "check-again delay:1s" in html_of(first)
    again = browser.post(url, sent, headers=HTMX)
    assert again.headers["HX-Retarget"] == "#lipsync-preflight" and "check-again" in again.headers["HX-Trigger"]
    clip = paid_lipsync.scenes.get(sequence=2).current_clip.asset
    LipsyncLook.objects.create(asset=clip, found=seen(face()))
    heard = {"audible": [10] * 60, "likely": [0.9] * 6}
    LipsyncLook.objects.create(asset=paid_lipsync.song.asset, found=heard)

    browser.post(url, sent, headers=HTMX)
    assert Job.objects.filter(kind="lipsync").count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_lipsyncs_need_one_confirmation(browser, paid_lipsync):
    Project.objects.filter(pk=paid_lipsync.pk).update(confirm_above="0.01")
    url = f"/projects/{paid_lipsync.pk}/lipsync"
    html = page(browser, f"{url}?page=edit&scene=1&scene=3")
    assert re.findall(r'value="(\d)" checked', html) == ["1", "3"]
    assert re.search(r"\$\d", page(browser, f"{url}/quote?scene=1&scene=3"))
    sent = {"page": "edit", "scene": ["1", "3"]}
    looking = html_of(browser.post(url, sent, headers=HTMX))
    assert "0 of 2 scenes" in looking and "Add without checking" in looking
    run_preflights()
    doubts = browser.post(url, sent, headers=HTMX)
    html = html_of(doubts)

    assert doubts.headers["HX-Retarget"] == "#dialogs"
    assert "Scene 1" in html and "Scene 2" not in html and "Scene 3" in html
    asked = html_of(browser.post(url, {**sent, "force": "true"}, headers=HTMX))
    assert "Spend $" in asked and asked.count('name="scene"') == 2 and 'name="force" value="true"' in asked
    assert not Job.objects.filter(kind="lipsync").exists()
    browser.post(url, {**sent, "force": "true", "confirm_cost": "true"})
    assert Job.objects.filter(kind="lipsync").count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_of_several_faces_is_chosen_in_the_dialog(browser, paid_lipsync, settings):
    settings.REPLICATE_API_TOKEN = "r8_test"
    clip = paid_lipsync.scenes.get(sequence=2).current_clip.asset
    LipsyncLook.objects.create(asset=clip, found=seen(face(3, 10, height=80), face(4, 200, height=90)))
    LipsyncLook.objects.create(asset=paid_lipsync.song.asset, found={"audible": [10] * 60, "likely": [0.9] * 6})
    look = f"/projects/{paid_lipsync.pk}/lipsync/preflight"

    asked = html_of(browser.post(look, {"scene": "2"}, headers=HTMX))
    left, right = re.findall(r'name="face" value="([^"]+)"', asked)
    assert "choose the one who sings" in asked and " checked" not in asked
    chosen = html_of(browser.post(look, {"scene": "2", "face": right}, headers=HTMX))
    assert f'value="{right}" checked' in chosen and "choose the one who sings" not in chosen
    other = browser.post(look, {"scene": "2", "face": right, "model_choice": "replicate:sync/lipsync-2"}, headers=HTMX)
    assert "sync/lipsync-2 can&#x27;t be told which face sings" in other.content.decode()

    browser.post(f"/projects/{paid_lipsync.pk}/scenes/2/lipsync", {"page": "edit", "face": left, "force": "true"})
    told = Job.objects.get(kind="lipsync").parameters["lipsync_params"]["face"]
    assert [told["time"], told["x"], told["y"]] == [float(part) for part in left.split(",")]
    browser.post(f"/projects/{paid_lipsync.pk}/scenes/1/lipsync", {"page": "edit", "face": "left", "force": "true"})
    assert Job.objects.filter(kind="lipsync").count() == 1  # "left" is no place
