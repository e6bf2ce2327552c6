"""How shots follow one another, on the timeline's marks; and takes, whose undo stays in reach of their dialog."""

import pytest
from playwright.sync_api import expect

from apps.scenes.models import Clip, Scene
from tests.browser.test_edit import unusable
from tests.factories import make_clip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What the mark before a scene shows, and how the dialog calls it.
ENTRIES = {"continue": "Continue", "bridge": "Bridge", "match": "Match", "cut": "Cut"}


def entry_of(project, sequence):
    return Scene.objects.get(project=project, sequence=sequence).entry


def test_the_mark_between_two_blocks_changes_how_a_shot_follows_and_is_undone(edit, project):
    mark = edit.locator(".entry").nth(1)
    expect(mark).to_have_attribute("data-entry", "cut")
    shown = {mark.inner_text()}
    for entry, name in ENTRIES.items():
        mark.click()
        dialog = edit.get_by_role("dialog")
        expect(dialog).to_contain_text("How scene 2 follows")
        assert unusable(edit) == []
        dialog.get_by_role("button", name=name, exact=False).first.click()
        expect(dialog).to_have_count(0)
        expect(mark).to_have_attribute("data-entry", entry)
        shown.add(mark.inner_text())
        assert entry_of(project, 2) == entry
    assert len(shown) == len(ENTRIES), "each has a mark of its own"
    edit.locator("[data-undo]").click()
    expect(mark).to_have_attribute("data-entry", "match")
    edit.locator("[data-redo]").click()
    expect(mark).to_have_attribute("data-entry", "cut")

    # By keyboard; nothing comes before the first shot.
    expect(edit.locator(".entry").first).to_be_hidden()
    mark.focus()
    edit.keyboard.press("Enter")
    edit.get_by_role("dialog").get_by_role("button", name="Continue").first.press("Enter")
    expect(mark).to_have_attribute("data-entry", "continue")


def test_a_rejected_take_is_taken_back_from_the_toast_over_the_dialog(edit, project):
    scene = project.scenes.get(sequence=1)
    other = make_clip(scene, asset=scene.current_clip.asset, current=False)
    edit.goto(f"/edit/{project.pk}")
    edit.get_by_role("button", name="More for scene 1").first.click()
    edit.get_by_role("button", name="Takes", exact=True).first.click()
    dialog = edit.get_by_role("dialog")
    expect(dialog).to_contain_text("Takes of scene 1")
    takes = dialog.locator("figure")
    expect(takes).to_have_count(2)
    take = takes.filter(has=edit.locator("form button:text-is('Keep')"))
    take.locator("summary").click()
    take.get_by_role("button", name="boring").click()

    # A rejected take is no longer among those shown. The toast is in the dialog, which blocks all that is outside.
    expect(takes).to_have_count(1)
    assert Clip.objects.get(pk=other.pk).rejected
    toast = dialog.locator("#toasts .toast")
    expect(toast).to_contain_text("Rejected a take of scene 1")
    toast.get_by_role("button", name="Undo").click()
    expect(takes).to_have_count(2)
    assert not Clip.objects.get(pk=other.pk).rejected
    dialog.get_by_role("button", name="Close").first.click()
    expect(dialog).to_have_count(0)
    expect(edit.locator("body > #toasts")).to_have_count(1)
