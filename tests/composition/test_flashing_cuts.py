from fractions import Fraction
from uuid import uuid4

import pytest

from apps.composition.frozen import FrozenShot, flashing_cuts_apart
from engines.composing.shot_plan import TransitionKind


@pytest.mark.parametrize("kind", [TransitionKind.FLASH, TransitionKind.DIP_TO_WHITE, TransitionKind.DIP_TO_BLACK])
def test_flashing_transitions_between_short_scenes_become_cuts(kind):
    shots = [FrozenShot(asset_id=uuid4(), frames=6, transition=kind, transition_frames=4) for _ in range(12)]
    safe = flashing_cuts_apart(shots, Fraction(24))
    assert [shot.transition for shot in safe[1:7]] == [kind, None, kind, None, kind, None]
    assert all(shot.transition_frames == 0 for shot in safe if shot.transition is None)


def test_long_scenes_and_dissolves_keep_their_transitions():
    flashes = [FrozenShot(asset_id=uuid4(), frames=9, transition=TransitionKind.FLASH) for _ in range(5)]
    assert list(flashing_cuts_apart(flashes, Fraction(24))) == flashes
    dissolves = [FrozenShot(asset_id=uuid4(), frames=3, transition=TransitionKind.CROSSFADE) for _ in range(5)]
    assert list(flashing_cuts_apart(dissolves, Fraction(24))) == dissolves
