"""The player's buttons on Edit: steps by frame and cut, volume; and the names of the timeline's lanes."""

import pytest
from playwright.sync_api import expect

from tests.browser.made import project_on_disk
from tests.browser.test_workspace import opened
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOUND = "document.querySelector('[data-song-sound]')"


def test_buttons_step_by_frame_and_cut(edit):
    def at(text):
        expect(edit.locator("[data-clock]")).to_contain_text(f"{text} /")

    def press(name):
        edit.get_by_role("button", name=name, exact=True).click()

    press("To the next cut")
    at("0:02.000")
    press("One frame on")
    at("0:02.042")
    press("One frame back")
    press("One frame back")
    at("0:01.958")
    expect(edit.locator("#inspector").get_by_role("heading", name="Scene 1")).to_be_visible()
    press("To the cut before")
    press("To the cut before")
    at("0:00.000")


def test_volume_is_set_and_kept_and_m_mutes(edit):
    edit.get_by_label("Volume").fill("30")
    edit.keyboard.press("m")
    expect(edit.get_by_role("button", name="Muted")).to_have_attribute("aria-pressed", "true")
    assert edit.evaluate(f"{SOUND}.muted")
    edit.reload()
    until(edit, f"Math.abs({SOUND}.volume - 0.3) < 0.01")
    expect(edit.get_by_role("button", name="Mute", exact=True)).to_be_visible()


@pytest.mark.parametrize("song", [True, False])
def test_lanes_are_named_beside_them(page, user, song):
    project = project_on_disk(user, scenes=2)
    if not song:
        project.song = None
        project.save()
    opened(page, project, 2)
    beside = page.evaluate(
        """() => ["wave", "blocks"].map((lane) => {
          const name = document.querySelector(`[data-name=${{ wave: "song", blocks: "scenes" }[lane]}]`)
            ?? document.querySelector("[data-name=time]");
          const [one, other] = [name, document.querySelector(`[data-${lane}]`)].map((x) => x.getBoundingClientRect());
          const middle = (one.top + one.bottom) / 2;
          return one.right <= other.left && other.top < middle && middle < other.bottom;
        })"""
    )
    assert beside == [True, True]
