"""Moves that start from a given picture stay inside it, and a shot's label is gone before another continues from it."""

import itertools
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest

from engines.draft.camera import Move, matrix, view_at
from engines.draft.clip import Picture, Renderer, Shot
from engines.draft.lettering import text_mask
from engines.draft.look import MoveKind
from engines.media.formats import ClipFormat


@pytest.mark.parametrize("kind", get_args(MoveKind))
@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (400, 400)])
def test_move_from_a_picture_starts_at_rest_and_stays_inside(kind, width, height):
    corners = np.array([[x, y, 1] for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]).T
    for strength, handheld, seed in ((0.5, 0.0, 1), (1.0, 0.02, 2), (3.0, 0.01, 3)):
        move = Move(kind, strength, handheld=handheld, aspect=width / height, seed=seed, from_picture=True)
        views = [view_at(move, frame / 95, frame / 24, near=False) for frame in range(96)]
        assert (views[0].x, views[0].y, views[0].zoom, views[0].roll) == (0, 0, 1, 0)
        assert views[-1] != views[0]
        assert max(abs(one.zoom - other.zoom) for one, other in itertools.pairwise(views)) < 0.02
        seen = np.array([matrix(view, frame=(width, height), canvas=(width, height)) @ corners for view in views])
        beyond = max(-0.5 - seen.min(), (seen[:, 0] - width).max() + 0.5, (seen[:, 1] - height).max() + 0.5)
        # Pulling out shows mirrored edges, but no more than there are.
        assert beyond < (0.07 * max(width, height) if kind == "pull_out" else 0.01), (strength, beyond)


@pytest.mark.parametrize("frames", [2, 6, 20, 48, 192])
def test_label_is_read_at_the_start_and_gone_in_the_last_frames(frames):
    clip = ClipFormat(320, 180, Fraction(24))
    grey = Picture(back=np.full((216, 384, 3), 100, np.uint8))
    shot = Shot(Move("static", 1.0), frames, response=0.0, label=text_mask("WIDE", 12), label_at=(16, 150))
    renderer = Renderer(grey, shot, clip)

    def contrast(number):
        planes = [np.zeros(shape, np.uint8) for shape in ((180, 320), (90, 160), (90, 160))]
        renderer.render(number, planes)
        return int(planes[0].max()) - int(planes[0].min())

    assert contrast(0) > 80
    assert contrast(frames - 1) == 0
    for number in range(max(frames // 2, frames - 12), frames):
        assert contrast(number) == 0
