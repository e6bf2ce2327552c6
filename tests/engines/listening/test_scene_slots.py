"""Where scenes are cut on a song."""

import time
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from apps.core.errors import InputError
from engines.listening.pacing import ClipLengths, Pace, song_drive
from engines.listening.scene_slots import SHORTEST_SECONDS, SongShape, scene_slots
from engines.media.frames import FrameGrid

PACE = Pace(8.0, 3.0)
BEATS = tuple(np.round(0.31 + np.arange(480) * 0.5, 4))
SHAPE = SongShape(
    length=240.0,
    beats=BEATS,
    downbeats=BEATS[::4],
    section_starts=(BEATS[64], BEATS[192], BEATS[320]),
    energy=(0.1,) * 32 + (0.5,) * 64 + (1.0,) * 64 + (0.5,) * 80,
)


def cuts_of(plan):
    return [start for start, _ in plan][1:]


@pytest.mark.parametrize("count", [1, 2, 7, 30, 48, 120, 400])
def test_the_scenes_fill_the_range_exactly(count):
    plan = scene_slots(SHAPE, pace=PACE, number_of_scenes=count)
    assert len(plan) == count
    assert plan[0][0] == 0 and plan[-1][1] == 240.0
    assert all(first[1] == second[0] for first, second in pairwise(plan))
    assert min(end - start for start, end in plan) >= SHORTEST_SECONDS - 1e-9


@pytest.mark.parametrize("count", [2, 7, 30, 48, 120, 300])
def test_every_cut_is_on_a_beat(count):
    assert set(cuts_of(scene_slots(SHAPE, pace=PACE, number_of_scenes=count))) <= set(BEATS)


def test_cuts_prefer_downbeats():
    cuts = cuts_of(scene_slots(SHAPE, pace=PACE, number_of_scenes=40))
    assert np.mean([cut in BEATS[::4] for cut in cuts]) > 0.8


def test_new_sections_start_new_scenes():
    assert set(SHAPE.section_starts) <= set(cuts_of(scene_slots(SHAPE, pace=PACE, number_of_scenes=30)))


def test_dense_passages_have_shorter_scenes_than_calm_ones():
    plan = scene_slots(SHAPE, pace=PACE, number_of_scenes=48)
    calm = np.mean([end - start for start, end in plan if end <= 30])
    dense = np.mean([end - start for start, end in plan if start >= 98 and end <= 158])
    assert calm > 1.6 * dense


def test_without_a_number_the_pace_and_the_energy_decide():
    lengths = {pace: [end - start for start, end in scene_slots(SHAPE, pace=pace)] for pace in (PACE, Pace(5.0, 2.0))}
    assert 40 <= len(lengths[PACE]) <= 60 < len(lengths[Pace(5.0, 2.0)]) <= 90
    plan = scene_slots(SHAPE, pace=PACE)
    quiet = [end - start for start, end in plan if end <= 30]
    loud = [end - start for start, end in plan if start >= 98 and end <= 158]
    assert np.mean(quiet) == pytest.approx(7.3, abs=1.5) and np.mean(loud) == pytest.approx(3.0, abs=0.6)


def test_loudest_moment_of_a_calm_song_is_cut_slower_than_that_of_a_driving_one():
    calm, driving = (replace(SHAPE, drive=song_drive([0.9] * accents, 240.0)) for accents in (240, 720))
    assert len(scene_slots(calm, pace=PACE)) < 0.85 * len(scene_slots(driving, pace=PACE))


@pytest.mark.parametrize("sold", [(4, 6, 8), (5, 10), tuple(range(3, 16))])
@pytest.mark.parametrize("pace", [Pace(9, 5), PACE, Pace(5, 2)])
def test_scenes_of_paid_clips_waste_little_of_them(sold, pace):
    clips = ClipLengths(sold)
    plan = scene_slots(SHAPE, pace=pace, clips=clips)
    frames = [edge * 24 for edge in (0.0, *cuts_of(plan), 240.0)]
    table = clips.bought(24 * 60)
    bought = sum(table[round(last) - round(first)] for first, last in pairwise(frames))
    assert bought <= 1.12 * 240.0
    assert len(plan) <= 240 / min(sold) + 1


def test_clip_that_fits_to_the_frame_is_not_bought_longer():
    shape = SongShape(length=60.0, beats=tuple(np.round(0.021 + np.arange(120) * 0.5, 4)))
    plan = scene_slots(shape, pace=Pace(4, 4), clips=ClipLengths((4, 6, 8), Fraction(24)))
    grid = FrameGrid(Fraction(24))
    frames = [grid.frame_at(end) - grid.frame_at(start) for start, end in plan]
    assert frames.count(96) >= 12 and 97 not in frames


# Verses and choruses of four lines, each a bar and a half long with a short rest, that start off the beat.
LINES = tuple((10.2 + 4.0 * bar, 13.4 + 4.0 * bar) for bar in range(50))


def inside_lines(cuts):
    return np.mean([any(start + 0.2 < cut < end - 0.2 for start, end in LINES) for cut in cuts])


def test_cuts_fall_between_the_lines_that_are_sung():
    before = cuts_of(scene_slots(SHAPE, pace=PACE))
    after = cuts_of(scene_slots(replace(SHAPE, lines=LINES), pace=PACE))
    assert inside_lines(before) > 0.4
    assert inside_lines(after) < 0.1
    assert set(after) <= set(BEATS) and abs(len(after) - len(before)) < 0.25 * len(before)


def test_more_scenes_than_beats_also_cut_on_half_beats():
    shape = SongShape(length=20.0, beats=tuple(np.arange(1, 20, 1.0)))
    cuts = cuts_of(scene_slots(shape, pace=PACE, number_of_scenes=30))
    assert len(cuts) == 29 and all(cut * 2 == int(cut * 2) for cut in cuts)


@pytest.mark.parametrize("shape", [SongShape(length=33.3), SongShape(length=33.3, beats=(12.0,))])
def test_a_song_without_beats_is_cut_evenly(shape):
    plan = scene_slots(shape, pace=PACE, number_of_scenes=5)
    assert [end - start for start, end in plan] == pytest.approx([6.66] * 5, abs=1.0)


def test_a_very_short_range_is_one_scene():
    assert scene_slots(SongShape(length=0.3), pace=PACE) == ((0.0, 0.3),)


@pytest.mark.parametrize(("length", "count"), [(4.0, 11), (240.0, 601), (0.0, 1), (10.0, 0), (10.0, -3)])
def test_scenes_that_do_not_fit_are_rejected(length, count):
    with pytest.raises(InputError):
        scene_slots(SongShape(length=length, beats=BEATS), pace=PACE, number_of_scenes=count)


def test_an_hour_is_planned_quickly_and_at_most_as_many_scenes_as_there_may_be():
    beats = tuple(np.arange(0, 3600, 0.5))
    started = time.process_time()  # processor time, so that a busy machine doesn't matter
    assert len(scene_slots(SongShape(length=3600.0, beats=beats, energy=(1.0,)), pace=Pace(4, 2))) == 600
    assert time.process_time() - started < 8
