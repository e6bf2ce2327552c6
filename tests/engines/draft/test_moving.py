"""The quick ways to move a layer show what an exact affine warp shows, to a tenth of a pixel."""

from dataclasses import replace

import numpy as np
import pytest

from engines.draft.backdrop import Backdrop
from engines.draft.camera import Move, view_at
from engines.draft.foreground import Foreground
from engines.draft.planes import to_planes
from engines.draft.sampling import Window
from engines.draft.storyboard import Front

FRAME, CANVAS = (640, 360), (768, 432)
# Luma rises by up to this much per pixel, so that a difference of as much would be a whole pixel.
SLOPE = 10.0
PATH = {"push_in": (0.0, 0.0), "pan_left": (0.0, 0.0), "tilt_up": (0.003, -0.004), "static": (0.0017, 0.0)}


@pytest.fixture(scope="module")
def waves():
    rows, columns = np.mgrid[0 : CANVAS[1], 0 : CANVAS[0]]
    grey = 128 + SLOPE * 5 * (np.sin(columns / 10) + np.sin(rows / 10))
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def planes():
    width, height = FRAME
    return [np.full(shape, 40, np.uint8) for shape in ((height, width), *[(height // 2, width // 2)] * 2)]


def views(kind, near):
    along = [view_at(Move(kind, 1.0), share, share * 4, near=near) for share in np.linspace(0, 1, 9)]
    return [replace(view, x=view.x + PATH[kind][0], y=view.y + PATH[kind][1]) for view in along]


@pytest.mark.parametrize("kind", PATH)
@pytest.mark.parametrize("soft", [False, True])
def test_background_is_where_an_affine_warp_puts_it(waves, kind, soft):
    seen = views(kind, near=False)
    turned = [replace(view, roll=1e-9) for view in seen]
    quick, exact = (Backdrop(to_planes(waves), FRAME, way, soft=soft) for way in (seen, turned))
    for view, same in zip(seen, turned, strict=True):
        one, other = planes(), planes()
        quick.show(view, one)
        exact.show(same, other)
        apart = np.abs(one[0].astype(float) - other[0])[4:-4, 4:-4] * 219 / 255
        assert np.percentile(apart, 99) <= (4 if soft else 0.1 * SLOPE + 1)
        assert apart.mean() < 1


@pytest.mark.parametrize("kind", PATH)
def test_figure_is_where_an_affine_warp_puts_it(waves, kind):
    alpha = np.zeros(CANVAS[::-1], np.uint8)
    alpha[100:420, 201:503] = 255
    front = Front(np.where(alpha[..., None] > 0, waves, 0).astype(np.uint8), alpha)
    seen = views(kind, near=True)
    turned = [replace(view, roll=1e-9) for view in seen]
    quick, exact = (Foreground([front], FRAME, CANVAS, way) for way in (seen, turned))
    for view, same in zip(seen, turned, strict=True):
        one, other = planes(), planes()
        quick.lay(0, view, one)
        exact.lay(0, same, other)
        apart = np.abs(one[0].astype(float) - other[0])
        # Its edge is sharper where a plate is scaled.
        assert np.percentile(apart, 97) <= 0.1 * SLOPE + 2
        assert apart.mean() < 1


@pytest.mark.parametrize("step", [1.003, 1.03, 1.1, 1.2, 1.25, 1.2501, 4 / 3, 1.49])
def test_pixels_of_a_zoom_are_where_they_should_be(step):
    ramp = np.repeat((np.arange(3000) / 12).astype(np.float32)[None, :], 400, axis=0)
    for place in np.linspace(60, 63, 31).tolist():
        shown = Window.at((place, 60.0), step, (1280, 200), (3000, 400)).of(ramp)
        exact = (place + step * np.arange(1280)) / 12
        assert np.abs(shown - exact).max() * 12 < 0.1


def test_zoom_past_the_edge_is_refused():
    assert Window.at((-3.0, 60.0), 1.1, (100, 100), (400, 400)) is None
    assert Window.at((60.0, 60.0), 1.1, (330, 100), (400, 400)) is None
