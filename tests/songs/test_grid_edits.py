"""Manual corrections of a beat grid."""

import numpy as np
import pytest

from apps.core.errors import InputError
from apps.songs.grid_edits import (
    GridEdit,
    Operation,
    grid_choose,
    grid_double,
    grid_edit,
    grid_halve,
    grid_move_downbeat,
    grid_nudge,
    grid_set,
    grid_tap,
)
from apps.songs.stored import onsets_read
from engines.listening.grid import Alternative, BeatGrid, fit_taps, segment_at
from tests.engines.listening.builders import band, heard

SILENT = onsets_read({})


def steady(bpm=120.0, first=0.25, duration=60.0, **more):
    return BeatGrid((segment_at(0.0, 60 / bpm, first, **more),), duration, 0.4)


def two_tempos():
    return BeatGrid((segment_at(0.0, 0.5, 0.0), segment_at(30.0, 0.4, 30.1)), 60.0, 0.9)


def doubtful():
    """87 or 174 beats a minute, the slower one likelier."""
    other = Alternative(174.0, 0.4, (segment_at(0.0, 60 / 174, 0.25, beats_per_bar=3, downbeat=1),))
    return BeatGrid((segment_at(0.0, 60 / 87, 0.25),), 60.0, 0.3, pulse_confidence=0.9, alternatives=(other,))


@pytest.mark.parametrize("grid", [two_tempos(), doubtful()])
def test_grid_survives_storage(grid):
    stored = BeatGrid.from_dict(grid.to_dict())
    assert stored.beats() == pytest.approx(grid.beats(), abs=1e-4)
    assert [(other.bpm, other.score) for other in stored.alternatives] == [
        (other.bpm, other.score) for other in grid.alternatives
    ]


def test_a_grid_stored_by_an_earlier_release_has_no_alternatives():
    old = {key: value for key, value in steady().to_dict().items() if key not in ("alternatives", "pulse_confidence")}
    assert BeatGrid.from_dict(old).alternatives == () and BeatGrid.from_dict(old).advisory


def test_a_doubtful_tempo_is_no_reason_to_distrust_the_beats():
    assert not doubtful().advisory and doubtful().confidence < 0.5


def test_an_alternative_tempo_brings_its_beats_and_bars():
    chosen = grid_choose(doubtful(), 174)
    assert chosen.tempo_bpm == pytest.approx(174) and chosen.edited and chosen.confidence == 1
    assert np.diff(chosen.downbeats()) == pytest.approx(3 * 60 / 174)


def test_choosing_the_former_tempo_undoes_the_choice():
    chosen = grid_choose(doubtful(), 174)
    assert [(other.bpm, other.score) for other in chosen.alternatives] == [(87.0, 0.6)]
    back = grid_choose(chosen, 87)
    assert back.segments == doubtful().segments and [other.bpm for other in back.alternatives] == [174.0]


def test_nudged_beats_keep_their_alternative_in_step():
    chosen = grid_choose(grid_nudge(doubtful(), 0.02), 174)
    assert np.abs(chosen.beats() - 0.27).min() < 1e-6


@pytest.mark.parametrize("correct", [grid_halve, grid_double, lambda grid: grid_set(grid, bpm=90)])
def test_a_tempo_that_a_person_set_is_not_doubted(correct):
    assert correct(doubtful()).alternatives == ()


def test_beats_never_overlap_where_the_tempo_changes():
    assert np.diff(two_tempos().beats()).min() > 0.35


def test_edited_grid_counts_as_certain():
    edited = grid_nudge(steady(), 0.01)
    assert edited.edited and edited.confidence == 1 and not edited.advisory


@pytest.mark.parametrize("downbeat", range(4))
def test_halving_keeps_every_other_beat_and_the_downbeats_phase(downbeat):
    grid = steady(downbeat=downbeat)
    halved = grid_halve(grid)
    assert halved.tempo_bpm == pytest.approx(60)
    assert set(np.round(halved.beats(), 6)) <= set(np.round(grid.beats(), 6))
    assert set(np.round(halved.downbeats(), 6)) <= set(np.round(grid.downbeats(), 6))


@pytest.mark.parametrize("grid", [steady(), steady(first=0.4, downbeat=3), two_tempos()])
def test_doubling_adds_a_beat_between_every_two(grid):
    doubled = grid_double(grid)
    assert set(np.round(doubled.beats(), 6)) >= set(np.round(grid.beats(), 6))
    assert set(np.round(doubled.downbeats(), 6)) >= set(np.round(grid.downbeats(), 6))
    assert len(doubled.beats()) == pytest.approx(2 * len(grid.beats()), abs=2)


def test_halving_undoes_doubling():
    assert grid_halve(grid_double(steady())).beats() == pytest.approx(steady().beats())


@pytest.mark.parametrize("seconds", [0.03, -0.03, 0.4, -0.4, -1.7])
def test_nudge_moves_all_beats_and_downbeats(seconds):
    grid, nudged = two_tempos(), grid_nudge(two_tempos(), seconds)
    for moved, before in ((nudged.beats(), grid.beats()), (nudged.downbeats(), grid.downbeats())):
        wanted = before[(before > 3) & (before < 55)] + seconds
        assert max(np.abs(moved - beat).min() for beat in wanted) < 1e-6


def test_setting_tempo_and_offset_gives_the_song_one_grid():
    grid = grid_set(two_tempos(), bpm=100, offset=1.3)
    assert len(grid.segments) == 1 and grid.tempo_bpm == pytest.approx(100)
    assert np.abs(grid.downbeats() - 1.3).min() < 1e-9


def test_setting_only_the_tempo_keeps_the_first_downbeat():
    assert grid_set(steady(), bpm=90).downbeats()[0] == pytest.approx(0.25)


def test_song_without_beats_can_be_given_a_tempo():
    grid = grid_set(BeatGrid((), 30.0, 0.0), bpm=75)
    assert len(grid.beats()) == 38


@pytest.mark.parametrize("beats", [1, -1, 5])
def test_bar_line_moves_by_whole_beats(beats):
    moved = grid_move_downbeat(steady(), beats=beats).downbeats()
    assert np.abs(moved - (0.25 + 0.5 * (beats % 4))).min() < 1e-9


def test_bar_can_have_three_beats():
    assert np.diff(grid_move_downbeat(steady(), beats_per_bar=3).downbeats()) == pytest.approx(1.5)


def test_taps_alone_define_a_grid_if_the_song_has_no_onsets():
    rng = np.random.default_rng(2)
    taps = 4.0 + np.arange(24) * 0.6 + rng.normal(0, 0.015, 24)
    grid = grid_tap(BeatGrid((), 60.0, 0.0), SILENT, tuple(taps))
    assert grid.tempo_bpm == pytest.approx(100, abs=0.6)
    assert np.abs(grid.beats() - 4.0).min() < 0.03


def test_rough_taps_are_refined_where_the_song_plays_the_beat():
    song = band(97.5, 40, offset=0.2)
    found, onsets = heard(song.samples)
    rng = np.random.default_rng(4)
    taps = song.beats[16:32] + rng.normal(0, 0.02, 16)
    grid = grid_tap(grid_halve(found), onsets, tuple(taps))
    assert grid.tempo_bpm == pytest.approx(97.5, abs=0.05)
    assert max(np.abs(grid.beats() - beat).min() for beat in song.beats) < 0.01
    assert np.abs(grid.downbeats() - song.beats[16]).min() < 0.01


def test_off_beat_taps_are_kept():
    song = band(100, 30)
    found, onsets = heard(song.samples)
    taps = song.beats[8:24] + 0.17
    assert np.abs(grid_tap(found, onsets, tuple(taps)).beats() - taps[4]).min() < 0.01


def test_taps_only_change_the_tempo_segment_they_are_in():
    grid = grid_tap(two_tempos(), SILENT, tuple(40 + np.arange(12) * 0.7))
    assert [part.period for part in grid.segments] == pytest.approx([0.5, 0.7], abs=1e-3)


@pytest.mark.parametrize("missing", [(), (3,), (5, 6, 9)])
def test_missed_taps_do_not_change_the_tempo(missing):
    taps = [1 + 0.5 * beat for beat in range(16) if beat not in missing]
    assert fit_taps(taps) == pytest.approx((0.5, 1.0), abs=1e-6)


@pytest.mark.parametrize(
    "edit",
    [
        GridEdit(Operation.CHOOSE, bpm=174.0),
        GridEdit(Operation.CHOOSE, bpm=float("nan")),
        GridEdit(Operation.CHOOSE),
        GridEdit(Operation.TAP, taps=(1.0, 2.0)),
        GridEdit(Operation.TAP, taps=(1.0, 1.0, 1.0, 1.0, 1.0)),
        GridEdit(Operation.TAP, taps=(1.0, 1.2, 3.0, 3.1, 5.9, 6.2, 6.3)),
        GridEdit(Operation.TAP, taps=(58.0, 59.0, 60.0, 61.0)),
        GridEdit(Operation.NUDGE, seconds=6.0),
        GridEdit(Operation.NUDGE, seconds=float("nan")),
        GridEdit(Operation.SET, bpm=5.0),
        GridEdit(Operation.SET, bpm=1000.0),
        GridEdit(Operation.SET, bpm=float("nan")),
        GridEdit(Operation.SET, bpm=120.0, offset=61.0),
        GridEdit(Operation.DOWNBEAT, beats_per_bar=1),
    ],
)
def test_impossible_correction_is_refused_with_a_reason(edit):
    with pytest.raises(InputError) as refusal:
        grid_edit(steady(), edit, SILENT)
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("operation", [Operation.HALVE, Operation.DOUBLE, Operation.NUDGE, Operation.DOWNBEAT])
def test_song_without_beats_cannot_be_corrected(operation):
    with pytest.raises(InputError, match="no beats"):
        grid_edit(BeatGrid((), 30.0, 0.0), GridEdit(operation, seconds=0.1), SILENT)


def test_tempo_cannot_be_doubled_without_limit():
    grid = steady(300)
    with pytest.raises(InputError, match="doubled"):
        grid_double(grid)
    with pytest.raises(InputError, match="halved"):
        grid_halve(steady(30))
