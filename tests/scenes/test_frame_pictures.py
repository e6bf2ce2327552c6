"""A picture of a subject taken from a frame of a clip."""

from uuid import uuid4

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from apps.assets.models import Asset
from apps.assets.store.disk import local_path
from tests.factories import make_clip, make_project, make_scenes, make_subject, store_asset
from tests.fakes import media

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"content_type": "application/json"}


@pytest.fixture
def project(user, media_folder):
    return make_project(user)


@pytest.fixture
def subject(project):
    return make_subject(project)


@pytest.fixture
def clip(project, user):
    """One whose frames tell their number by their light: 40 + 4 a frame, on 24 frames."""
    source = "color=gray:s=64x36:r=24:d=1,format=yuv420p,geq=lum='40+4*N':cb=128:cr=128"
    (scene,) = make_scenes(project, "1")
    return make_clip(scene, asset=store_asset(user, media.lavfi_video(source)))


def take(api, subject, clip_id, time, **more):
    where = f"/api/mv/projects/{subject.project_id}/subjects/{subject.pk}/images"
    return api.post(where, {"clip_id": str(clip_id), "time": time, **more}, **JSON)


def opened(picture):
    asset = Asset.objects.get(pk=picture["image_id"])
    with Image.open(local_path(asset.key)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("L"), float)


def test_the_exact_frame_becomes_the_preferred_picture(api, subject, clip):
    for frame in (0, 7, 23):
        response = take(api, subject, clip.pk, (frame + 0.5) / 24)
        assert response.status_code == 201, response.content
        told = response.json()
        assert (told["origin"], told["position"], told["width"], told["height"]) == ("frame", 0, 64, 36)
        pixels = opened(told)
        assert pixels.mean() == pytest.approx((40 + 4 * frame - 16) * 255 / 219, abs=1.5)
    # The end of the clip shows its last frame.
    assert opened(take(api, subject, clip.pk, 1).json()).mean() == pytest.approx(pixels.mean())


def test_a_part_of_the_frame_can_be_taken(api, subject, user):
    (scene,) = make_scenes(subject.project, "1")
    clip = make_clip(scene, asset=store_asset(user, media.video(1.0)))
    whole, part = (
        opened(take(api, subject, clip.pk, 0.5, **more).json())
        for more in ({}, {"crop": {"x": 0.25, "y": 0.5, "width": 0.5, "height": 0.5}})
    )
    assert np.array_equal(part, whole[90:, 80:240])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"time": -0.1}, "time"),
        ({"time": 1.2}, "time"),
        ({"time": "nan"}, "time"),
        ({"time": None}, "time"),
        ({"crop": {"x": 0.6, "y": 0, "width": 0.5, "height": 1}}, "crop"),
        ({"crop": {"x": 0, "y": 0, "width": 0, "height": 1}}, "crop"),
        ({"crop": {"x": 0, "y": 0, "width": 1}}, "crop"),
        ({"crop": "all"}, "crop"),
        ({"image_id": str(uuid4())}, "image_id"),
    ],
)
def test_what_is_outside_of_the_clip_is_refused_by_name(api, subject, clip, body, field):
    response = take(api, subject, clip.pk, **{"time": 0.5, **body})
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert Asset.objects.count() == 1


def test_only_clips_that_are_ones_own_and_there_can_be_used(api, subject, clip, django_user_model):
    other = make_project(django_user_model.objects.create_user("other"))
    theirs = make_clip(make_scenes(other, "1")[0])
    for unknown in (theirs.pk, uuid4(), "x"):
        assert take(api, subject, unknown, 0.1).status_code == 404
    local_path(clip.asset.key).unlink()
    assert 400 <= take(api, subject, clip.pk, 0.1).status_code < 600
    clip.scene.deleted_at, clip.scene.sequence = timezone.now(), None
    clip.scene.save()
    assert take(api, subject, clip.pk, 0.1).json()["code"] == "no_clip"
