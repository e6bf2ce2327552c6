"""Every flavor has its own look, and every shape of frame is composed for itself."""

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest

from apps.providers.request_types import ImageRequest
from engines.draft.look import DraftLook
from engines.draft.storyboard import Recipe, composed, paint

FLAVORS = ("default", "cinematic", "example", "vlog_style")
SHAPES = {"16:9": (320, 180), "1:1": (240, 240), "4:5": (192, 240), "9:16": (180, 320)}
PROMPT = "Wide shot of three girls in red coats on an empty street at night. The camera rests."


@pytest.fixture
def drawn(make, settings_for):
    def draw(flavor, shape="16:9", prompt=PROMPT):
        request = ImageRequest(prompt, *SHAPES[shape], seed=1, settings=settings_for(flavor, "image"))
        return cv2.imread(str(make(replace(request, num_images=1)).files[0].path))

    return draw


def look_of(pixels):
    """Return colors, how saturated and how dark they are, and how much fine detail there is."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV).astype(float)
    fine = cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.CV_64F)
    return np.array([*pixels.reshape(-1, 3).mean(axis=0), hsv[..., 1].mean(), 2 * np.median(np.abs(fine))])


def test_no_two_flavors_look_alike(drawn):
    looks = {flavor: look_of(drawn(flavor)) for flavor in FLAVORS}

    for one, other in combinations(FLAVORS, 2):
        assert np.abs(looks[one] - looks[other]).max() > 15, (one, other)


@pytest.mark.parametrize("shape", SHAPES)
def test_only_a_frame_wider_than_tall_has_letterbox_bars(drawn, shape):
    pixels = drawn("cinematic", shape)

    assert (pixels[:8].max() < 8) == (shape == "16:9")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("flavor", ["default", "cinematic"])
def test_whole_figures_and_cars_are_inside_the_frame(settings_for, shape, flavor):

    look = DraftLook.model_validate(settings_for(flavor, "image")["providers"]["draft"]["look"])
    width, height = SHAPES[shape]
    for prompt in (PROMPT, "Wide shot of a red truck in the desert.", "Full shot of a pianist who plays on a stage."):
        alpha = paint(Recipe(prompt, 1, look), width, height).alpha
        left, top, wide, high = cv2.boundingRect((alpha > 128).astype(np.uint8))
        canvas_height, canvas_width = alpha.shape
        covered = (1 - composed(look, width, height)) / 2 * 0.9
        assert left >= (canvas_width - width) / 2, prompt
        assert left + wide <= (canvas_width + width) / 2, prompt
        assert top >= (canvas_height - height) / 2 + covered * height, prompt
        low = 0.88 if shape == "9:16" else 1 - covered
        assert top + high <= (canvas_height - height) / 2 + low * height, prompt
