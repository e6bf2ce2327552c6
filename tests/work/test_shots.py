"""How a shot that is too long for its model is divided."""

import pytest

from apps.work.shots.planning import part_lengths


@pytest.mark.parametrize(
    ("wanted", "offered", "parts"),
    [
        (20.0, (4, 6, 8), (8, 6, 6)),
        (17.0, (4, 6, 8), (6, 6, 6)),
        (20.0, range(3, 16), (10, 10)),
        (15.02, range(3, 16), (8, 8)),
        (31.0, range(3, 16), (11, 10, 10)),
        (12.0005, (4, 6, 8), (6, 6)),
        (64.0, (8,), (8,) * 8),
        (64.1, (8,), ()),
        (20.0, (), ()),
    ],
)
def test_fewest_parts_that_buy_least(wanted, offered, parts):
    assert part_lengths(wanted, tuple(offered)) == parts
    if parts:
        assert sum(parts) - wanted < parts[-1]  # only the last one is not used whole
