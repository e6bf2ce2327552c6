"""Editing on the timeline: parts of clips, undo that can be trusted, keys."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.jobs.models import Job
from apps.scenes.models import Change
from tests.browser.made import numbered_film
from tests.browser.test_edit import lengths, settled, unusable
from tests.browser.waiting import until
from tests.factories import make_clip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLOCK = "Number(document.querySelector('[data-clock]').textContent.split(/[: ]/)[1])"


def parts(project):
    rows = project.scenes.filter(deleted_at=None).order_by("sequence")
    return [(float(row.clip_in), None if row.clip_out is None else float(row.clip_out)) for row in rows]


def test_split_scene_keeps_both_halves_and_undo_says_what_it_did(edit, project):
    undo = edit.locator("[data-undo]")
    expect(undo).to_be_disabled()
    expect(edit.locator("[data-redo]")).to_be_disabled()
    edit.locator("h1").click()
    for _ in range(24):
        edit.keyboard.press("ArrowRight")
    edit.keyboard.press("s")
    settled(edit, project, [1, 1, 2, 2, 2])
    assert parts(project)[:2] == [(0, None), (1, None)]
    expect(undo).to_have_text("Undo: split scene 1")
    assert not Job.objects.exists()

    undo.click()
    settled(edit, project, [2, 2, 2, 2])
    toast = edit.locator(".toast")
    expect(toast).to_contain_text("Undone: split scene 1.")
    toast.get_by_role("button", name="Redo").click()
    settled(edit, project, [1, 1, 2, 2, 2])
    expect(undo).to_have_text("Undo: split scene 1")
    Change.objects.update(created_at=timezone.now() - timedelta(hours=3))
    edit.reload()
    undo.click()
    expect(toast).to_contain_text("is from an earlier sitting, 3 hours ago")
    assert lengths(project) == [1, 1, 2, 2, 2]
    toast.get_by_role("button", name="Undo it").click()
    settled(edit, project, [2, 2, 2, 2])


def test_double_click_splits_once_exactly_at_the_playhead(edit, project):
    edit.locator("h1").click()
    for _ in range(30):  # a quarter of a second after a beat
        edit.keyboard.press("ArrowRight")
    edit.get_by_role("button", name="Split").dblclick()
    settled(edit, project, [1.25, 0.75, 2, 2, 2])
    edit.keyboard.press("Control+z")
    settled(edit, project, [2, 2, 2, 2])
    expect(edit.locator(".toast")).to_contain_text("Undone: split scene 1.")
    # What was said about the last change leaves with the next one.
    edit.keyboard.press("s")
    settled(edit, project, [1.25, 0.75, 2, 2, 2])
    expect(edit.locator(".toast")).to_have_count(0)


def test_escape_lets_go_of_what_is_dragged(edit, project):
    box = edit.locator(".cut").first.bounding_box()
    edit.mouse.move(box["x"] + 6, box["y"] + 40)
    edit.mouse.down()
    edit.mouse.move(box["x"] + 200, box["y"] + 40, steps=4)
    edit.keyboard.press("Escape")
    edit.mouse.move(box["x"] + 240, box["y"] + 40)
    edit.mouse.up()
    settled(edit, project, [2, 2, 2, 2])
    expect(edit.locator("[data-undo]")).to_be_disabled()
    block = edit.locator(".block").first.bounding_box()
    assert abs(block["x"] + block["width"] - box["x"]) < 8


def test_deleted_scene_comes_back_from_its_toast(edit, project):
    edit.get_by_label("More for scene 2").click()
    card = edit.locator(".scene").nth(1)
    expect(card.get_by_role("button", name="Insert after takes half of scene 3")).to_be_visible()
    expect(card.get_by_role("button", name="Duplicate, ripple the film's end gives the time")).to_be_visible()
    card.get_by_role("button", name="Delete scene").click()
    settled(edit, project, [4, 2, 2])
    # Its neighbor lasts longer than its clip now.
    expect(edit.locator(".block[data-gap]")).to_have_count(1)
    edit.locator(".toast").filter(has_text="Deleted scene 2.").get_by_role("button", name="Undo").click()
    settled(edit, project, [2, 2, 2, 2])
    expect(edit.locator(".scene")).to_have_count(4)
    expect(edit.locator(".block[data-gap]")).to_have_count(0)


def test_gap_is_striped_until_something_fills_it(edit, project):
    first = project.scenes.get(sequence=1)
    first.clip_out = 1
    first.version += 1
    first.save()
    edit.reload()
    card = edit.locator(".scene").first
    expect(card.locator(".badge").get_by_text("Gap 1.0 s")).to_be_visible()
    expect(edit.locator(".block").first.locator(".gap")).to_be_visible()
    panel = edit.locator("#inspector")
    panel.get_by_role("button", name="slow").click()
    expect(panel.get_by_text("Gap 1.0 s, slowed:")).to_be_visible()
    expect(card.locator(".badge").get_by_text("Done")).to_be_visible()
    block = edit.locator(".block[data-filled]")
    expect(block).to_have_count(1)
    expect(block).to_have_accessible_name(re.compile("gap 1.0 seconds slow"))
    assert first.look.short_clip == "slow"
    expect(edit.locator("[data-undo]")).to_have_text("Undo: filled the gap of scene 1 by slow")


def test_keys_play_step_and_move_the_choice_wherever_the_focus_is(edit, project):
    edit.locator(".block").nth(2).click()
    expect(edit.get_by_label("What it shows")).to_have_value("shot 3")
    edit.keyboard.press("ArrowUp")  # the inspector follows the playhead
    expect(edit.get_by_label("What it shows")).to_have_value("shot 2")
    assert edit.evaluate(CLOCK) == 2
    edit.keyboard.press("ArrowRight")
    assert edit.evaluate(CLOCK) == pytest.approx(2 + 1 / 24, abs=0.001)
    for focused in (edit.locator(".block").nth(1), edit.locator("[data-split]"), edit.get_by_label("More for scene 1")):
        focused.focus()
        edit.keyboard.press(" ")
        expect(edit.locator("[data-play]")).to_have_text("Pause")
        edit.keyboard.press(" ")
        expect(edit.locator("[data-play]")).to_have_text("Play from here")
    assert lengths(project) == [2, 2, 2, 2]
    edit.keyboard.press("l")
    edit.keyboard.press("l")
    expect(edit.locator("[data-play]")).to_have_text("Pause · 2×")
    edit.keyboard.press("j")
    expect(edit.locator("[data-play]")).to_have_text("Pause · -1×")
    edit.keyboard.press("k")
    edit.keyboard.press("Home")
    edit.keyboard.press("s")
    edit.keyboard.press("s")
    expect(edit.locator(".toast")).to_have_text(re.compile("Put the playhead inside a scene"))
    edit.get_by_label("Dismiss").click()
    edit.keyboard.press("o")
    edit.keyboard.press("?")
    expect(edit.get_by_role("dialog")).to_contain_text("Play and pause")
    assert unusable(edit) == []
    edit.keyboard.press("Escape")
    words = edit.get_by_label("What it shows")
    words.fill("a space")
    words.press("End")
    words.press(" ")
    expect(words).to_have_value("a space ")
    words.fill("shot 1")


def test_shift_drag_slips_the_clip_and_shift_on_a_cut_ripples(edit, project):
    project.scenes.filter(sequence=1).update(clip_in=1)
    edit.reload()
    until(edit, "document.querySelector('[data-wave]').width > 0")
    edit.locator("[data-scroll]").scroll_into_view_if_needed()
    box = edit.locator(".block").first.bounding_box()
    x, y, wide = box["x"] + box["width"] / 2, box["y"] + 40, edit.locator("[data-inner]").bounding_box()["width"] / 8
    edit.keyboard.down("Shift")
    edit.mouse.move(x, y)
    edit.mouse.down()
    edit.mouse.move(x + wide / 2, y, steps=8)
    with edit.expect_response(lambda response: response.request.method == "PATCH"):
        edit.mouse.up()
    assert parts(project)[0][0] == pytest.approx(0.5, abs=0.05)
    assert lengths(project) == [2, 2, 2, 2]

    cut = edit.locator(".cut").first.bounding_box()
    edit.mouse.move(cut["x"] + 6, y)
    edit.mouse.down()
    edit.mouse.move(cut["x"] + 6 + wide / 2, y, steps=8)
    edit.mouse.up()
    edit.keyboard.up("Shift")
    settled(edit, project, [2.5, 2, 2, 1.5])
    expect(edit.locator("[data-undo]")).to_have_text("Undo: moved cut 1")


def test_ripple_that_takes_lips_off_their_words_says_so_with_undo(edit, project):
    for scene in project.scenes.filter(sequence__gte=2):
        make_clip(scene, asset=scene.current_clip.asset, origin="lip-synced", parent=scene.current_clip)
    edit.reload()
    expect(edit.locator(".block").nth(1).locator(".marks")).to_have_text("●")
    edit.locator("[data-ripple]").click()
    edit.locator(".cut").first.focus()
    edit.keyboard.press("ArrowRight")
    settled(edit, project, [2.5, 2, 2, 1.5])
    toast = edit.locator(".toast")
    expect(toast).to_contain_text("Scenes 2, 3, and 4 are lip-synced, and moved off the words that their lips follow.")
    toast.get_by_role("button", name="Undo").click()
    settled(edit, project, [2, 2, 2, 2])
    expect(edit.locator(".toast").filter(has_text="lip-synced")).to_have_count(0)


def test_second_half_of_split_scene_shows_its_own_part(page, user):
    project = numbered_film(user, scenes=1, seconds=2)
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    for _ in range(24):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    settled(page, project, [1, 1])
    expect(page.locator(".block")).to_have_count(2)
    picture = "document.querySelectorAll('.block')[1].style.backgroundImage"
    until(page, f"{picture}.includes('data:image/jpeg')")
    # The frame's number is in the picture: its fourth and fifth cells are white in 24.
    lights = page.evaluate(
        f"""async () => {{
          const image = Object.assign(new Image(), {{ src: {picture}.slice(5, -2) }});
          await image.decode();
          const canvas = Object.assign(document.createElement("canvas"), {{ width: 80, height: 20 }});
          const brush = canvas.getContext("2d", {{ willReadFrequently: true }});
          brush.drawImage(image, 0, 0, 80, 20);
          return [...Array(8).keys()].map((bit) => brush.getImageData(5 + 10 * bit, 15, 1, 1).data[0] > 127);
        }}"""
    )
    assert sum(light << bit for bit, light in enumerate(lights)) == pytest.approx(24, abs=1)
    second = page.locator(".scene").nth(1).locator("video")
    expect(second).to_have_attribute("src", re.compile("#t=1.000"))
    expect(second).not_to_have_attribute("poster", re.compile("."))


def test_clip_slips_by_every_press_of_its_keys(edit, project):
    """On most keyboards the comma with Shift is another character."""
    project.scenes.filter(sequence=1).update(clip_in=1)
    edit.reload()
    until(edit, "document.querySelector('[data-wave]').width > 0")
    edit.locator("h1").click()
    for key in ["."] * 5 + ["Shift+,"]:
        edit.keyboard.press(key)
    for _ in range(600):
        if parts(project)[0][0] == pytest.approx(1 - 5 / 24, abs=0.001):
            break
        edit.wait_for_timeout(100)
    assert parts(project)[0][0] == pytest.approx(1 - 5 / 24, abs=0.001)


def test_banner_says_once_that_the_server_is_gone_and_leaves(edit, project):
    words = edit.get_by_label("What it shows")
    words.fill("not saved yet")
    edit.context.set_offline(True)
    banner = edit.get_by_text("The server can't be reached.")
    expect(banner).to_be_visible()
    edit.locator(".block").nth(2).click()
    expect(edit.locator("#inspector")).to_have_text("Scene 3 appears here when the server answers.")
    edit.locator("[data-split]").click()
    expect(banner).to_have_count(1)
    expect(edit.locator(".toast")).to_have_count(0)

    edit.context.set_offline(False)
    expect(banner).to_have_count(0)
    expect(words).to_have_value("shot 3")
    edit.locator(".block").first.click()
    expect(words).to_have_value("not saved yet")
    words.fill("shot 1")
    edit.problems.clear()  # the console names the requests that failed


def test_cut_moved_without_the_server_is_kept_and_sent_when_it_answers(edit, project):
    edit.locator("[data-split]").hover()
    edit.keyboard.press("j")  # what moves cuts is loaded with the first key
    edit.keyboard.press("k")
    edit.wait_for_load_state("networkidle")
    edit.get_by_label("What it shows").fill("not sent yet")
    expect(edit.get_by_text("Not saved")).to_be_visible()
    edit.context.set_offline(True)
    edit.locator(".cut").first.press("ArrowRight")
    expect(edit.locator(".offline")).to_contain_text("1 change will be sent then.")
    before = scene_seconds(project)
    shown = edit.locator(".cut").first.bounding_box()["x"]
    # The next step waits as well, for its turn.
    edit.keyboard.press("Control+z")
    expect(edit.locator(".offline")).to_contain_text("2 changes will be sent")
    edit.locator(".cut").nth(1).press("ArrowRight")
    expect(edit.locator(".offline")).to_contain_text("3 changes will be sent")
    assert scene_seconds(project) == before and edit.locator(".cut").first.bounding_box()["x"] == shown
    assert not [line for line in edit.problems if "htmx" in line]

    edit.context.set_offline(False)
    expect(edit.locator(".offline")).to_have_count(0)
    until(edit, "document.querySelector('[data-undo]').textContent.includes('moved cut 2')")
    assert scene_seconds(project) == [2, 2.5, 1.5, 2]
    edit.get_by_label("What it shows").fill("shot 1")
    edit.problems.clear()  # the console names the requests that failed


def scene_seconds(project):
    return [float(scene.duration) for scene in project.scenes.order_by("sequence")]


@pytest.fixture
def trimming(page, project):
    page.goto(f"/edit/{project.pk}")
    page.locator("#inspector").get_by_role("link", name="Trim").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".strip img")).to_have_count(8)
    return dialog


def places(dialog):
    """The part's start and end, in seconds, as the fields say them."""
    return [float(dialog.get_by_label(f"{name}, seconds").input_value()) for name in ("Start", "End")]


def point_at(dialog, seconds):
    box = dialog.locator(".strip").bounding_box()
    return box["x"] + box["width"] * seconds / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("by", ["mouse", "touch"])
def test_clip_is_trimmed_by_dragging_its_handles(trimming, page, project, by):
    if by == "mouse":
        page.mouse.move(*point_at(trimming, 0))
        page.mouse.down()
        page.mouse.move(*point_at(trimming, 0.5), steps=5)
        page.mouse.up()
    else:
        finger = page.context.new_cdp_session(page)
        for kind, seconds in (("touchStart", [0]), ("touchMove", [0.2]), ("touchMove", [0.5]), ("touchEnd", [])):
            points = [dict(zip("xy", point_at(trimming, second), strict=True)) for second in seconds]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(page, "Math.abs(document.querySelector('#trim-start').value - 0.5) < 0.05")
    start, end = places(trimming)
    assert end == 2
    until(page, f"Math.abs(document.querySelector('dialog video').currentTime - {start}) < 0.01")
    trimming.get_by_role("button", name="Trim").click()

    expect(trimming).to_have_count(0)
    until(page, "document.querySelector('[data-undo]').textContent.includes('trim')")
    assert parts(project)[0] == (pytest.approx(0.5, abs=0.05), None)
    assert not Job.objects.exists()


def test_trim_handles_go_by_frames_and_follow_what_is_typed(trimming, page):
    handle = trimming.get_by_label("End of the part, on the clip")
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert places(trimming) == [0, pytest.approx(2 - 3 / 24, abs=0.001)]
    page.keyboard.press("Shift+ArrowLeft")
    assert places(trimming) == [0, pytest.approx(2 - 13 / 24, abs=0.001)]
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    assert places(trimming) == [0, pytest.approx(0.05)]  # never past its partner

    trimming.get_by_label("End, seconds").fill("1.5")
    expect(handle).to_have_js_property("value", "1.5")
    for wrong in ("", "soon", "99"):  # the handles stay until it is a time
        trimming.get_by_label("Start, seconds").fill(wrong)
    assert places_of_handles(trimming) == ["0", "1.5"]


def places_of_handles(dialog):
    return dialog.locator("[data-trim-hands] input").evaluate_all("(inputs) => inputs.map((input) => input.value)")
