"""Approving scenes, remaking one, and making the final, from the pages."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.scenes.approval import scene_approvals
from apps.scenes.cutting import scene_split
from apps.scenes.history import change_redo, change_undo
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of
from apps.scenes.services import scene_update
from apps.songs.lyrics.services import LineEdit, line_change, lyrics_put
from engines.lyrics.encodings import Decoded
from tests.factories import make_asset, make_clip, make_project, make_scenes, make_song
from tests.studio.pages import HTMX, html_of

pytestmark = pytest.mark.django_db

MADE = {"provider": "draft", "request": {"prompt": "a red door"}}


@pytest.fixture
def project(user):
    """Two scenes with pictures, and nothing approved."""
    project = make_project(user, needs_approval=True)
    make_scenes(project, "4", "4", prompt="a red door")
    for scene in project.scenes.all():
        Scene.objects.filter(pk=scene.pk).update(image=make_asset(user, kind="image", metadata=MADE))
    return project


def storyboard(browser, project):
    return html_of(browser.get(f"/quick-gen/{project.pk}"))


def approvals(project):
    return [str(one) for one in scene_approvals(project, list(scenes_of(project))).values()]


def switch(browser, project, to, **how):
    return browser.post(f"/projects/{project.pk}/approval", {"page": "quick", "approval": to}, **how)


def press(browser, project, what, **sent):
    scene = project.scenes.get(sequence=1)
    data = {"page": "quick", "scene_id": str(scene.pk), "version": scene.version, **sent}
    return browser.post(f"/projects/{project.pk}/scenes/1/{what}", data)


def test_storyboard_says_how_far_the_approval_is(browser, project):
    page = storyboard(browser, project)
    assert "0 of 2 approved" in page and "Approve all 2" in page
    assert page.count('aria-label="Approve scene') == 2
    press(browser, project, "approve")
    page = storyboard(browser, project)
    assert "1 of 2 approved" in page and "Approve the other 1" in page


def test_storyboard_without_approvals_has_none_of_it(browser, project):
    Project.objects.update(needs_approval=False)
    page = storyboard(browser, project)
    assert "of 2 approved" not in page and "Redo" not in page
    assert "Pictures first" in page and "Generate video" in page


def test_halves_of_approved_scene_are_approved_and_undo_keeps_that(browser, user, project):
    project.song = make_song(user, seconds=8.0)
    project.save()
    audio = project.song.asset_id
    lyrics_put(by=user, audio_id=audio, source=Decoded("one red door\nanother red door", ""))
    for index, start in enumerate((0.5, 2.5)):
        line_change(by=user, audio_id=audio, index=index, edit=LineEdit(start=start, end=start + 1))
    press(browser, project, "approve")

    scene_split(by=user, project_id=project.pk, sequence=1, at=Decimal(2), snap=False)
    assert approvals(project) == ["approved", "approved", "proposed"]
    change_undo(by=user, project_id=project.pk)
    assert approvals(project) == ["approved", "proposed"]
    change_redo(by=user, project_id=project.pk)
    assert approvals(project) == ["approved", "approved", "proposed"]


def test_undo_of_split_keeps_what_was_decided_since(browser, user, project):
    press(browser, project, "approve")
    scene_split(by=user, project_id=project.pk, sequence=1, at=Decimal(2), snap=False)
    half = project.scenes.get(sequence=1)
    scene_update(by=user, project_id=project.pk, sequence=1, prompt="a green door")
    assert approvals(project)[0] == "proposed"
    press(browser, project, "approve")
    decided = project.scenes.get(pk=half.pk).approval_of
    change_undo(by=user, project_id=project.pk)  # of the words
    change_undo(by=user, project_id=project.pk)  # of the split
    assert project.scenes.get(pk=half.pk).approval_of == decided


def test_approval_is_switched_off_and_on_again_and_keeps_what_was_approved(browser, project, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    Project.objects.update(providers={"image": "replicate", "video": "replicate"})
    press(browser, project, "approve")
    Project.objects.update(generating=False)
    assert "Switch approval off" in storyboard(browser, project)
    price = html_of(browser.get(f"/projects/{project.pk}/quote?what=unapproved"))
    assert re.fullmatch(r"· then clips \$\d+\.\d\d", " ".join(price.split()))
    jobs = Job.objects.count()

    switch(browser, project, "off")
    page = storyboard(browser, project)
    assert "Approval is off" in page and "1 of 2 approved" not in page
    switch(browser, project, "on")
    assert "1 of 2 approved" in storyboard(browser, project)
    assert Job.objects.count() == jobs
    assert switch(browser, project, "perhaps", headers=HTMX).status_code == 400


def test_approval_stays_on_while_approved_clips_are_made(browser, project):
    press(browser, project, "approve")
    Project.objects.update(generating=True, generating_since=timezone.now())
    assert "Switch approval off" not in storyboard(browser, project)
    assert switch(browser, project, "off", headers=HTMX).status_code == 409
    assert (
        browser.patch(f"/api/mv/projects/{project.pk}", {"needs_approval": False}, "application/json").json()["code"]
        == "already_running"
    )
    Project.objects.update(generating=False)
    answer = browser.patch(f"/api/mv/projects/{project.pk}", {"needs_approval": False}, "application/json")
    assert answer.json()["needs_approval"] is False


def test_all_can_be_approved_without_scripts(browser, project):
    page = storyboard(browser, project)
    pictures = re.search(r'name="pictures" value="(\w+)"', page)[1]
    answer = browser.post(f"/projects/{project.pk}/approve", {"page": "quick", "pictures": pictures})
    assert (answer.status_code, answer.url) == (302, f"/quick-gen/{project.pk}")
    assert approvals(project) == ["approved", "approved"]


def test_pictures_that_changed_meanwhile_are_not_approved(browser, project, user):
    pictures = re.search(r'name="pictures" value="(\w+)"', storyboard(browser, project))[1]
    project.scenes.filter(sequence=2).update(image=make_asset(user, kind="image"))
    answer = browser.post(f"/projects/{project.pk}/approve", {"pictures": pictures}, headers=HTMX)
    assert answer.status_code == 409
    assert (approvals(project), Job.objects.count()) == (["proposed", "proposed"], 0)


def test_note_is_shown_while_the_scene_is_sent_back(browser, project):
    press(browser, project, "redo", note="at <night>")
    assert "Sent back: at &lt;night&gt;" in storyboard(browser, project)
    assert Job.objects.get().parameters["note"] == "at <night>"


def test_prices_on_the_buttons(browser, project, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    Project.objects.update(providers={"image": "replicate", "video": "replicate"})
    quote = f"/projects/{project.pk}/scenes/1/quote/"
    prices = {what: browser.get(quote + what).content.decode().strip() for what in ("approve", "redo", "remake")}
    assert all(re.fullmatch(r"· \$\d+\.\d\d", price) for price in prices.values()), prices
    both = html_of(browser.get(f"/projects/{project.pk}/quote?what=approval"))
    assert float(both.strip("·$ \n")) == 2 * float(prices["approve"].strip("·$ "))
    Scene.objects.all().delete()
    first = " ".join(html_of(browser.get(f"/projects/{project.pk}/quote?what=pictures")).split())
    assert re.fullmatch(r"· \$\d+\.\d\d, then clips \$\d+\.\d\d", first)


def test_remake_draws_picture_then_clip_for_the_words_on_screen(browser, project):
    Project.objects.update(needs_approval=False)
    press(browser, project, "remake", prompt="a blue door", negative_prompt="")
    (image,) = Job.objects.all()
    assert (image.kind, image.parameters["then_video"]) == ("image", True)
    assert image.parameters["frozen"]["values"]["prompt"] == "a blue door"


def test_dialog_saves_words_and_remakes(browser, project):
    Project.objects.update(needs_approval=False)
    press(browser, project, "words", prompt="a blue door", negative_prompt="", remake="1")
    assert Job.objects.get().parameters["frozen"]["values"]["prompt"] == "a blue door"
    assert Scene.objects.get(project=project, sequence=1).prompt == "a blue door"


def test_only_clip_keeps_the_picture_and_takes_are_counted(browser, project):
    Project.objects.update(needs_approval=False)
    press(browser, project, "remake", prompt="a blue door", negative_prompt="", only="clip", takes="2")
    assert list(Job.objects.values_list("kind", flat=True)) == ["video", "video"]


def test_remake_waits_for_an_approval_after_its_picture(browser, project):
    press(browser, project, "remake")
    assert Job.objects.get().parameters["then_video"] is False
    Job.objects.all().delete()
    assert press(browser, project, "remake", only="clip").status_code == 302
    assert not Job.objects.exists()


def test_clip_for_other_words_says_so(browser, project):
    scene = project.scenes.get(sequence=1)
    clip = make_clip(scene, parameters=MADE)
    make_clip(scene, origin="lip-synced", parent=clip)
    assert "older words" not in storyboard(browser, project)
    Scene.objects.filter(pk=scene.pk).update(prompt="a blue door")
    assert "older words" in storyboard(browser, project)
    assert browser.get(f"/api/mv/projects/{project.pk}/scenes/1").json()["older_words"]


def test_final_says_what_it_costs_and_links_to_connect(browser, project, settings):
    Project.objects.update(needs_approval=False)
    for scene in project.scenes.all():
        make_clip(scene, parameters=MADE)
    page = f"/projects/{project.pk}/make-final"
    assert 'href="/connect"' in html_of(browser.get(page)) and "Make final" not in html_of(browser.get(page))
    settings.REPLICATE_API_TOKEN = "a token for tests"
    shown = html_of(browser.get(page))
    assert "2 by" in shown and "Pictures" in shown and "Clips" in shown and "Total" in shown
    price = re.search(r'name="max_cost" value="([\d.]+)"', shown)[1]
    dearer = browser.post(page, {"page": "quick", "max_cost": str(float(price) - 0.01)}, headers=HTMX)
    assert dearer.status_code == 402 and "more than your limit" in html_of(dearer) and not Job.objects.exists()
    assert browser.post(page, {"page": "quick", "max_cost": price}).url == f"/quick-gen/{project.pk}"
    assert Job.objects.filter(kind="image", provider="replicate").count() == 2
