"""A flavor's common values as fields."""

import re

import pytest

from apps.flavors.fields import FIELDS, field_values
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import registry
from tests.studio.pages import HTMX, html_of, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_edits():
    """Forget what tests before this one have saved and rolled back."""
    registry.check_now()


@pytest.fixture
def editor(client, staff):
    client.force_login(staff)
    return client


def sent(**changes):
    values = field_values("cinematic")
    fields = {name: "on" if value is True else value for name, value in values.items() if value is not False}
    return {**fields, **changes}


def test_unchanged_fields_save_nothing(editor):
    response = editor.post("/flavors/cinematic", sent(), follow=True)
    assert "Nothing was changed." in html_of(response)
    assert FlavorEdit.objects.count() == 0


def test_saving_says_so_and_changes_pictures_and_clips_alike(editor):
    html = html_of(editor.post("/flavors/cinematic", sent(grain="0,9".replace(",", "."), pace="fast"), follow=True))
    assert "Saved." in html and "toast-good" in html
    registry.check_now()
    resolved = registry.snapshot().resolved
    looks = [
        resolved["cinematic", name].values["providers"]["draft"]["look"] for name in ("image_params", "video_params")
    ]
    assert [look["grain"] for look in looks] == [0.9, 0.9] and looks[0]["texture"] == "film"
    assert field_values("cinematic")["pace"] == "fast"
    undone = html_of(editor.post("/flavors/cinematic", {"undo": "1"}, follow=True))
    assert "The edits are removed" in undone and FlavorEdit.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("grain", "7", "Type a number from 0 to 1."),
        ("move_strength", "fast", "Type a number from 0 to 3."),
        ("texture", "velvet", "Choose one of smooth, paper, film."),
        ("blacks", "red", "Type a color, such as #1a2b3c."),
        ("grain", "", "Type a number from 0 to 1."),
        ("grain", "nan", "Type a number from 0 to 1."),
    ],
)
def test_bad_values_are_named_at_their_field_and_nothing_is_saved(editor, field, value, words):
    response = editor.post("/flavors/cinematic", sent(**{field: value}))
    assert response.status_code == 400
    assert re.search(rf'id="{field}-words">{re.escape(words)}', html_of(response))
    preview = html_of(editor.post("/flavors/cinematic", {**sent(**{field: value}), "preview": "1"}, headers=HTMX))
    assert f"{FIELDS[field].label}: {words}" in preview
    assert FlavorEdit.objects.count() == 0


def test_somebody_elses_save_in_between_is_not_overwritten(editor):
    FlavorEdit.objects.create(flavor="cinematic", config_type="parameters", text="pace: normal", version=3)
    registry.check_now()
    response = editor.post("/flavors/cinematic", sent(pace="fast", grain="0.9"))
    assert response.status_code == 400 and "Someone else changed this flavor" in html_of(response)
    assert FlavorEdit.objects.count() == 1


def test_preview_shows_a_picture_of_values_that_are_not_saved(editor):
    saved = re.search(r"recipe=(\w+)", page(editor, "/flavors/cinematic"))[1]
    html = html_of(editor.post("/flavors/cinematic", {**sent(grain="0.9"), "preview": "1"}, headers=HTMX))
    assert "nothing is saved yet" in html and "grain: 0.9" in html
    recipe = re.search(r"recipe=(\w+)", html)[1]
    assert recipe != saved and FlavorEdit.objects.count() == 0
    assert "Being drawn" in page(editor, f"/flavor-pictures/cinematic?recipe={recipe}")
    assert editor.get("/flavor-pictures/cinematic?recipe=nothing").status_code == 404
    assert editor.get(f"/flavor-pictures/{recipe}/still").status_code == 404


def test_others_can_look_but_not_change(browser):
    html = page(browser, "/flavors/cinematic")
    assert "Only staff may edit flavors" in html and re.search(r"<fieldset[^>]*disabled", html)
    assert "/flavors/nothing" not in html and browser.get("/flavors/nothing").status_code == 404
