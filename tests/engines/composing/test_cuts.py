"""Which picture is shown at which frame."""

from fractions import Fraction

import pytest

from apps.core.errors import InputError
from engines.composing.shot_plan import ShortClip, Shot, ShotPlan, Transition, TransitionKind
from engines.media.formats import FRAME_RATES, ClipFormat
from engines.media.frames import FrameGrid
from tests.engines.composing.conftest import SHAPE, as_source, clip_pictures, ffmpeg, own_clip, seen


def frames(clip: int, first: int, count: int, step: int = 1) -> list[tuple[int, int]]:
    return [(clip, first + step * index) for index in range(count)]


def test_clips_in_the_projects_format_are_copied_and_cut_as_planned(sources, make):
    shots = (Shot(sources["a"], 31), Shot(sources["b"], 17), Shot(sources["c"], 60))
    composed, proof = make(ShotPlan(shots, SHAPE))
    assert seen(composed.path) == frames(0, 0, 31) + frames(1, 0, 17) + frames(2, 0, 60)
    assert composed.segments.encoded_segments == 0
    assert proof.passed, proof.checks


def test_a_start_inside_a_clip_encodes_only_up_to_its_next_key_frame(sources, make):
    composed, proof = make(ShotPlan((Shot(sources["a"], 50, start_seconds=Fraction(5, 24)),), SHAPE))
    assert seen(composed.path) == frames(0, 5, 50)
    assert composed.segments.encoded_frames == SHAPE.gop_frames - 5
    assert proof.passed, proof.checks


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        (ShortClip.HOLD, frames(0, 3, 9) + [(0, 11)] * 15),
        (ShortClip.LOOP, frames(0, 3, 9) + frames(0, 3, 9) + frames(0, 3, 6)),
        (ShortClip.BOUNCE, frames(0, 3, 9) + frames(0, 11, 9, step=-1) + frames(0, 3, 6)),
        (ShortClip.SLOW, [(0, 3 + index // 2) for index in range(18)] + [(0, 11)] * 6),
    ],
)
def test_nothing_past_the_end_of_the_part_is_shown(sources, make, short, expected):
    part = Shot(sources["a"], 24, short=short, start_seconds=Fraction(3, 24), end_seconds=Fraction(12, 24))
    composed, proof = make(ShotPlan((part, Shot(sources["b"], 5)), SHAPE))
    assert seen(composed.path) == expected + frames(1, 0, 5)
    assert proof.passed, proof.checks


def test_clips_of_another_size_and_rate_are_encoded_to_the_grid(sources, make):
    composed, proof = make(ShotPlan((Shot(sources["foreign"], 24), Shot(sources["a"], 10)), SHAPE))
    pictures = seen(composed.path)
    # 30 frames per second shown at 24: the nearest frame at each moment.
    assert all(abs(number - index * 30 / 24) <= 0.51 for index, (_, number) in enumerate(pictures[:24]))
    assert [clip for clip, _ in pictures] == [3] * 24 + [0] * 10
    assert (composed.segments.encoded_segments, proof.passed) == (1, True)


def test_a_start_inside_a_foreign_clip_is_exact(sources, make):
    composed, _ = make(ShotPlan((Shot(sources["foreign"], 12, start_seconds=Fraction(1)),), SHAPE))
    pictures = seen(composed.path)
    assert all(abs(number - (30 + index * 30 / 24)) <= 0.51 for index, (_, number) in enumerate(pictures))


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        (ShortClip.HOLD, frames(0, 0, 60) + [(0, 59)] * 30),
        (ShortClip.LOOP, frames(0, 0, 60) + frames(0, 0, 30)),
        (ShortClip.BOUNCE, frames(0, 0, 60) + frames(0, 59, 30, step=-1)),
    ],
)
def test_a_short_clip_fills_its_slot(sources, make, short, expected):
    composed, proof = make(ShotPlan((Shot(sources["a"], 90, short=short), Shot(sources["b"], 5)), SHAPE))
    assert seen(composed.path) == expected + frames(1, 0, 5)
    assert proof.passed, proof.checks


def test_a_short_clip_is_slowed_down_to_its_limit(sources, make):
    composed, _ = make(ShotPlan((Shot(sources["a"], 100, short=ShortClip.SLOW, slow_limit=0.75),), SHAPE))
    numbers = [number for _, number in seen(composed.path)]
    assert len(numbers) == 100
    assert all(abs(number - min(59, index * 0.75)) <= 1 for index, number in enumerate(numbers))


def test_a_long_loop_is_encoded_once(sources, make):
    composed, _ = make(ShotPlan((Shot(sources["foreign"], 48 * 5, short=ShortClip.LOOP),), SHAPE))
    assert (len(seen(composed.path)), composed.segments.encoded_segments) == (240, 1)


def test_a_dissolve_keeps_the_cuts_and_uses_spare_frames(sources, make):
    shots = (Shot(sources["a"], 30), Shot(sources["b"], 40, transition=Transition(TransitionKind.CROSSFADE, 8)))
    composed, proof = make(ShotPlan(shots, SHAPE))
    pictures = seen(composed.path)
    assert pictures[:26] == frames(0, 0, 26)
    assert pictures[34:] == frames(1, 4, 36)
    # Half-way both are visible; the outgoing one continues into frames its slot doesn't show.
    assert 0.3 <= pictures[30][0] <= 0.7 or pictures[30][0] in (0, 1)
    assert proof.passed, proof.checks
    assert proof.facts["cut_frames"] == [0, 30]


@pytest.mark.parametrize("kind", [TransitionKind.DIP_TO_BLACK, TransitionKind.DIP_TO_WHITE, TransitionKind.FLASH])
def test_other_transitions_keep_the_frame_count(sources, make, kind):
    shots = (Shot(sources["a"], 30), Shot(sources["b"], 30, transition=Transition(kind, 6)))
    composed, proof = make(ShotPlan(shots, SHAPE))
    pictures = seen(composed.path)
    assert (len(pictures), proof.passed) == (60, True)
    assert pictures[:27] == frames(0, 0, 27)
    assert pictures[36:] == frames(1, 6, 24)


def test_overlapping_transitions_are_shortened(sources, make):
    wide = Transition(TransitionKind.CROSSFADE, 48)
    shots = (Shot(sources["a"], 10), Shot(sources["b"], 7, transition=wide), Shot(sources["c"], 9, transition=wide))
    composed, proof = make(ShotPlan(shots, SHAPE))
    assert (len(seen(composed.path)), proof.passed) == (26, True)


@pytest.mark.parametrize("fps", FRAME_RATES)
def test_every_rate_is_exact(tmp_path, make, fps):
    shape = ClipFormat(160, 90, fps)
    clip = own_clip(tmp_path / "clip.mp4", 1, 70, shape)
    durations = [60 / 93.7 * 1.5] * 3
    spans = FrameGrid(fps).spans(durations)
    shots = tuple(
        Shot(clip, end - start, wanted_seconds=Fraction(index * durations[0]))
        for index, (start, end) in enumerate(spans)
    )
    composed, proof = make(ShotPlan(shots, shape))
    assert proof.passed, proof.checks
    assert composed.segments.encoded_segments == 0
    for index, cut in enumerate(proof.facts["cut_frames"]):
        assert abs(cut / fps - index * durations[0]) <= 1 / (2 * fps)


def test_an_empty_plan_is_rejected(sources):
    with pytest.raises(InputError, match="nothing to compose"):
        ShotPlan((), SHAPE)
    with pytest.raises(InputError, match="shorter than one frame"):
        ShotPlan((Shot(sources["a"], 0),), SHAPE)


def test_a_long_segment_is_encoded_in_parts_without_seams(tmp_path, make, cache):
    clip = tmp_path / "long.mp4"
    short, looped = clip_pictures(1, 72, 30, "320x180")[:4], "trim=end_frame=72,loop=3:72"
    ffmpeg(*short, "-vf", looped, "-frames:v", 288, "-c:v", "libx264", "-preset", "ultrafast", clip)
    composed, proof = make(ShotPlan((Shot(as_source(clip), 200),), SHAPE))
    assert (composed.segments.encoded_segments, proof.passed) == (1, True)
    numbers = [number for _, number in seen(composed.path)]
    assert all(abs(number - round(index * 30 / 24) % 72) <= 1.01 for index, number in enumerate(numbers) if index % 57)
    assert [file.suffix for file in sorted(cache.root.glob("??/*.mp4"))] == [".mp4"]
    assert not list(cache.root.glob("making/*"))


def test_a_dissolve_out_of_a_finished_clip_holds_its_last_frame(sources, make):
    shots = (Shot(sources["foreign"], 60), Shot(sources["b"], 40, transition=Transition(TransitionKind.CROSSFADE, 8)))
    composed, proof = make(ShotPlan(shots, SHAPE))
    pictures = seen(composed.path)
    assert proof.passed, proof.checks
    assert [number for _, number in pictures[50:56]] == [59] * 6
    assert pictures[64:] == frames(1, 4, 36)
