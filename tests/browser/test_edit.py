"""The Edit page's timeline, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.made import project_on_disk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project(user):
    return project_on_disk(user, scenes=4, seconds=2)


@pytest.fixture
def edit(page, project):
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(4)
    # The waveform is there when the song is loaded, and with it the beats that cuts snap to.
    until(page, "document.querySelector('[data-wave]').width > 0")
    page.wait_for_load_state("networkidle")
    return page


def until(page, expression, *, seconds=15):
    """Playwright's own waiting evaluates text in the page, which the content security policy refuses."""
    for _ in range(seconds * 10):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited {seconds} s in vain for {expression}")


def lengths(project):
    return [float(scene.duration) for scene in project.scenes.filter(deleted_at=None).order_by("sequence")]


def settled(page, project, expected):
    """The server has these lengths."""
    for _ in range(50):
        if lengths(project) == expected:
            return
        page.wait_for_timeout(100)
    assert lengths(project) == expected


def drag_cut(page, index, seconds, *, key=None):
    page.locator("[data-scroll]").scroll_into_view_if_needed()
    box = page.locator(".cut").nth(index).bounding_box()
    blocks = page.locator(".block")
    # Every scene of these projects lasts two seconds at first.
    wide = page.locator("[data-inner]").bounding_box()["width"] / (2 * blocks.count())
    x, y = box["x"] + box["width"] / 2, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    if key:
        page.keyboard.down(key)
    page.mouse.move(x + seconds * wide, y, steps=8)
    page.mouse.up()
    if key:
        page.keyboard.up(key)


def test_a_dragged_cut_snaps_to_the_beat_and_the_neighbour_gives(edit, project):
    drag_cut(edit, 0, 0.54)

    settled(edit, project, [2.5, 1.5, 2.0, 2.0])


def test_alt_frees_the_cut_from_the_beats(edit, project):
    drag_cut(edit, 0, 0.3, key="Alt")
    edit.wait_for_timeout(500)

    assert lengths(project)[0] == pytest.approx(2.3, abs=0.05)
    assert lengths(project)[0] not in {2.0, 2.5}
    assert sum(lengths(project)) == 8


def test_undo_and_redo_bring_a_cut_back_and_forth(edit, project):
    drag_cut(edit, 0, 0.54)
    settled(edit, project, [2.5, 1.5, 2.0, 2.0])
    edit.keyboard.press("Control+z")
    settled(edit, project, [2.0, 2.0, 2.0, 2.0])
    edit.get_by_role("button", name="Redo").click()
    settled(edit, project, [2.5, 1.5, 2.0, 2.0])


def test_a_cut_moves_by_beats_with_the_arrow_keys(edit, project):
    edit.locator(".cut").first.focus()
    edit.keyboard.press("ArrowRight")

    settled(edit, project, [2.5, 1.5, 2.0, 2.0])


def test_the_playhead_splits_a_scene(edit, project):
    edit.locator("[data-scroll]").scroll_into_view_if_needed()
    wave = edit.locator("[data-wave]").bounding_box()
    edit.mouse.click(wave["x"] + wave["width"] / 8, wave["y"] + 60)
    edit.get_by_role("button", name="Split").click()

    settled(edit, project, [1.0, 1.0, 2.0, 2.0, 2.0])
    expect(edit.locator(".block")).to_have_count(5)


def test_scenes_are_reordered_by_keyboard_and_by_drag(edit, project):
    first = project.scenes.get(sequence=1).pk
    edit.locator(".block").first.focus()
    edit.keyboard.press("Alt+ArrowRight")
    expect(edit.locator(".block").nth(1)).to_have_attribute("data-id", str(first))

    edit.locator("[data-scroll]").scroll_into_view_if_needed()
    box = edit.locator(".block").nth(1).bounding_box()
    edit.mouse.move(box["x"] + 40, box["y"] + 40)
    edit.mouse.down()
    edit.mouse.move(box["x"] + 40 + 2 * box["width"], box["y"] + 40, steps=8)
    edit.mouse.up()
    expect(edit.locator(".block").nth(3)).to_have_attribute("data-id", str(first))


def test_several_scenes_are_made_anew_together(edit, project):
    edit.locator(".block").nth(0).click()
    edit.locator(".block").nth(2).click(modifiers=["Shift"])
    expect(edit.get_by_text("3 scenes", exact=True)).to_be_visible()
    edit.locator("[data-chosen]").get_by_role("button", name="Regenerate Video").click()

    expect(edit.locator(".block[data-live]")).to_have_count(3)
    expect(edit.locator(".scene").nth(1).get_by_text("Generating Video")).to_be_visible()


def test_the_current_clips_play_in_order_on_the_songs_clock(edit):
    edit.get_by_role("button", name="Play from here").click()
    song, clip = "document.querySelector('[data-song-sound]')", "document.querySelector('[data-deck].on')"
    until(edit, f"{song}.currentTime > 2.6")
    shown = edit.evaluate("document.querySelector('[data-deck].on').dataset.scene.split(':')[0]")
    assert shown == edit.locator(".block").nth(1).get_attribute("data-id")
    drift = edit.evaluate(f"{song}.currentTime - 2 - {clip}.currentTime")
    assert abs(drift) < 0.15
    edit.keyboard.press("Home")
    edit.get_by_role("button", name="Pause").click()


def test_the_dialog_of_a_lipsync_opens_closes_and_gives_the_focus_back(edit):
    menu = edit.get_by_label("More for scene 1")
    menu.focus()
    edit.keyboard.press("Enter")
    edit.locator(".menu-items").get_by_role("link", name="Add Lipsync").first.press("Enter")
    dialog = edit.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Add Lipsync to Scene 1")).to_be_visible()
    expect(dialog.get_by_label("Lip Movement Expressiveness")).to_have_value("0.5")
    edit.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()


def test_a_lipsync_starts_from_its_dialog_and_shows_on_the_card(edit, project):
    edit.get_by_label("More for scene 1").click()
    edit.locator(".menu-items").get_by_role("link", name="Add Lipsync").first.click()
    edit.get_by_role("dialog").get_by_role("button", name="Add Lipsync").click()

    expect(edit.locator(".scene").first.get_by_text("Generating Lip-Sync")).to_be_visible()
    expect(edit.get_by_role("dialog")).to_have_count(0)
    assert project.scenes.get(sequence=1).job.kind == "lipsync"


def test_a_drag_over_sixty_scenes_stays_smooth(page, user):
    """Each frame's own work while a cut is dragged, over a song of two minutes."""
    project = project_on_disk(user, scenes=60, seconds=2)
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(60)
    page.wait_for_load_state("networkidle")
    page.evaluate(
        """() => {
          const next = window.requestAnimationFrame.bind(window);
          window.frames_took = [];
          window.requestAnimationFrame = (paint) => next((now) => {
            const start = performance.now(); paint(now); window.frames_took.push(performance.now() - start);
          });
        }"""
    )
    drag_cut(page, 20, 0.05, key="Alt")
    frames = sorted(page.evaluate("window.frames_took"))

    assert len(frames) >= 3
    assert frames[len(frames) // 2] < 16, frames


def test_a_session_that_ends_while_somebody_types_loses_nothing(edit, project, user, client, live_server):
    words = edit.get_by_label("What it shows")
    words.fill("a lighthouse in a storm")
    client.logout()
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.get_by_text("Your session has ended.")).to_be_visible()
    expect(words).to_have_value("a lighthouse in a storm")

    again = edit.context.new_page()
    again.goto("/accounts/sign-in/")
    again.get_by_label("User name").fill("owner")
    again.get_by_label("Password").fill("a long passphrase")
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("heading", name="Projects")).to_be_visible()
    edit.locator("#inspector").get_by_role("button", name="Save").click()
    expect(edit.locator(".scene").first.get_by_text("a lighthouse in a storm")).to_be_visible()
    assert project.scenes.get(sequence=1).prompt == "a lighthouse in a storm"


def test_a_second_tab_is_told_that_the_scene_is_being_made(edit, project):
    other = edit.context.new_page()
    other.goto(f"/edit/{project.pk}")
    for tab in (edit, other):
        tab.get_by_label("More for scene 2").click()
    edit.locator(".scene").nth(1).get_by_role("button", name="Regenerate Image").click()
    expect(edit.locator(".scene").nth(1).get_by_text("Generating Image")).to_be_visible()
    other.locator(".scene").nth(1).get_by_role("button", name="Regenerate Image").click()

    expect(other.get_by_role("alert")).to_contain_text("being made already")
    edit.problems.clear()  # the console names the refused request
