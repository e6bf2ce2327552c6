"""Beats and bars of many kinds of songs: odd meters, tempos that bend or change, pickups, late starts, doubtful tempos.

`bench/beats.py` measures all kinds; docs/listening.md has the table.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from bench.beats import f_measure, hits, judged
from bench.rhythms import (
    BUSY,
    DOUBLE_TIME,
    FAST_THREE,
    FIVE,
    HALF_TIME,
    ONE_DROP,
    ROCK,
    SIX_EIGHT,
    Take,
    parted,
    play,
    ramp,
    slowing,
    steady,
)
from engines.listening.grid import ADVISORY_BELOW, BeatGrid
from engines.listening.pacing import Pace
from engines.listening.scene_slots import SongShape, scene_slots
from tests.engines.listening.builders import heard

SOUND = {
    "6/8 at dotted quarter 60": steady(SIX_EIGHT, 60, seconds=20),
    "a tempo that drifts from 118 to 124": parted([(ROCK, 12)], ramp(118, 124, 48)),
    "an accelerando": parted([(ROCK, 12)], ramp(100, 132, 48)),
    "a ritardando": parted([(ROCK, 9)], slowing(110, 75, 24, 36)),
    "a change from 4/4 to 3/4": parted([(ROCK, 6), (FAST_THREE, 8)], 120),
    "a change from 100 to 130": parted([(ROCK, 5), (BUSY, 6)], lambda beat: 100 if beat < 20 else 130),
    "a pickup of a beat": steady(ROCK, 108, seconds=16, offset=0.02, pickup=1.0),
    "a delayed start": steady(ROCK, 120, seconds=14, offset=3.7),
    "a count-in": steady(ROCK, 120, seconds=14, counted=4),
    "five beats a bar": steady(FIVE, 150, seconds=16),
}


@cache
def found(name: str) -> tuple[Take, BeatGrid]:
    take = SOUND[name](3)
    return take, heard(take.samples)[0]


@pytest.mark.parametrize("name", SOUND)
def test_beats_and_bars_are_right(name):
    take, grid = found(name)
    assert f_measure(take.beats, grid.beats()) > 0.95
    assert hits(take.downbeats, grid.downbeats()) > 0.9
    assert f_measure(take.downbeats, grid.downbeats()) > 0.9


@pytest.mark.parametrize(
    "name", ["6/8 at dotted quarter 60", "a tempo that drifts from 118 to 124", "a pickup of a beat"]
)
def test_scenes_are_cut_on_the_true_downbeats(name):
    take, grid = found(name)
    shape = SongShape(take.seconds, grid.beats().tolist(), grid.downbeats().tolist())
    cuts = [end for _, end in scene_slots(shape, pace=Pace(4, 4))[:-1]]
    assert len(cuts) > 2 and hits(np.array(cuts), take.downbeats) == 1


def test_the_first_scene_of_a_song_with_a_delayed_start_begins_at_zero():
    take, grid = found("a delayed start")
    slots = scene_slots(SongShape(take.seconds, grid.beats().tolist(), grid.downbeats().tolist()), pace=Pace(4, 4))
    assert slots[0][0] == 0 and slots[-1][1] == take.seconds
    assert all(before[1] == after[0] for before, after in pairwise(slots))


@pytest.mark.parametrize(("groove", "bpm"), [(FAST_THREE, 174), (HALF_TIME, 140), (DOUBLE_TIME, 85), (ROCK, 60)])
def test_a_tempo_is_right_or_unsure_with_the_true_one_offered(groove, bpm):
    take = steady(groove, bpm, seconds=18)(1)
    grid, _ = heard(take.samples)
    result = judged(take, grid)
    assert result.honest, result
    assert all(other.score <= 0.5 and other.segments for other in grid.alternatives)


def test_beats_between_loud_off_beats_are_unsure():
    """The bass and the drums of a reggae one-drop are quieter than its chords on the off-beats."""
    grid, _ = heard(steady(ONE_DROP, 75, seconds=18)(0).samples)
    assert grid.advisory or grid.confidence < ADVISORY_BELOW
    assert round(grid.alternatives[0].bpm) == 150


def test_the_alternative_of_a_doubtful_tempo_has_its_beats_and_bars():
    take = play([(DOUBLE_TIME, 6)], 85, seed=2)
    grid, _ = heard(take.samples)
    at = {round(other.bpm): other for other in grid.alternatives}
    assert grid.tempo_bpm == pytest.approx(170, abs=0.2) and grid.confidence < 0.9
    other = BeatGrid(at[85].segments, grid.duration_seconds, 1.0)
    assert f_measure(take.beats, other.beats()) > 0.95 and f_measure(take.downbeats, other.downbeats()) > 0.95


def test_a_clear_tempo_has_no_alternatives():
    grid, _ = heard(steady(ROCK, 118, seconds=16)(0).samples)
    assert grid.alternatives == () and grid.confidence > 0.9
