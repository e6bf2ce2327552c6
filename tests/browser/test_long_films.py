"""Films of hundreds of scenes, and requests that a proxy or web server in front of the app rejects."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.assets.conftest import video_make
from tests.browser.made import stored
from tests.factories import make_clip, make_project, make_scenes, make_song

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Gunicorn refuses a request line of more than 4094 characters.
LONGEST_ADDRESS = 3000
SCENES = 400
PROXY_PAGE = "<html><head><title>Bad Request</title></head><body><h1><p>Bad Request</p></h1>too large</body></html>"


@pytest.fixture
def film(user):
    project = make_project(user, title="A long film", song=make_song(user, seconds=3.0 * SCENES))
    image = stored(
        user, "image.png", lambda path: Image.new("RGB", (320, 180), "teal").save(path), "image/png", "image"
    )
    clip = stored(user, "clip.mp4", lambda path: video_make(path, frames=24), "video/mp4", "video")
    for scene in make_scenes(project, *["3"] * SCENES, image=image):
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
