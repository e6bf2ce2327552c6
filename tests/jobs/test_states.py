"""The table of moves, checked pair by pair against a list written independently of it."""

from itertools import product

import pytest

from apps.jobs.states import MOVES, State, may_move

ALLOWED = {
    ("queued", "running"),
    ("queued", "failed"),
    ("queued", "cancelled"),
    ("running", "queued"),
    ("running", "waiting"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "cancelled"),
    ("running", "needs_attention"),
    ("waiting", "running"),
    ("waiting", "queued"),
    ("waiting", "failed"),
    ("waiting", "cancelled"),
    ("waiting", "needs_attention"),
    ("failed", "queued"),
    ("cancelled", "queued"),
    ("needs_attention", "queued"),
    ("needs_attention", "waiting"),
    ("needs_attention", "cancelled"),
}


@pytest.mark.parametrize(("from_state", "to_state"), list(product(State.values, State.values)))
def test_every_move_between_states_matches_the_design(from_state, to_state):
    assert may_move(from_state, to_state) == ((from_state, to_state) in ALLOWED)


def test_nothing_leaves_succeeded():
    assert MOVES[State.SUCCEEDED] == frozenset()
