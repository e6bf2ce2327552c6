"""Which part of the song a scene plays over. Pure; the page, the API and the Pro editor all use it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.errors import InputError


@dataclass(frozen=True)
class SceneLength:
    """What is known of a scene's length, in seconds: the planned one, else that of its clip."""

    sequence: int
    planned: Decimal | None
    clip: Decimal | None = None

    def seconds(self, default: Decimal) -> Decimal:
        return self.planned or self.clip or default


@dataclass(frozen=True)
class AudioWindow:
    """Seconds from the start of the used part of the song. `scene_count` is the project's; `assumed` lists the
    sequences whose planned duration was missing."""

    start_time: Decimal
    end_time: Decimal
    scene_count: int
    assumed: tuple[int, ...] = ()


def audio_window(
    lengths: Sequence[SceneLength], sequence: int, *, default: Decimal, song_seconds: Decimal | None
) -> AudioWindow:
    """From the sum of all durations before `sequence`, for that scene's own; cut at the end of the song.

    Raises InputError when the window starts at or past the end of the song.
    """
    counted = sorted((length for length in lengths if length.sequence <= sequence), key=lambda one: one.sequence)
    own = next(length for length in counted if length.sequence == sequence)
    start = sum((one.seconds(default) for one in counted if one is not own), Decimal(0))
    end = start + own.seconds(default)
    if song_seconds is not None:
        if start >= song_seconds:
            raise InputError(
                f"Scene {sequence} starts at {start:.3f} s, past the end of the song ({song_seconds:.3f} s). "
                "Shorten the scenes before it or choose a longer part of the song.",
                code="window_past_song",
            )
        end = min(end, song_seconds)
    assumed = tuple(one.sequence for one in counted if one.planned is None)
    return AudioWindow(start_time=start, end_time=end, scene_count=len(lengths), assumed=assumed)
