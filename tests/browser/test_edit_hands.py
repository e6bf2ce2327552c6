"""What hands find where they reach for it: the halves of a split, marks on cuts, handles, words under the fingers."""

import pytest
from playwright.sync_api import expect

from tests.browser.made import project_on_disk
from tests.browser.test_edit import lengths, settled
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start, by):
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.25, 0.5, 0.75, 1):
        page.mouse.move(x + by * part, y)
    page.mouse.up()


def test_half_at_playhead_is_chosen_after_split(edit, project):
    edit.locator("h1").click()
    for _ in range(24):
        edit.keyboard.press("ArrowRight")
    edit.keyboard.press("s")
    settled(edit, project, [1, 1, 2, 2, 2])
    expect(edit.locator(".block").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(edit.locator("#inspector h2")).to_have_text("Scene 2")


def test_drag_that_begins_on_mark_of_cut_moves_cut_and_click_opens_choice(edit, project):
    mark = edit.locator(".entry").nth(1)
    second = edit.locator(".block").nth(1).bounding_box()["width"] / 2
    drag(edit, middle(mark.bounding_box()), second / 2)
    settled(edit, project, [2.5, 1.5, 2, 2])
    expect(edit.get_by_role("dialog")).to_have_count(0)

    mark.click()
    expect(edit.get_by_role("dialog")).to_be_visible()
    assert lengths(project) == [2.5, 1.5, 2, 2]


def test_phones_sheet_leaves_player_in_sight(make_page, user):
    project = project_on_disk(user, scenes=2)
    page = make_page(390)
    page.goto(f"/edit/{project.pk}")
    until(page, "document.querySelector('[data-wave]').width > 0")
    page.locator("[data-sheet]").click()
    expect(page.get_by_label("What it shows")).to_be_visible()
    until(page, "document.querySelector('.player').getBoundingClientRect().top >= 0")
    player, sheet = page.locator(".player").bounding_box(), page.locator("[data-side]").bounding_box()
    assert player["y"] + player["height"] <= sheet["y"] + 1
    assert sheet["height"] > 300
