from decimal import Decimal

import pytest

from apps.core.errors import InputError
from apps.work.audio_window import SceneLength, audio_windows

LENGTHS = [
    SceneLength(1, Decimal("4.25")),
    SceneLength(2, None, Decimal("3.5")),
    SceneLength(3, None),
    SceneLength(4, Decimal(6)),
]


@pytest.mark.parametrize(
    ("sequence", "song", "expected"),
    [
        (1, "100", ("0", "4.25", ())),
        (2, "100", ("4.25", "7.75", (2,))),
        (3, None, ("7.75", "15.75", (2, 3))),
        (4, "20", ("15.75", "20", (2, 3))),
    ],
)
def test_the_window_is_the_running_sum(sequence, song, expected):
    windows = audio_windows(LENGTHS, default=Decimal(8), song_seconds=Decimal(song) if song else None)
    window = windows[sequence]
    window.refuse_empty()
    assert (window.start_time, window.end_time, window.assumed) == (
        Decimal(expected[0]),
        Decimal(expected[1]),
        expected[2],
    )
    assert window.scene_count == len(LENGTHS)


def test_a_window_past_the_end_of_the_song_is_refused():
    window = audio_windows(LENGTHS, default=Decimal(8), song_seconds=Decimal("15.75"))[4]

    assert window.scene_seconds == Decimal(6)
    with pytest.raises(InputError, match="past the end of the song"):
        window.refuse_empty()
