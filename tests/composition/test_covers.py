"""The cover of a film: offered moments, a frame that is picked, and its file in the shape of every video."""

import io

import numpy as np
import pytest
from PIL import Image

from apps.assets.models import Asset
from apps.composition.models import Cover, Output
from tests.composition.test_projects import post, run, url
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)


def pick(api, project, seconds):
    return api.put(url(project, "cover"), {"seconds": seconds}, content_type="application/json")


def downloaded(api, project, query=""):
    response = api.get(url(project, f"cover/image{query}"))
    assert response.status_code == 200, response.content
    return response, Image.open(io.BytesIO(response.getvalue()))


def test_moments_of_all_scenes_are_offered_and_can_be_looked_at(api, project):
    told = api.get(url(project, "cover")).json()
    assert (told["seconds"], told["picture_id"]) == (None, None)
    assert [(one["seconds"], one["sequence"]) for one in told["candidates"]] == [(0.5, 1), (1.75, 2), (3.5, 3)]
    preview = api.get(told["candidates"][1]["preview_url"])
    assert Image.open(io.BytesIO(preview.getvalue())).size == (480, 270)


def test_the_best_looking_scenes_come_first_once_there_is_a_film(api, project):
    assert run(post(api, url(project, "compose"))).state == "succeeded"
    told = api.get(url(project, "cover")).json()
    assert {one["sequence"] for one in told["candidates"]} == {1, 2, 3}


def test_a_picked_frame_is_a_file_in_the_shape_of_every_video(whole_pictures, api, project):
    picked = pick(api, project, 1.75)
    assert (picked.status_code, picked.json()["seconds"]) == (200, 1.75)
    response, picture = downloaded(api, project)
    assert (picture.format, picture.size) == ("JPEG", (1280, 720))
    assert 'filename="Night_Drive_cover_16x9.jpg"' in response.headers["Content-Disposition"]
    output = Output.objects.create(project=project, name="Up", aspect_ratio="9:16", resolution="1080p", framing="fill")
    _, upright = downloaded(api, project, f"?output_id={output.pk}&form=png")
    assert (upright.format, upright.size) == ("PNG", (1080, 1920))
    # The crop of the middle, not the whole picture between bars.
    middle = np.asarray(picture.convert("L"), int)[:, 438:842].mean()
    assert abs(np.asarray(upright.convert("L"), int).mean() - middle) < 6


def test_another_frame_replaces_the_first_and_its_files(api, project):
    pick(api, project, 0.5)
    first = Cover.objects.get()
    pick(api, project, 2)
    assert not Asset.objects.filter(pk__in=[first.picture_id, first.poster_id]).exists()
    assert api.delete(url(project, "cover")).status_code == 204
    assert api.get(url(project, "cover")).json()["seconds"] is None
    assert not Asset.objects.filter(key__contains="cover").exists()


@pytest.mark.parametrize("seconds", [-1, 4.5, 9999, "soon", None])
def test_a_moment_outside_of_the_film_is_refused(api, project, seconds):
    refused = pick(api, project, seconds)
    assert refused.status_code == 400
    assert "seconds" in refused.json()["errors"]


def test_without_pictures_there_is_no_cover(api, user):
    empty = make_project(user)
    assert api.get(url(empty, "cover")).json()["candidates"] == []
    for response in (
        pick(api, empty, 0),
        api.get(url(empty, "cover/image")),
        api.get(url(empty, "cover/frame?seconds=1")),
    ):
        assert response.status_code == 400
        assert len(response.json()["detail"]) > 10


def test_the_cover_goes_with_its_project(api, project):
    pick(api, project, 1)
    assert api.delete(url(project, "")[:-1]).status_code == 204
    assert not Cover.objects.exists() and not Asset.objects.filter(key__contains="cover").exists()
