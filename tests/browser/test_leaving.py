"""Leaving a page while it asks, sends or plays: nothing is logged, and nothing is said about it."""

import pytest
from playwright.sync_api import expect

from tests.browser.waiting import until
from tests.factories import make_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held(page):
    """The requests that were held back since, each with how it may go on."""
    found = []

    def hold(route):
        asks = route.request.resource_type in {"xhr", "fetch"}
        found.append(route) if asks else route.continue_()

    page.route("**/*", hold)
    return found


def wait_for_one(page, held):
    for _ in range(600):
        if held:
            return
        page.wait_for_timeout(100)
    raise AssertionError("The page asked for nothing.")


@pytest.mark.parametrize("path", ["/quick-gen/{}", "/edit/{}", "/projects/{}", "/projects/{}/song", "/create", "/jobs"])
def test_leaving_in_the_middle_logs_nothing(page, held, project, user, path):
    make_job(user, project_id=project.pk, scene_id=project.scenes.first().pk, state="running")
    page.goto(path.format(project.pk))
    wait_for_one(page, held)
    page.goto("/account")
    expect(page.locator("h1")).to_be_visible()
    page.go_back()
    page.goto("/account")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_timeout(300)
    assert not page.locator(".toast, .offline").count()


def test_leaving_while_a_song_is_sent_logs_nothing(page, held, tmp_path):
    page.goto("/create")
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF" + bytes(2_000_000))
    page.set_input_files("[data-upload] input[type=file]", song)
    wait_for_one(page, held)
    page.goto("/account")
    expect(page.locator("h1")).to_be_visible()


def test_leaving_while_the_preview_plays_logs_nothing(edit):
    edit.keyboard.press("Space")
    until(edit, "[...document.querySelectorAll('video')].some((video) => !video.paused)")
    edit.goto("/account")
    expect(edit.locator("h1")).to_be_visible()
