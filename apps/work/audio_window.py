"""Which part of the song each scene plays over. Pure; the page, the API and the Pro editor all use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.errors import InputError


@dataclass(frozen=True)
class SceneLength:
    """A scene's length in seconds: the planned one, or else its clip's."""

    sequence: int
    planned: Decimal | None
    clip: Decimal | None = None

    def seconds(self, default: Decimal) -> Decimal:
        return self.planned or self.clip or default


@dataclass(frozen=True)
class AudioWindow:
    """A scene's part of the song, in seconds from the start of the part the project uses.

    A window is cut at the end of that part, and one that starts after it is empty. `scene_seconds` is the scene's full
    length, `scene_count` the project's number of scenes; `assumed` lists the sequences up to this one that have no
    planned duration.
    """

    sequence: int
    start_time: Decimal
    end_time: Decimal
    scene_seconds: Decimal
    scene_count: int
    assumed: tuple[int, ...] = ()

    def refuse_empty(self) -> None:
        if self.end_time <= self.start_time:
            raise InputError(
                f"Scene {self.sequence} starts at {self.start_time:.3f} s, past the end of the song "
                f"({self.end_time:.3f} s). Shorten the scenes before it, or use a longer part of the song.",
                code="window_past_song",
            )


def audio_windows(
    lengths: Sequence[SceneLength], *, default: Decimal, song_seconds: Decimal | None
) -> Mapping[int, AudioWindow]:
    """Return every scene's window by sequence. It starts at the sum of all earlier durations and lasts for its own."""
    windows: dict[int, AudioWindow] = {}
    start, assumed = Decimal(0), ()  # type: Decimal, tuple[int, ...]
    for one in sorted(lengths, key=lambda length: length.sequence):
        if one.planned is None:
            assumed = (*assumed, one.sequence)
        own = one.seconds(default)
        end = start + own if song_seconds is None else min(start + own, song_seconds)
        windows[one.sequence] = AudioWindow(one.sequence, start, end, own, len(lengths), assumed)
        start += own
    return windows
