"""The sample on the start page, and other videos of a film, as a user makes them, with a real worker."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.composition.models import Output
from apps.projects.models import Project
from engines.media.probe import probe_media
from tests.browser.conftest import WIDTHS
from tests.browser.made import project_on_disk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORK_MILLISECONDS = 120_000


def test_start_page_makes_the_sample(make_page, worker):
    page = make_page(WIDTHS["phone"])
    page.goto("/")
    button = page.get_by_role("button", name="Watch a 20-second sample being made (free)")
    place = button.bounding_box()
    assert place["x"] >= 16 and place["x"] + place["width"] <= WIDTHS["phone"] - 16
    button.click()

    expect(page).to_have_url(re.compile("/quick-gen/"))
    expect(page.locator(".scene").first).to_be_visible(timeout=WORK_MILLISECONDS)
    assert Project.objects.get().generating
    page.get_by_role("button", name="Stop").first.click()
    expect(page.locator("#status").get_by_text("Making")).to_have_count(0)


def test_an_output_is_made_changed_and_downloaded(page, worker, user):
    project = project_on_disk(user, scenes=2)
    page.goto(f"/projects/{project.pk}")
    page.get_by_role("link", name="Make 1:1").click()
    page.get_by_label("Size").select_option("720p")
    page.get_by_role("button", name="Add and compose").click()
    tile = page.locator("#outputs .video-tile:not(.offer)")
    expect(tile.get_by_text("Done")).to_be_visible(timeout=WORK_MILLISECONDS)

    tile.get_by_role("link", name="Change").click()
    page.get_by_label("Fit").check()
    page.get_by_role("button", name="Save and make again").click()
    expect(tile.get_by_text("Fit")).to_be_visible()
    expect(tile.get_by_text("Done")).to_be_visible(timeout=WORK_MILLISECONDS)
    with page.expect_download() as download:
        tile.get_by_role("link", name="Download").click()

    assert Output.objects.get().framing == "fit"
    assert download.value.suggested_filename == "A_project_1_1_720p.mp4"
    facts = probe_media(download.value.path())
    assert (facts.width, facts.height) == (720, 720)


def test_a_poll_leaves_a_button_alone_that_waits_for_its_response(page, user):
    project = project_on_disk(user, scenes=1, generating=True, generating_since=timezone.now())
    held = []

    def hold(route):
        held.append(route)

    page.route("**/stop", hold)
    page.goto(f"/projects/{project.pk}")
    page.locator("#status").get_by_role("button", name="Stop").click()
    with page.expect_response(lambda response: response.url.endswith(f"/projects/{project.pk}") and response.ok):
        Project.objects.update(budget=5)
    page.wait_for_timeout(200)
    held[0].continue_()

    expect(page.locator("#status").get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.locator("#status").get_by_text("of $5.00")).to_be_visible()
