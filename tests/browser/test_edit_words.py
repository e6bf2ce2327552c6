"""Words typed on the Edit page are never lost: by updates, an ended session, another tab."""

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from apps.jobs.models import Job
from apps.scenes.services import scene_delete
from tests.assets.conftest import video_make
from tests.browser.made import stored
from tests.browser.waiting import until
from tests.factories import make_clip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_expired_session_while_typing_loses_nothing(edit, project, user, client, live_server):
    words = edit.get_by_label("What it shows")
    words.fill("a lighthouse in a storm")
    client.logout()
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.get_by_text("Your session has ended.")).to_be_visible()
    expect(words).to_have_value("a lighthouse in a storm")

    again = edit.context.new_page()
    again.goto("/accounts/sign-in/")
    again.get_by_label("Username").fill("owner")
    again.get_by_label("Password").fill("a long passphrase")
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("heading", name="Projects")).to_be_visible()
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("a lighthouse in a storm")).to_be_visible()
    assert project.scenes.get(sequence=1).prompt == "a lighthouse in a storm"
    expect(words).to_have_text("a lighthouse in a storm")  # the panel continues from what was saved
    words.fill("a second thought")
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("a second thought")).to_be_visible()
    project.scenes.filter(sequence=1).update(prompt="somebody else's", version=99)
    words.fill("a third")
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.get_by_role("dialog").get_by_text("somebody else's")).to_be_visible()
    edit.get_by_role("button", name="Overwrite with mine").click()
    expect(edit.locator(".scene").first.get_by_text("a third")).to_be_visible()


@pytest.mark.parametrize("ask", ["poll", "another scene"])
def test_background_requests_after_session_ends_discard_no_words(edit, project, client, ask):
    """Keep words on screen and those held for another scene, and show the notice only once."""
    words = edit.get_by_label("What it shows")
    words.fill("a lighthouse in a storm")
    if ask == "another scene":
        edit.locator(".block").nth(1).click()
        expect(words).to_have_value("shot 2")
    edit.locator("h1").click()  # nothing has focus
    client.logout()
    for _ in range(3):
        with edit.expect_response("**/accounts/sign-in/**"):
            edit.evaluate("dispatchEvent(new Event('online'))")

    expect(edit.get_by_text("Your session has ended.")).to_have_count(1)
    assert f"/edit/{project.pk}" in edit.url


def test_page_without_unsaved_words_redirects_to_sign_in_after_session_ends(edit, client):
    expect(edit.get_by_label("What it shows")).to_have_value("shot 1")
    client.logout()
    edit.evaluate("dispatchEvent(new Event('online'))")

    expect(edit.get_by_label("Username")).to_be_visible()


def test_words_of_a_scene_that_got_another_number_are_saved(edit, project):
    edit.locator(".block").nth(1).click()
    words = edit.get_by_label("What it shows")
    expect(words).to_have_value("shot 2")
    words.fill("a lighthouse in a storm")
    scene_delete(by=project.owner, project_id=project.pk, sequence=1)
    edit.evaluate("dispatchEvent(new Event('online'))")
    expect(edit.locator("#inspector h2")).to_have_text("Scene 1")
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("a lighthouse in a storm")).to_be_visible()
    assert project.scenes.get(sequence=1, deleted_at=None).prompt == "a lighthouse in a storm"


def test_unsaved_words_survive_page_updates(edit, project):
    """A late panel doesn't replace words being typed; returning from another scene restores them."""
    held: list[Route] = []
    edit.route("**/inspector", lambda route: held.append(route))  # noqa: PLW0108 - Playwright reads the signature
    first, second = edit.locator(".block").nth(0), edit.locator(".block").nth(1)
    with edit.expect_request("**/inspector"):
        first.click()
    words = edit.get_by_label("What it shows")
    words.fill("typed while it was under way")
    with edit.expect_response("**/inspector"):
        held.pop().continue_()
    edit.wait_for_load_state("networkidle")
    expect(words).to_have_value("typed while it was under way")

    edit.unroute("**/inspector")
    second.click()
    expect(words).to_have_value("shot 2")
    project.scenes.filter(sequence=1).update(version=7)
    first.click()
    expect(words).to_have_value("typed while it was under way")
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("typed while it was under way")).to_be_visible()


@pytest.mark.parametrize("where", ["the panel", "the keyboard", "the card's menu"])
def test_regenerate_uses_unsaved_words_on_screen(edit, project, where):
    words = edit.get_by_label("What it shows")
    expect(words).to_have_value("shot 1")
    words.fill("a lighthouse in a storm")
    if where == "the panel":
        edit.locator("#inspector").get_by_role("button", name="Remake scene").click()
    elif where == "the keyboard":
        words.press("Control+Enter")
    else:
        edit.get_by_label("More for scene 1").click()
        edit.locator(".scene").first.get_by_role("button", name="Regenerate Video").click()
    expect(edit.locator(".scene").first.get_by_text("a lighthouse in a storm")).to_be_visible()
    expect(words).to_have_text("a lighthouse in a storm")

    assert Job.objects.get().parameters["frozen"]["values"]["prompt"] == "a lighthouse in a storm"
    edit.locator(".block").nth(1).click()
    expect(words).to_have_value("shot 2")
    edit.locator(".block").nth(0).click()
    expect(words).to_have_text("a lighthouse in a storm")  # nothing is left unsaved


def test_second_tab_learns_that_scene_is_in_progress(edit, project):
    other, held = edit.context.new_page(), []
    other.goto(f"/edit/{project.pk}")
    for tab in (edit, other):
        tab.get_by_label("More for scene 2").click()
    edit.locator(".scene").nth(1).get_by_role("button", name="Regenerate Image").click()
    expect(edit.locator(".scene").nth(1).get_by_text("Generating Image")).to_be_visible()

    def hold(route):
        held.append(route)

    other.route("**/js/refusals*.js", hold)
    with other.expect_request("**/js/refusals*.js"):
        other.locator(".scene").nth(1).get_by_role("button", name="Regenerate Image").click()
    # The current card arrives before the script that reports the error.
    expect(other.locator(".scene").nth(1).get_by_text("Generating Image")).to_be_visible()
    held[0].continue_()

    expect(other.get_by_role("alert")).to_contain_text("already in progress")
    edit.problems.clear()  # the console names the refused request


def test_panel_and_player_follow_remake_while_its_words_have_the_focus(edit, project):
    panel, words = edit.locator("#inspector"), edit.get_by_label("What it shows")
    words.fill("a lighthouse in a storm")
    words.press("Control+Enter")
    expect(panel.get_by_role("button", name="Remake scene")).to_be_disabled()
    expect(words).to_be_focused()
    words.press_sequentially(" at night")

    asset = stored(project.owner, "new.mp4", lambda path: video_make(path, frames=24), "video/mp4", "video")
    Job.objects.update(state="succeeded", finished_at=timezone.now())
    make_clip(project.scenes.get(sequence=1), asset=asset)
    edit.evaluate("dispatchEvent(new Event('online'))")
    clips = panel.get_by_role("group", name="Clips of scene 1")
    expect(clips.get_by_role("button", name="2 Generated")).to_have_attribute("aria-pressed", "true")
    until(edit, f"document.querySelector('[data-deck].on')?.src.includes('{asset.pk}')")
    expect(words).to_be_focused()
    words.press_sequentially(", seen from the sea")
    expect(words).to_have_value("a lighthouse in a storm at night, seen from the sea")
    panel.get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("seen from the sea")).to_be_visible()
    assert project.scenes.get(sequence=1).prompt == "a lighthouse in a storm at night, seen from the sea"
