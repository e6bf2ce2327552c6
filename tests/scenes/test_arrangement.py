from decimal import Decimal

import pytest

from apps.core.errors import InputError
from apps.scenes import arrangement

BEATS = tuple(index * 0.5 for index in range(1, 60))
SONG = tuple(Decimal(text) for text in ("4", "6", "2"))


def decimals(*texts):
    return tuple(Decimal(text) for text in texts)


@pytest.mark.parametrize(
    ("index", "wanted", "expected"),
    [
        (0, "5", ("5", "5", "2")),
        (1, "7.25", ("4", "7.25", "0.75")),
        (2, "3", ("4", "5", "3")),
    ],
)
def test_retimed_scene_takes_time_from_neighbor(index, wanted, expected):
    result = arrangement.retimed(SONG, index, Decimal(wanted))
    assert result == decimals(*expected)
    assert sum(result) == sum(SONG)


def test_retiming_rejects_more_than_neighbor_can_give():
    with pytest.raises(InputError, match="Scene 3 isn't long enough"):
        arrangement.retimed(SONG, 1, Decimal("7.9"))


def test_moved_cut_snaps_to_nearest_beat():
    assert arrangement.retimed(SONG, 0, Decimal("4.8"), beats=BEATS)[0] == Decimal(5)


def test_round_lengths_stay_round_beside_beats_that_were_heard():
    beats = [0.5001, 1.0001, 1.4998, 1.9996, 2.4999, 3.0002]
    three = tuple(map(Decimal, ("2", "1", "1")))
    assert arrangement.divided(three, 0, Decimal(1), beats=beats)[:2] == (Decimal(1), Decimal(1))
    assert arrangement.reordered(three, [1, 0, 2], beats=beats) == tuple(map(Decimal, ("1", "2", "1")))


def test_cut_never_snaps_outside_its_scene():
    short = decimals("0.6", "10")
    first, second, _ = arrangement.divided(short, 0, Decimal("0.3"), beats=(0.1, 0.58))
    assert (first, second) == decimals("0.3", "0.3")


def test_splitting_keeps_total_and_rejects_cut_outside():
    assert arrangement.divided(SONG, 1, Decimal("2.2"), beats=BEATS) == decimals("4", "2", "4", "2")
    with pytest.raises(InputError, match="inside the scene"):
        arrangement.divided(SONG, 1, Decimal(6))


@pytest.mark.parametrize(
    ("index", "expected"), [(0, ("1", "3", "6", "2")), (1, ("4", "1", "5", "2")), (3, ("4", "6", "1", "1"))]
)
def test_inserted_scene_takes_time_from_neighbor(index, expected):
    assert arrangement.inserted(SONG, index, Decimal(1)) == decimals(*expected)


@pytest.mark.parametrize(("index", "expected"), [(0, ("10", "2")), (1, ("10", "2")), (2, ("4", "8"))])
def test_removed_scene_gives_time_to_neighbor(index, expected):
    assert arrangement.removed(SONG, index) == decimals(*expected)


def test_merging_adds_lengths_and_rejects_last_scene():
    assert arrangement.merged(SONG, 1) == decimals("4", "8")
    with pytest.raises(InputError):
        arrangement.merged(SONG, 2)


def test_reordered_scenes_keep_their_lengths():
    assert arrangement.reordered(SONG, (2, 0, 1)) == decimals("2", "4", "6")


def test_reordering_snaps_cuts_and_keeps_total():
    odd = decimals("4.1", "6.2", "1.7")
    result = arrangement.reordered(odd, (1, 2, 0), beats=BEATS)
    assert result == decimals("6", "2", "4")
    assert sum(result) == sum(odd)


@pytest.mark.parametrize("order", [(0, 1), (0, 1, 1), (0, 1, 3)])
def test_order_must_be_a_permutation(order):
    with pytest.raises(InputError):
        arrangement.reordered(SONG, order)
