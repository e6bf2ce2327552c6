"""Drawing the character on Create, before there is a project."""

import re

import pytest

from apps.jobs.models import Job
from apps.projects.models import Project
from tests.factories import make_asset
from tests.studio.pages import html_of, make_job

pytestmark = pytest.mark.django_db

FORM = {"mode": "quick", "idea": "rain", "aspect_ratio": "16:9", "resolution": "720p"}


def drawn(user, **fields):
    picture = make_asset(user, kind="image")
    result = {"images": [{"image_id": str(picture.pk)}]}
    more = {"state": "succeeded", "finished_at": "2026-01-01T00:00Z", "result": result, **fields}
    return picture, make_job(user, kind="character_reference", **more)


def test_draw_one_starts_a_job_and_needs_a_description(browser):
    asked = html_of(browser.post("/create/character", {**FORM, "price": "0"}))
    assert "Describe the character" in asked and Job.objects.count() == 0
    html = html_of(browser.post("/create/character", {"price": "0", "character_description": "Mara, in yellow"}))
    job = Job.objects.get()

    assert (job.kind, job.project_id) == ("character_reference", None)
    assert f'name="character_job" value="{job.pk}"' in html and "load delay:1s" in html
    again = html_of(browser.post("/create/character", {"price": "0", "character_description": "Mara"}))
    assert Job.objects.count() == 1 and 'role="alert"' in again


def test_price_is_on_the_button_and_nothing_above_it_is_bought(browser, replicate):
    form = {"character_description": "Mara", "by_image": "replicate:black-forest-labs/flux-2-pro"}
    html = html_of(browser.get("/create/character", form))
    assert 'name="price" value="0.03' in html and "$0.03" in html
    refused = html_of(browser.post("/create/character", {**form, "price": "0.01"}))

    assert "more than your limit" in refused and Job.objects.count() == 0
    browser.post("/create/character", {**form, "price": "0.03"})
    assert Job.objects.get().quoted_cost > 0


def test_drawn_picture_is_shown_and_goes_into_the_project(browser, user):
    picture, job = drawn(user)
    html = html_of(browser.get("/create/character", {"character_job": str(job.pk)}))
    assert f'name="character_reference_id" value="{picture.pk}"' in html and "Draw another" in html
    browser.post("/create", {**FORM, "character_reference_id": str(picture.pk)})

    assert Project.objects.get().character_reference_id == picture.pk


def test_somebody_elses_picture_is_not_used(browser, django_user_model):
    picture, job = drawn(django_user_model.objects.create_user("somebody else"))
    assert str(picture.pk) not in html_of(browser.get("/create/character", {"character_job": str(job.pk)}))
    browser.post("/create", {**FORM, "character_reference_id": str(picture.pk)})

    assert Project.objects.get().character_reference_id is None


def test_creating_waits_for_a_drawing_which_can_be_stopped(browser, user):
    job = make_job(user, kind="character_reference")
    form = {**FORM, "character_job": str(job.pk)}
    response = browser.post("/create", form)
    assert response.status_code == 400 and "still being drawn" in html_of(response)
    assert str(job.pk) in re.search(r'id="create-character".*', html_of(response))[0]
    browser.post("/create/character", {**form, "stop": "1"})

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert browser.post("/create", form).status_code == 302
