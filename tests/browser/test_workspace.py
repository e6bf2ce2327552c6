"""Edit as one screen that doesn't scroll, and its player: stills before there are clips, pictures in time."""

import re
from importlib import import_module

import pytest
from playwright.sync_api import expect

from tests.browser.made import numbered_film, project_on_disk
from tests.browser.waiting import until
from tests.factories import make_project, make_scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WINDOWS = [(1024, 700), (1440, 900), (2560, 1440)]
# A busy machine drops pictures; `make bench BENCH=preview` measures how many are exact.
MOSTLY = 0.8
PLACES = """() => Object.fromEntries(
  ["player", "side", "timeline", "cards", "stage"].map((name) => {
    const { top, bottom, left, right, width, height } = document.querySelector(`.${name}`).getBoundingClientRect();
    return [name, { top, bottom, left, right, width, height }];
  }),
)"""
SCROLLS = """() => {
  scrollTo(0, 9999);
  const page = document.documentElement;
  return scrollY > 0 || page.scrollHeight > innerHeight || page.scrollWidth > innerWidth;
}"""


def opened(page, project, blocks, *, width=1440, height=900):
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(blocks)
    page.wait_for_load_state("networkidle")
    return page.evaluate(PLACES)


def assert_one_screen(page, places, height):
    assert not page.evaluate(SCROLLS)
    assert places["player"]["height"] <= 0.55 * height
    assert places["player"]["height"] > 150
    assert places["side"]["left"] > places["player"]["right"]
    assert places["player"]["bottom"] < places["timeline"]["top"] < places["cards"]["top"]
    assert places["cards"]["bottom"] <= height


@pytest.mark.parametrize("scenes", [0, 1, 36])
@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_edit_is_one_screen(page, user, scenes, width, height):
    project = make_project(user) if not scenes else project_on_disk(user, scenes=scenes)
    places = opened(page, project, scenes, width=width, height=height)

    assert_one_screen(page, places, height)
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    assert_one_screen(page, page.evaluate(PLACES), height)
    page.problems.clear()  # the console names the requests that failed


@pytest.mark.parametrize(("shape", "ratio"), [("16:9", 16 / 9), ("9:16", 9 / 16), ("1:1", 1)])
def test_player_keeps_shape_of_film(page, user, shape, ratio):
    places = opened(page, project_on_disk(user, scenes=1, aspect_ratio=shape), 1, width=1024, height=700)

    assert places["stage"]["width"] / places["stage"]["height"] == pytest.approx(ratio, rel=0.01)
    assert_one_screen(page, places, 700)


def test_cards_fold_and_stay_folded(edit):
    before = edit.evaluate(PLACES)
    edit.get_by_role("button", name="Cards").click()
    expect(edit.locator(".cards")).to_be_hidden()
    edit.reload()
    expect(edit.locator(".cards")).to_be_hidden()
    expect(edit.get_by_role("button", name="Cards")).to_have_attribute("aria-expanded", "false")
    assert edit.evaluate(PLACES)["player"]["height"] > before["player"]["height"]
    edit.get_by_role("button", name="Cards").click()
    expect(edit.locator(".cards")).to_be_visible()


def test_menu_of_a_card_is_never_cut_off_and_card_chooses_its_scene(edit):
    edit.get_by_label("More for scene 2").click()
    items = edit.get_by_role("menu", name="Scene 2")
    last = items.get_by_role("button", name="Delete scene")
    last.scroll_into_view_if_needed()  # a menu that is longer than the window scrolls
    expect(last).to_be_in_viewport()
    box = items.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 900
    edit.keyboard.press("Escape")
    edit.locator(".scene").nth(2).get_by_text("shot 3").click()
    expect(edit.locator("#inspector").get_by_role("heading", name="Scene 3")).to_be_visible()
    expect(edit.locator(".block").nth(2)).to_have_attribute("aria-pressed", "true")


def test_phone_has_player_on_top_and_inspector_as_sheet(make_page, user):
    page = make_page(390)
    opened(page, project_on_disk(user, scenes=6), 6, width=390, height=844)
    handle = page.get_by_role("button", name="Scene 1", exact=True)
    words = page.get_by_label("What it shows")
    expect(words).to_be_hidden()
    page.locator(".block").nth(1).click()
    handle = page.get_by_role("button", name="Scene 2", exact=True)
    handle.click()
    expect(words).to_be_in_viewport()
    expect(words).to_have_value("shot 2")
    handle.click()
    expect(words).to_be_hidden()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    until(page, "scrollY > 100")
    assert abs(page.evaluate(PLACES)["player"]["top"]) < 1


def test_stills_play_on_the_song_before_there_are_clips(page, user):
    project = project_on_disk(user, scenes=3, clips=False)
    opened(page, project, 3)
    still = page.locator("[data-still]")
    expect(still).to_be_visible()
    page.get_by_role("button", name="Play from here").click()
    until(page, "document.querySelector('[data-song-sound]').currentTime > 0.2")
    expect(still).to_be_visible()
    expect(page.locator("[data-stage-note]")).to_be_hidden()
    page.get_by_role("button", name="Pause").click()


def test_picture_stays_with_the_song_across_cuts(page, user):
    bench = import_module("bench.preview")
    opened(page, numbered_film(user, scenes=4, seconds=2), 4)
    page.evaluate(
        """() => {
          window.seeks = 0;
          for (const deck of document.querySelectorAll("[data-deck]"))
            deck.addEventListener("seeking", () => { seeks += deck.classList.contains("on") && !deck.paused; });
        }"""
    )
    seen = [one for one in bench.played(page, 6) if one["time"] > bench.SETTLED_SECONDS]
    near = [abs(bench.frames_off(one)) <= 1 for one in seen]

    assert len({one["clip"] for one in seen} - {-1}) >= 2
    assert sum(near) / len(near) > MOSTLY
    assert page.evaluate("seeks") <= 1


def test_numbers_have_room_or_are_left_out(page, user):
    project = make_project(user, title="Long")
    make_scenes(project, *["3"] * 150)
    opened(page, project, 150)
    blocks = page.locator(".block")

    assert page.evaluate("[...document.querySelectorAll('.block')].every((block) => 'narrow' in block.dataset)")
    expect(blocks.nth(120).locator("strong")).to_be_hidden()
    expect(blocks.nth(120)).to_have_attribute("title", re.compile("^Scene 121, 6:00"))
