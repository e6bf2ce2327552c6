"""A draft clip that continues another one, made by the worker."""

import numpy as np
import pytest

from apps.assets.services import asset_local_copy
from apps.scenes.models import Scene
from engines.media.drawn import drawn_mouths
from tests.factories import make_project, make_scenes

pytestmark = pytest.mark.django_db(transaction=True)

SINGER = "Close-up of Mara in a red coat with dark hair, who sings on a rooftop at dusk. The camera holds still."


def mouths(scene):
    clip = Scene.objects.get(pk=scene.pk).current_clip
    with asset_local_copy(clip.asset) as path:
        return drawn_mouths(path, 24)


def test_the_mouth_of_a_drawn_singer_is_known_in_the_clip_that_continues(api, user, run_job):
    project = make_project(user)
    scenes = make_scenes(project, "1", "1")
    Scene.objects.filter(project=project).update(prompt=SINGER)
    Scene.objects.filter(pk=scenes[1].pk).update(entry="continue")
    for what in ("1/generate_image", "1/generate_video", "2/generate_image", "2/generate_video"):
        made = api.post(f"/api/mv/projects/{project.pk}/scenes/{what}", {}, content_type="application/json").json()
        job = run_job(made["id"])
        assert job.state == "succeeded", job.error

    (before,), (after,) = mouths(scenes[0]), mouths(scenes[1])
    # So that a lip-sync needn't look for it, and moves it exactly where it was drawn.
    assert after.places(np.array([0]))[0] == pytest.approx(before.places(np.array([23]))[0], abs=2)
    assert (after.first, after.end) == (0, 24)
