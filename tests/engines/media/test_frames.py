from fractions import Fraction
from itertools import pairwise

import pytest

from apps.core.errors import InputError
from engines.media.formats import FRAME_RATES, clip_format
from engines.media.frames import FrameGrid, exact_fps


@pytest.mark.parametrize(
    ("written", "fps"),
    [
        ("24", Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        (25, Fraction(25)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_a_frame_rate_is_parsed_exactly(written, fps):
    assert exact_fps(written) == fps


def test_an_invalid_frame_rate_is_rejected():
    with pytest.raises(InputError):
        exact_fps("fast")


@pytest.mark.parametrize("fps", FRAME_RATES)
@pytest.mark.parametrize("tempo", [60, 93.7, 120, 128, 174.2])
def test_no_cut_is_more_than_half_a_frame_off(fps, tempo):
    grid = FrameGrid(fps)
    durations = [4 * 60 / tempo] * 120
    spans = grid.spans(durations)
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    for index, (start, _) in enumerate(spans):
        assert abs(float(grid.seconds_of(start)) - index * durations[0]) <= float(1 / fps) / 2 + 1e-9


def test_formats_have_whole_ticks_and_known_sizes():
    assert (clip_format("4:5", "1080p").width, clip_format("4:5", "1080p").height) == (1080, 1350)
    assert (clip_format("9:16").width, clip_format("9:16").height) == (720, 1280)
    for fps in FRAME_RATES:
        shape = clip_format("16:9", fps=fps)
        assert Fraction(shape.frame_ticks, shape.timescale) * fps == 1
