"""Colors brought together at cuts: the rules, the filter, and what has to be encoded for it."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.composing.color_match import MOST_LIGHT, MOST_TINT, ShotColor, colors_matched
from engines.composing.segments import segment_key
from engines.composing.shot_plan import Shot, ShotPlan, Source, plan_spans
from engines.media.color_mean import clip_mean, picture_means
from engines.media.color_shift import ColorShift, shift_between, shifted, shifted_rgb
from engines.media.commands import Command, media_file
from engines.media.facts import MediaFacts
from engines.media.filters import tagged
from engines.media.formats import ClipFormat
from engines.media.lab import color_difference, lab_of_rgb, planes_of_rgb, rgb_of_lab
from engines.media.stills import picture_at
from tests.engines.composing.conftest import SHAPE, ffmpeg

DAY, DIM, NIGHT = (62.0, 1.0, 4.0), (52.0, 4.0, -2.0), (14.0, 0.0, -12.0)


def matched(*shots):
    return colors_matched(shots)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_ciede2000s_test_data(one, other, difference):
    assert color_difference(one, other) == pytest.approx(difference, abs=1e-4)
    assert color_difference(other, one) == pytest.approx(difference, abs=1e-4)


def test_neighbors_of_a_section_meet_and_other_sections_stay():
    found = matched(ShotColor(DAY, 48, 1), ShotColor(DIM, 48, 1), ShotColor(NIGHT, 48, 2))
    assert color_difference(found[0].mean, found[1].mean) < 0.1
    assert found[0].shift.power > 1 > found[1].shift.power
    assert found[2].shift is None and found[2].mean == NIGHT


def test_a_night_between_days_stays_a_night_and_nothing_moves_beyond_the_limits():
    found = matched(ShotColor(DAY, 48, 1), ShotColor(NIGHT, 40, 1), ShotColor(DAY, 48, 1))
    assert [one.shift for one in found] == [None, None, None]
    far = (DAY[0] - 21, DAY[1] + 12, DAY[2] - 12)
    found = matched(ShotColor(DAY, 480, 1, reference=True), ShotColor(far, 40, 1))
    moved = [after - before for before, after in zip(far, found[1].mean, strict=True)]
    assert found[0].shift is None
    assert moved == pytest.approx([MOST_LIGHT, -MOST_TINT, MOST_TINT])
    dim_night = (16.0, 0.0, -9.0)
    (dark, _) = matched(ShotColor(NIGHT, 24, 1), ShotColor((34.0, 0.0, -6.0), 240, 1, reference=True))
    assert dark.mean[0] <= NIGHT[0] * 1.36
    assert matched(ShotColor(NIGHT, 24, 1), ShotColor(dim_night, 24, 1))[0].mean[0] < 16


def test_what_is_left_black_alone_or_running_on():
    left, other = matched(ShotColor(DIM, 48, None), ShotColor(DAY, 48, 1))
    assert (left.shift, other.shift) == (None, None)
    black, lone = matched(ShotColor(None, 48, 1), ShotColor(DAY, 48, 1))
    assert (black.shift, lone.shift) == (None, None)
    near = (DIM[0] + 6, *DIM[1:])
    halves = matched(ShotColor(DIM, 24, 1), ShotColor(near, 24, 1, goes_on=True), ShotColor(DAY, 48, 1))
    assert halves[0].shift == halves[1].shift is not None
    assert matched(ShotColor(DAY, 1, 1), ShotColor((62.3, 1.0, 4.0), 48, 1))[0].shift is None


def flat(path, rgb, size="160x90", pixels="yuv420p", frames=24):
    red, green, blue = (round(value) for value in rgb)
    color = f"color=0x{red:02x}{green:02x}{blue:02x}:s={size}:r=24,format=gbrp"
    convert = f"scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd,format={pixels}"
    marks = ("-colorspace", "bt709", "-color_range", "tv", "-color_primaries", "bt709", "-color_trc", "bt709")
    ffmpeg("-f", "lavfi", "-i", f"{color},{convert}", "-frames:v", frames, "-c:v", "ffv1", *marks, path)
    return path


def through(source, shift, folder):
    output = folder / "shifted.mkv"
    command = Command([tagged(shifted(media_file(source).pictures, shift))], {"c:v": "ffv1", "frames:v": 1})
    ffmpeg(*command.to_file(output, "matroska"))
    with av.open(str(output)) as container:
        frame = next(container.decode(video=0)).to_ndarray()
    return frame[:90], frame[90:]


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), (90, 110, 100), (30, 30, 40)])
def test_the_filter_keeps_black_white_and_the_range(tmp_path, color):
    source = flat(tmp_path / "flat.mkv", color)
    luma, chroma = through(source, ColorShift(0.8, 7.0, -5.0), tmp_path)
    assert luma.min() >= 16 and luma.max() <= 235 and chroma.min() >= 16 and chroma.max() <= 240
    if color in {(0, 0, 0), (255, 255, 255)}:
        assert np.abs(luma.astype(int) - planes_of_rgb(np.array(color) / 255)[0]).max() <= 1
        assert np.abs(chroma.astype(int) - 128).max() <= 1
    # The preview shows what the film will.
    shown = shifted_rgb(np.full((2, 2, 3), color, np.uint8), ColorShift(0.8, 7.0, -5.0))
    assert np.abs(shown.astype(int) - picture_at(tmp_path / "shifted.mkv", 0)[0, 0]).max() <= 4


def test_a_shift_brings_a_clip_to_the_wanted_mean(tmp_path):
    source = flat(tmp_path / "flat.mkv", rgb_of_lab(DIM) * 255)
    seen = clip_mean(source, 0, 1)
    assert color_difference(seen, DIM) < 1
    through(source, shift_between(seen, DAY), tmp_path)
    assert color_difference(clip_mean(tmp_path / "shifted.mkv", 0, 1), DAY) < 1.5


@pytest.mark.parametrize(("size", "pixels"), [("161x91", "yuva444p"), ("160x90", "yuv420p10le"), ("160x90", "gray")])
def test_odd_deep_and_transparent_clips_and_single_frames_are_measured(tmp_path, size, pixels):
    source = flat(tmp_path / "clip.mkv", (90, 110, 100), size, pixels, frames=1)
    assert clip_mean(source, 0, 4) is not None
    assert clip_mean(source, 0, 0) is not None


def test_bars_say_nothing_and_black_has_no_mean():
    picture = np.zeros((90, 160, 3), np.uint8)
    assert picture_means(picture) == []
    picture[20:70] = (90, 110, 100)
    assert picture_means(picture)[0] == pytest.approx(lab_of_rgb(np.array((90, 110, 100)) / 255))


def test_only_changed_shots_are_encoded(make, sources):
    def plan(*colors):
        shots = [
            Shot(source, 48, color=color) for source, color in zip((sources["a"], sources["b"]), colors, strict=True)
        ]
        return ShotPlan(tuple(shots), SHAPE)

    composed, proof = make(plan(None, None))
    assert (composed.segments.encoded_segments, proof.passed) == (0, True)
    composed, proof = make(plan(None, ColorShift(0.9, 1.0, 0.0)))
    assert (composed.segments.encoded_segments, proof.passed) == (1, True)
    assert [piece.encoded for piece in composed.segments.pieces] == [False, True]
    composed, _ = make(plan(None, ColorShift(0.9, 1.0, 0.0)))
    assert composed.segments.encoded_segments == 0


def test_keys_without_it_are_those_of_earlier_releases():
    facts = MediaFacts(
        "video", "mov", 1, width=320, height=180, fps=Fraction(30), frames=60, picture_seconds=Fraction(2)
    )
    plan = ShotPlan((Shot(Source(Path("x"), "clip", facts), 48),), ClipFormat(160, 90, Fraction(24)))
    key = segment_key(plan, plan_spans(plan)[0])
    assert key == "cc073cf475a0284062b3b6a231292fc5847f20f623c85fb3fb232ca8b7af712b"
    other = replace(plan, shots=(replace(plan.shots[0], color=ColorShift(0.9)),))
    assert segment_key(other, plan_spans(other)[0]) != key
