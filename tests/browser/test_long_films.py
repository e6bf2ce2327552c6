"""Films of hundreds of scenes, and requests that a proxy or web server in front of the app rejects."""

from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from apps.jobs.models import Job
from tests.assets.conftest import video_make
from tests.browser.made import stored
from tests.browser.waiting import until
from tests.factories import make_clip, make_project, make_scenes, make_song

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Gunicorn refuses a request line of more than 4094 characters.
LONGEST_ADDRESS = 3000
SCENES = 400
ENOUGH = 60  # for cards that are far from the window
PROXY_PAGE = "<html><head><title>Bad Request</title></head><body><h1><p>Bad Request</p></h1>too large</body></html>"


@pytest.fixture
def film(user):
    return film_of(user, SCENES)


def film_of(user, count):
    project = make_project(user, title="A long film", song=make_song(user, seconds=3.0 * count))
    image = stored(
        user, "image.png", lambda path: Image.new("RGB", (320, 180), "teal").save(path), "image/png", "image"
    )
    clip = stored(user, "clip.mp4", lambda path: video_make(path, frames=24), "video/mp4", "video")
    for scene in make_scenes(project, *["3"] * count, image=image):
        make_clip(scene, asset=clip)
    return project


def watched(page):
    """Collect every response that the page received, except those about the song, which has no file here."""
    seen = []
    page.on("response", lambda response: seen.append(response) if "/api/a" not in response.url else None)
    return seen


@pytest.mark.parametrize("kind", ["quick-gen", "edit"])
def test_pages_of_long_film_update_in_small_pieces(page, film, kind):
    seen = watched(page)
    page.goto(f"/{kind}/{film.pk}")
    expect(page.locator(".scene")).to_have_count(SCENES)
    page.wait_for_load_state("networkidle")
    with page.expect_response(lambda response: response.request.method == "POST") as quiet:
        page.evaluate("() => htmx.trigger(document.getElementById('poller'), 'wake')")
    film.scenes.filter(sequence=SCENES).update(prompt="the last shot", version=2)
    with page.expect_response(lambda response: response.request.method == "POST") as changed:
        page.evaluate("() => htmx.trigger(document.getElementById('poller'), 'wake')")
    expect(page.locator(".scene").last.get_by_text("the last shot")).to_be_attached()

    assert quiet.value.status == 204
    assert len(quiet.value.request.post_data) < 20 * SCENES
    assert len(changed.value.body()) < 20_000
    assert max(len(response.url) for response in seen) < LONGEST_ADDRESS
    assert [response.url for response in seen if response.status >= 400] == []
    expect(page).to_have_title("A long film · mvsite")
    forgive(page, ["status of 503"])


@pytest.mark.parametrize("kind", ["quick-gen", "edit"])
def test_cards_of_long_film_fill_as_they_come_near(page, film, kind):
    page.goto(f"/{kind}/{film.pk}")
    menu = page.get_by_label(f"More for scene {SCENES}", exact=True)
    expect(page.locator("[data-light]").last).to_be_attached()
    expect(menu).to_have_count(0)
    page.locator(".scene").last.scroll_into_view_if_needed()
    expect(menu).to_be_visible(timeout=120_000)
    assert page.locator("[data-light]").count() > SCENES / 2
    forgive(page, ["status of 503"])


def test_cards_scrolled_to_while_page_still_loads_fill(page, user):
    film = film_of(user, ENOUGH)
    held: list[Route] = []
    for late in ("**/scenes?page_size=*", "**/js/cards*.js"):
        page.route(late, lambda route: held.append(route))  # noqa: PLW0108 (no built-in)
    page.goto(f"/edit/{film.pk}", wait_until="commit", timeout=120_000)
    last = page.locator(".scene").last
    while len(held) < 2:
        page.wait_for_timeout(100)
    last.scroll_into_view_if_needed()
    held_by_timeline = next(route for route in held if "page_size" in route.request.url)
    held_by_timeline.continue_()
    expect(page.locator(".block[aria-pressed=true]")).to_have_count(1)
    held.remove(held_by_timeline)
    held[0].continue_()

    expect(page.get_by_label(f"More for scene {ENOUGH}", exact=True)).to_be_visible()
    # Filled cards are wider, so the row is not exactly where it was; but it is not back at scene 1.
    assert page.locator("#scenes > ol").evaluate("(row) => row.scrollLeft") > 1000
    forgive(page, ["status of 503"])


def test_card_whose_poll_was_dropped_is_asked_for_again_before_next_poll_is_due(page, user):
    film = film_of(user, ENOUGH)
    held: list[Route] = []
    job = Job.objects.create(owner=user, kind="video", queue="media", project_id=film.pk, state="running")
    page.clock.install()
    page.goto(f"/quick-gen/{film.pk}", wait_until="commit", timeout=120_000)
    expect(page.locator(".scene")).to_have_count(ENOUGH)
    page.wait_for_load_state("networkidle")
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=5))
    page.route(f"**/quick-gen/{film.pk}", lambda route: route.continue_() if held else held.append(route))
    page.evaluate("() => htmx.trigger(document.getElementById('poller'), 'wake')")
    while not held:
        page.wait_for_timeout(100)
    # What comes near now is asked for of a poller that goes away: the work has ended, and polls get rare.
    page.locator(".scene").last.scroll_into_view_if_needed()
    until(page, "document.querySelector('.scene[data-near]:last-child') !== null")
    page.clock.run_for(500)
    Job.objects.filter(pk=job.pk).update(state="failed", finished_at=datetime.now(UTC))
    held[0].continue_()
    until(page, "document.getElementById('poller').dataset.seen === 'idle'")
    page.clock.run_for(4000)

    expect(page.get_by_label(f"More for scene {ENOUGH}", exact=True)).to_be_attached()
    forgive(page, ["status of 503"])


def test_long_film_shows_all_scenes_on_timeline_and_prices_them_together(page, film):
    seen = watched(page)
    page.goto(f"/edit/{film.pk}")
    blocks = page.locator(".block")
    expect(blocks).to_have_count(SCENES)
    blocks.first.focus()
    page.keyboard.press("Enter")
    blocks.last.dispatch_event("click", {"shiftKey": True, "bubbles": True})
    expect(page.locator("[data-chosen-words]")).to_have_text(f"{SCENES} scenes")
    expect(page.locator("[data-chosen-price]")).not_to_be_empty(timeout=60_000)
    page.locator("[data-chosen-lipsync]").click()
    expect(page.get_by_role("dialog").locator("input[name=scene]:checked")).to_have_count(SCENES)

    assert max(len(response.url) for response in seen) < LONGEST_ADDRESS
    assert [response.url for response in seen if response.status >= 400] == []
    forgive(page, ["status of 503"])


def test_proxy_error_page_never_appears_in_buttons_or_titles(page, user):
    project = make_project(user, title="Refused")
    make_scenes(project, "4")
    refuse = {"status": 414, "content_type": "text/html", "body": PROXY_PAGE}
    page.route("**/quote*", lambda route: route.fulfill(**refuse))
    page.route("**/generate", lambda route: route.fulfill(**refuse))
    page.route("**/estimate", lambda route: route.fulfill(**refuse))
    page.goto(f"/projects/{project.pk}")
    page.wait_for_load_state("networkidle")
    page.route(f"**/projects/{project.pk}", lambda route: route.fulfill(**refuse))
    for _ in range(2):
        with page.expect_response(f"**/projects/{project.pk}"):
            page.evaluate("() => htmx.trigger(document.getElementById('poller'), 'wake')")
    page.get_by_role("button", name="Generate video").click()

    expect(page.locator("#status").get_by_role("alert")).to_contain_text("414")
    expect(page).to_have_title("Refused · mvsite")
    expect(page.locator("body")).not_to_contain_text("Bad Request")
    expect(page.locator(".toast")).to_have_count(1)
    forgive(page, ["status of 414", "Response Status Error"])


def forgive(page, words):
    """The browser logs rejected requests; these are expected."""
    page.problems[:] = [line for line in page.problems if not any(word in line for word in words)]
