"""How footage of a different shape fills the picture."""

import av
import numpy as np
import pytest

from engines.composing.shot_plan import Shot, ShotPlan
from engines.media.framing import PictureFit
from tests.engines.composing.conftest import SHAPE, as_source, ffmpeg


@pytest.fixture(scope="module")
def upright(tmp_path_factory):
    """90×160: red on top, green in the middle, blue below."""
    path = tmp_path_factory.mktemp("upright") / "upright.mp4"
    bands = "drawbox=y=53:h=54:c=lime:t=fill,drawbox=y=107:h=53:c=blue:t=fill"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=90x160:r=24:d=1", "-vf", bands, "-c:v", "libx264", "-qp", "1", path)
    return as_source(path)


def picture(make, source, fit: PictureFit, focus=(0.5, 0.5)) -> np.ndarray:
    composed, proof = make(ShotPlan((Shot(source, 6, focus=focus),), SHAPE, fit=fit))
    assert proof.passed, proof.checks
    with av.open(str(composed.path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)


@pytest.mark.parametrize(("down", "channel"), [(0.0, 0), (0.5, 1), (1.0, 2)])
def test_filling_keeps_the_focus_point(make, upright, down, channel):
    middle = picture(make, upright, PictureFit.FILL, (0.5, down))[40:50].mean(axis=(0, 1))
    assert middle.argmax() == channel
    assert middle[channel] > 180


def test_bars_are_black_and_the_whole_picture_is_visible(make, upright):
    seen = picture(make, upright, PictureFit.BARS)
    assert seen[:, :50].max() < 30
    assert seen[:, -50:].max() < 30
    assert [seen[row, 80].argmax() for row in (10, 45, 80)] == [0, 1, 2]


def test_blurred_bars_have_the_colors_of_the_clip(make, upright):
    seen = picture(make, upright, PictureFit.BLUR)
    assert seen[:, :40].mean() > 20
    assert [seen[row, 80].argmax() for row in (10, 45, 80)] == [0, 1, 2]


def test_non_square_pixels_are_displayed_correctly(make, tmp_path):
    """A 16:9 picture stored in 4:3 pixels fills the frame."""
    path = tmp_path / "anamorphic.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=white:s=120x90:r=24:d=1", "-vf", "setsar=4/3", "-c:v", "libx264", path)
    assert picture(make, as_source(path), PictureFit.BARS)[:, 2:-2].min() > 200


def test_a_rotated_phone_video_is_shown_upright(make, upright, tmp_path):
    path = tmp_path / "phone.mp4"
    ffmpeg("-display_rotation", "90", "-i", upright.path, "-c", "copy", path)
    turned = as_source(path)
    assert (turned.facts.width, turned.facts.height) == (160, 90)
    row = picture(make, turned, PictureFit.BARS)[45]
    assert {int(row[8].argmax()), int(row[-8].argmax())} == {0, 2}


def test_a_crop_into_the_dark_half_passes_the_proof(make, tmp_path):
    """The clip is light, but the part kept at both ends is black, as planned."""
    path = tmp_path / "half.mp4"
    halves = "drawbox=y=0:w=90:h=80:c=white:t=fill"
    ffmpeg("-f", "lavfi", "-i", "color=black:s=90x160:r=24:d=1", "-vf", halves, "-c:v", "libx264", path)
    assert picture(make, as_source(path), PictureFit.FILL, (0.5, 1.0)).mean() < 10


def test_a_clip_at_another_rate_may_end_in_black(make, tmp_path):
    path = tmp_path / "fade.mp4"
    faded = "fade=out:st=1.5:d=0.4"
    ffmpeg("-f", "lavfi", "-i", "color=white:s=160x90:r=60:d=2", "-vf", faded, "-c:v", "libx264", path)
    _, proof = make(ShotPlan((Shot(as_source(path), 48),), SHAPE))
    assert proof.passed, proof.checks
