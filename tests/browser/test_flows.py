"""From click to result as a user does it, with a real worker."""

import re

import pytest
from playwright.sync_api import Route, expect

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.songs.models import Song
from tests.assets.conftest import audio_make
from tests.browser.made import project_on_disk
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORK_MILLISECONDS = 120_000


def test_song_and_idea_become_a_video(page, worker, tmp_path):
    held = []

    def hold(route):
        held.append(route)

    page.route("**/js/uploads*.js", hold)
    page.goto("/")
    with page.expect_request("**/js/uploads*.js"):
        page.get_by_role("link", name="New project").click()
    # A file chosen before the script has loaded is uploaded too.
    page.get_by_label("Audio file").set_input_files(audio_make(tmp_path / "night-drive.wav", seconds=6))
    held[0].continue_()
    expect(page.get_by_text("night-drive.wav is ready")).to_be_visible()
    page.get_by_text("Configuration").click()
    expect(page.get_by_label("Config Flavor")).to_have_value("default")
    page.get_by_label("Config Flavor").select_option("cinematic")
    page.get_by_label("Number of scenes").fill("2")
    page.get_by_label("Video Description").fill("A courier rides through the rain")
    page.get_by_role("button", name="Create project").click()

    expect(page).to_have_url(re.compile("/quick-gen/"))
    expect(page.locator("#flavor")).to_have_value("cinematic")
    expect(page.get_by_role("button", name="Generate video · free draft")).to_be_visible()
    page.get_by_role("button", name="Generate video").click()
    expect(page.locator(".scene")).to_have_count(2, timeout=WORK_MILLISECONDS)
    expect(page.locator("#final video")).to_be_attached(timeout=WORK_MILLISECONDS)
    expect(page.locator("#status").get_by_text("Done")).to_be_visible()

    with page.expect_download() as download:
        page.locator("#final").get_by_role("link", name="Download").click()
    assert download.value.path().stat().st_size > 10_000
    assert Project.objects.get().final_video is not None


def test_create_waits_for_song_upload(page, tmp_path):
    held = []

    def hold(route):
        held.append(route)

    page.route("**/api/uploads/*", hold, times=1)
    page.goto("/create")
    page.get_by_label("Video Description").fill("A courier rides through the rain")
    page.get_by_label("Audio file").set_input_files(audio_make(tmp_path / "night-drive.wav", seconds=6))
    while not held:
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Create project").click(force=True)
    page.wait_for_timeout(300)
    assert not Project.objects.exists()
    held[0].continue_()

    expect(page).to_have_url(re.compile("/quick-gen/"))
    assert Project.objects.get().song is not None


def test_price_on_create_is_of_the_last_of_two_quick_choices(page):
    held: list[Route] = []
    page.goto("/create")
    price = page.locator("#create-price")
    expect(price).to_contain_text("8 shots")
    page.route("**/create/pace?*", lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="Configuration").click()
    scenes = page.get_by_label("Number of scenes")
    for count in ("5", "9"):
        scenes.fill(count)
        scenes.blur()
        while not held:
            page.wait_for_timeout(50)
    assert "number_of_scenes=5" in held[0].request.url
    held[0].continue_()
    expect(price).to_contain_text("9 shots")


def test_regenerate_with_lipsync_replaces_clip_and_stitches(page, worker, user):
    project = project_on_disk(user, scenes=1, seconds=8, clips=False)
    project.scenes.update(prompt="Close-up of a singer's face", image=None)
    page.goto(f"/quick-gen/{project.pk}")
    card = page.locator(".scene")
    page.get_by_role("button", name="Generate video", exact=False).first.click()
    expect(page.locator("#final video")).to_be_attached(timeout=WORK_MILLISECONDS)
    first = card.locator("video").get_attribute("src")
    expect(card.get_by_role("button", name="Regenerate video")).to_be_visible()
    card.get_by_role("checkbox", name="Lipsync").check()
    card.get_by_role("button", name="Regenerate with lipsync").click()

    expect(card.get_by_text("Lipsyncing…")).to_be_visible()
    expect(card.get_by_role("checkbox", name="Lipsync")).to_be_disabled()
    expect(card.locator("video")).not_to_have_attribute("src", first, timeout=WORK_MILLISECONDS)
    expect(card.get_by_text("Lipsyncing…")).to_have_count(0)
    assert [clip.origin for clip in project.scenes.get().clips.all()] == ["generated", "lip-synced"]
    assert Job.objects.filter(kind="compose", project_id=project.pk).count() == 2


def test_card_updates_while_its_menu_stays_open(page, user, worker):
    project = project_on_disk(user, scenes=2, clips=False)
    page.goto(f"/quick-gen/{project.pk}")
    first, second = page.locator(".scene").all()
    first.get_by_label("More for scene 1").click()
    first.get_by_role("button", name="Regenerate Video").click()
    second.get_by_label("More for scene 2").click()

    expect(first.get_by_text("Generating Video")).to_be_visible()
    expect(first.locator("video")).to_be_attached(timeout=WORK_MILLISECONDS)
    expect(second.get_by_role("button", name="Regenerate Video")).to_be_visible()


def test_dialog_keeps_words_when_session_or_connection_is_lost(page, user):
    project = project_on_disk(user, scenes=1)
    page.goto(f"/quick-gen/{project.pk}")
    page.get_by_label("More for scene 1").click()
    page.get_by_role("menuitem", name="Edit words").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What it shows").fill("precious words")
    session = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Your session has ended")
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("can't be reached")
    page.context.set_offline(False)
    page.context.add_cookies(session)
    dialog.get_by_role("button", name="Save", exact=True).click()

    expect(dialog).to_have_count(0)
    expect(page.locator(".scene").get_by_text("precious words")).to_be_visible()
    page.problems.clear()  # the console names the lost requests


def test_song_that_was_uploaded_before_is_chosen_and_a_stray_drop_stays_on_the_page(page, tmp_path):
    path = audio_make(tmp_path / "song.wav", seconds=6)
    page.goto("/create")
    for words in ("song.wav is ready", "You uploaded song.wav before"):
        page.get_by_label("Audio file").set_input_files(path)
        expect(page.get_by_text(words)).to_be_visible()
    assert Song.objects.count() == 1 and page.locator("[data-song-choice] option").count() == 2
    stopped = page.evaluate("""() => {
      const files = new DataTransfer();
      files.items.add(new File(["la"], "a.wav"));
      const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: files });
      document.querySelector("h1").dispatchEvent(drop);
      return drop.defaultPrevented;
    }""")
    assert stopped


def test_import_of_a_link_is_cancelled_at_once_and_refused_in_words(page):
    page.goto("/create")
    link = page.get_by_label("Or a link")
    link.fill("file:///etc/passwd")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Only links that start with http:// or https://")).to_be_visible()
    page.problems.clear()  # the browser's own note of the refusal
    link.fill("https://example.org/song.mp3")
    page.get_by_role("button", name="Import").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The import was cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Import")).to_be_enabled()
    # The job itself may come after the click.
    wait_for(lambda: Job.objects.filter(state="cancelled").exists(), seconds=120, what="the job to be cancelled")
