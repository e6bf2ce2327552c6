"""Pages of matched colors, and of pictures taken from clips."""

import pytest

from apps.composition.models import ProjectLook, SceneLook
from apps.jobs.models import Job
from apps.projects.models import SubjectPicture
from tests.factories import make_clip, make_project, make_scenes, make_subject, store_asset
from tests.fakes import media
from tests.generation.conftest import media_folder  # noqa: F401 - fixture
from tests.studio.pages import html_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media_folder")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(user):
    made = make_project(user)
    for scene in make_scenes(made, "1", "1"):
        make_clip(scene, asset=store_asset(user, media.video(1.0)))
    return made


def test_the_look_dialog_switches_color_match_and_previews_it_on_request(browser, project):
    url = f"/projects/{project.pk}"
    dialog = html_of(browser.get(f"{url}/look"))
    assert "Match colors at cuts" in dialog and 'name="color_match" checked' not in dialog
    preview = html_of(browser.get(f"{url}/color-match", headers=HTMX))
    assert "2 scenes not measured yet" in preview and not Job.objects.exists()
    measuring = html_of(browser.post(f"{url}/color-match", headers=HTMX))
    assert "Measuring the colors" in measuring and 'hx-trigger="every 2s"' in measuring
    assert Job.objects.get().kind == "clip_colors"

    browser.post(f"{url}/look", {"color_match": "on"})
    assert ProjectLook.objects.get().options["color_match"] is True
    assert 'name="color_match" checked' in html_of(browser.get(f"{url}/look"))
    assert "colors matched at cuts" in html_of(browser.get(url))
    browser.post(f"{url}/look", {})
    assert "color_match" not in ProjectLook.objects.get().options


def test_a_scene_is_left_out_in_its_dialog(browser, project):
    url = f"/projects/{project.pk}/scenes/2/look"
    browser.post(url, {"page": "edit", "color_match": "leave"}, headers=HTMX)
    assert SceneLook.objects.get().color_match == "leave"
    assert 'value="leave" selected' in html_of(browser.get(url))


def test_a_frame_of_a_clip_becomes_a_picture_without_javascript(browser, project):
    url = f"/projects/{project.pk}/cast/frame"
    assert "Nobody is in the cast yet" in html_of(browser.get(url))
    subject = make_subject(project)
    page = html_of(browser.get(f"{url}?scene=2"))
    clip = project.scenes.get(sequence=2).current_clip
    assert f'value="{clip.pk}"' in page and f"cast/frame?subject={subject.pk}" in html_of(
        browser.get(f"/projects/{project.pk}/cast/{subject.pk}")
    )
    sent = {"subject_id": subject.pk, "clip_id": clip.pk, "time": "0.5"}
    refused = browser.post(url, {**sent, "time": "9"})
    assert refused.status_code == 400 and "how long the clip lasts" in html_of(refused)
    assert browser.post(url, {**sent, "time": "nan", "clip_id": "x"}).status_code == 400
    used = browser.post(url, sent)
    assert used.status_code == 302 and used["Location"].endswith(str(subject.pk))
    assert SubjectPicture.objects.get().origin == "frame"
