"""The takes of a scene side by side, from a card of the Storyboard and from Edit."""

import re

import pytest

from apps.scenes.models import Clip
from tests.factories import make_clip, make_job, make_project, make_scenes
from tests.studio.pages import HTMX, html_of, page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(user):
    project = make_project(user, song_seconds=12)
    make_scenes(project, "4", "8")
    return project


@pytest.fixture
def scene(project):
    return project.scenes.get(sequence=2)


@pytest.fixture
def here(project):
    return f"/projects/{project.pk}/scenes/2/takes"


def test_takes_play_under_one_clock_with_the_song(browser, scene, here):
    for _ in range(9):
        make_clip(scene, current=False)
    make_clip(scene, used_in="1.5", current=False)
    kept = scene.clips.first()
    scene.current_clip, scene.clip_in = kept, "0.5"
    scene.save()
    scene.clips.exclude(pk=kept.pk).first().delete()
    html = page(browser, here)

    assert html.count("<video") == 8 and 'aria-label="1: 1 Generated"' in html
    assert 'data-compare-song="4.000000"' in html and 'data-length="8.000000"' in html
    assert 'data-from="0.500000"' in html and 'data-from="1.500000"' in html
    assert "9 in all" in html
    assert page(browser, f"{here}?clip={kept.pk}").count("<video") == 1
    many = "&".join(f"clip={pk}" for pk in scene.clips.values_list("pk", flat=True))
    assert browser.get(f"{here}?{many}").status_code == 400
    assert browser.get(f"{here}?clip=nonsense").status_code == 400


def test_a_take_is_rejected_kept_and_taken_back_on_the_page(browser, project, scene, here):
    first, second = make_clip(scene), make_clip(scene, current=False)
    fields = {"page": "edit", "clip_id": second.pk, "scene_id": scene.pk}

    browser.post(f"{here}/reject", {**fields, "reason": "wrong face"}, headers=HTMX)

    assert "Rejected: wrong face" in html_of(browser.get(f"/projects/{project.pk}/scenes/2/history"))
    assert "wrong face</p>" not in html_of(browser.get(here))  # the newest that nobody rejected
    assert "Rejected: wrong face" in page(browser, f"{here}?clip={second.pk}")
    browser.post(f"{here}/restore", fields, headers=HTMX)
    assert not Clip.objects.filter(rejected=True).exists()
    browser.post(f"{here}/keep", fields, headers=HTMX)
    scene.refresh_from_db()
    assert scene.current_clip == second != first
    assert browser.post(f"{here}/reject", {**fields, "clip_id": ""}, headers=HTMX).status_code == 400
    assert browser.post(f"{here}/reject", {**fields, "reason": "x" * 201}, headers=HTMX).status_code == 400


def test_more_takes_have_their_price_and_stop_at_the_budget(browser, project, here, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    project.providers = {"video": "replicate"}
    project.save()
    html = page(browser, here)
    prices = [float(one) for one in re.findall(r"takes?<span class=\"price\">· \$([\d.]+)<", html)]
    assert len(prices) == 6 and prices[1] == pytest.approx(2 * prices[0]) and "disabled" not in html
    assert page(browser, f"/quick-gen/{project.pk}").count(f'{here}"') == 1

    browser.post(f"/projects/{project.pk}/budget", {"budget": str(prices[2])})

    html = page(browser, here)
    assert html.count("disabled>") == 3 and "would exceed your budget" in html


def test_what_is_under_way_is_said_and_what_is_new_offered(browser, project, scene, here):
    make_clip(scene)
    job = make_job(project.owner, project_id=project.pk, scene_id=scene.pk)
    assert "1 take being made" in page(browser, here) and 'hx-trigger="every 3s"' in page(browser, here)
    job.delete()
    make_clip(scene)
    html = html_of(browser.get(f"{here}/news?known=1"))
    assert "Show what is new" in html and "every 3s" not in html
    assert browser.get(f"{here}/news?known=soon").status_code == 400


def test_a_judge_is_offered_with_its_price_and_its_verdict_shown_as_advice(browser, project, scene, here, settings):
    make_clip(scene, verdict={"prompt": 9, "artifacts": 6, "identity": 8, "words": ["face matches"], "model": "m"})
    make_clip(scene, current=False)
    html = page(browser, here)
    assert "Judge: 8/10 · face matches" in html and "Advice by m" in html
    assert "Connect a language model that can see pictures first" in html and "Use the best of" not in html
    browser.post(f"{here}/judge", {"page": "edit", "scene_id": scene.pk}, headers=HTMX)

    settings.LLM_API_KEY, settings.LLM_MODEL = "a key", "a-model"
    settings.REPLICATE_API_TOKEN = "a token for tests"
    project.providers = {"video": "replicate"}
    project.save()
    html = page(browser, here)
    assert re.search(r"Judge 1 take<span class=\"price\">· \$0\.\d\d<", html)
    assert re.search(r"Use the best of 3<span class=\"price\">· \$\d\.\d\d<", html)
    assert browser.post(f"{here}/best", {"takes": "1"}, headers=HTMX).status_code == 400
    assert browser.post(f"{here}/best", {"takes": "many"}, headers=HTMX).status_code == 400
    assert not scene.project.owner.jobs.exists()

    browser.post(f"{here}/best", {"takes": "2", "scene_id": scene.pk, "page": "edit"}, headers=HTMX)

    assert sorted(scene.project.owner.jobs.values_list("kind", flat=True)) == ["judge", "video", "video"]
    assert "2 takes being made, the judge waits" in page(browser, here)
