import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from apps.flavors.fields import edit_versions, field_values, flavor_changed, flavor_values_save
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import registry
from apps.gallery import pictures
from apps.gallery.filming import flavor_picture_draw
from apps.gallery.models import FlavorPicture
from apps.gallery.pictures import flavor_picture, flavor_picture_content, flavor_picture_request, pictures_forget_old

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_picture_is_drawn_once_and_shared_by_flavors_with_equal_values(django_capture_on_commit_callbacks, staff):
    FlavorEdit.objects.create(flavor="twin", config_type="parameters", text="number_of_scenes: 3")
    registry.check_now()
    with django_capture_on_commit_callbacks() as asked:
        first = flavor_picture_request(flavor="default", now=NOW)
        again = flavor_picture_request(flavor="twin", now=NOW)

    assert len(asked) == 1 and first.waiting and not first.still
    assert first.recipe == again.recipe
    with django_capture_on_commit_callbacks() as asked:
        flavor_picture_request(flavor="default", now=NOW + timedelta(minutes=3))
    assert len(asked) == 1  # the message may have been lost


def test_worker_draws_a_still_and_a_short_film(django_capture_on_commit_callbacks):
    recipe = flavor_picture_request(flavor="vlog_style", now=NOW).recipe
    flavor_picture_draw(recipe)
    moving = Image.open(io.BytesIO(flavor_picture_content(recipe=recipe, what="moving")))
    still = Image.open(io.BytesIO(flavor_picture_content(recipe=recipe, what="still")))

    assert (moving.format, moving.size, getattr(moving, "n_frames", 1) > 40) == ("WEBP", (480, 270), True)
    assert (still.size, getattr(still, "n_frames", 1)) == ((480, 270), 1)
    with django_capture_on_commit_callbacks() as asked:
        assert not flavor_picture_request(flavor="vlog_style", now=NOW + timedelta(days=1)).waiting
    assert asked == []


def test_values_that_are_not_saved_get_a_picture_of_their_own():
    changed = flavor_changed(flavor="default", values={"grain": 0.9})
    assert set(changed) == {"image_params", "video_params"}
    assert flavor_picture(flavor="default", changed=changed).recipe != flavor_picture(flavor="default").recipe


def test_only_the_pictures_shown_last_are_kept(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_KEPT", 2)
    for age in range(4):
        FlavorPicture.objects.create(recipe=str(age), values={}, shown_at=NOW - timedelta(days=age))
    pictures_forget_old()
    assert set(FlavorPicture.objects.values_list("recipe", flat=True)) == {"0", "1"}


def test_saving_fields_keeps_the_comments_of_an_edit_and_what_it_says_elsewhere(staff):
    text = '# ours\nfps: "30"\nproviders:\n  draft:\n    handheld: 1.0  # a little\n'
    FlavorEdit.objects.create(flavor="default", config_type="video_params", text=text)
    registry.check_now()
    values = {**field_values("default"), "handheld": 2.5, "prompt_suffix": "Shot on film: grain, light."}
    saved = flavor_values_save(by=staff, flavor="default", values=values, versions=edit_versions("default"))

    assert saved == ["video_params"]
    edit = FlavorEdit.objects.get(config_type="video_params")
    assert "# ours" in edit.text and "handheld: 2.5  # a little" in edit.text and 'fps: "30"' in edit.text
    registry.check_now()
    assert field_values("default")["prompt_suffix"] == "Shot on film: grain, light."
