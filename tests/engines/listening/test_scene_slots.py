"""Where scenes are cut on a song."""

import time
from itertools import pairwise

import numpy as np
import pytest

from apps.core.errors import InputError
from engines.listening.scene_slots import SHORTEST_SECONDS, SongShape, scene_slots

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
    plan = scene_slots(SHAPE, number_of_scenes=count)
    assert len(plan) == count
    assert plan[0][0] == 0 and plan[-1][1] == 240.0
    assert all(first[1] == second[0] for first, second in pairwise(plan))
    assert min(end - start for start, end in plan) >= SHORTEST_SECONDS - 1e-9


@pytest.mark.parametrize("count", [2, 7, 30, 48, 120, 300])
def test_every_cut_is_on_a_beat(count):
    assert set(cuts_of(scene_slots(SHAPE, number_of_scenes=count))) <= set(BEATS)


def test_cuts_prefer_downbeats():
    cuts = cuts_of(scene_slots(SHAPE, number_of_scenes=40))
    assert np.mean([cut in BEATS[::4] for cut in cuts]) > 0.8


def test_new_sections_start_new_scenes():
    assert set(SHAPE.section_starts) <= set(cuts_of(scene_slots(SHAPE, number_of_scenes=30)))


def test_dense_passages_have_shorter_scenes_than_calm_ones():
    plan = scene_slots(SHAPE, number_of_scenes=48)
    calm = np.mean([end - start for start, end in plan if end <= 30])
    dense = np.mean([end - start for start, end in plan if start >= 98 and end <= 158])
    assert calm > 1.6 * dense


def test_without_a_number_scenes_average_the_requested_length():
    assert len(scene_slots(SHAPE, scene_seconds=6.0)) == 40


def test_more_scenes_than_beats_also_cut_on_half_beats():
    shape = SongShape(length=20.0, beats=tuple(np.arange(1, 20, 1.0)))
    cuts = cuts_of(scene_slots(shape, number_of_scenes=30))
    assert len(cuts) == 29 and all(cut * 2 == int(cut * 2) for cut in cuts)


@pytest.mark.parametrize("shape", [SongShape(length=33.3), SongShape(length=33.3, beats=(12.0,))])
def test_a_song_without_beats_is_cut_evenly(shape):
    plan = scene_slots(shape, number_of_scenes=5)
    assert [end - start for start, end in plan] == pytest.approx([6.66] * 5, abs=1.0)


def test_a_very_short_range_is_one_scene():
    assert scene_slots(SongShape(length=0.3), scene_seconds=8) == ((0.0, 0.3),)


@pytest.mark.parametrize(("length", "count"), [(4.0, 11), (240.0, 601), (0.0, 1), (10.0, 0), (10.0, -3)])
def test_scenes_that_do_not_fit_are_rejected(length, count):
    with pytest.raises(InputError):
        scene_slots(SongShape(length=length, beats=BEATS), number_of_scenes=count)


def test_half_an_hour_is_planned_quickly():
    beats = tuple(np.arange(0, 1800, 0.4))
    started = time.process_time()  # processor time, so that a busy machine doesn't matter
    assert len(scene_slots(SongShape(length=1800.0, beats=beats), scene_seconds=3)) == 600
    assert time.process_time() - started < 5
