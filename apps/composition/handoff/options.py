"""What a person chooses about the editor's package: where its timelines start, and what they mark."""

from enum import StrEnum

from pydantic import field_validator

from apps.jobs.parameters import Frozen


class TimelineStart(StrEnum):
    """The timecode of the video's first frame. Many editors start a program at one hour, with leader before it."""

    ZERO = "00:00:00:00"
    ONE_HOUR = "01:00:00:00"

    @property
    def hours(self) -> int:
        return int(self[:2])


class MarkerKind(StrEnum):
    """What of the song the timelines mark."""

    SECTIONS = "sections"
    LYRICS = "lyrics"
    BEATS = "beats"


class HandoffOptions(Frozen):
    timeline_start: TimelineStart = TimelineStart.ZERO
    markers: tuple[MarkerKind, ...] = tuple(MarkerKind)

    @field_validator("markers")
    @classmethod
    def in_order(cls, markers: tuple[MarkerKind, ...]) -> tuple[MarkerKind, ...]:
        """Equal choices are equal, in whatever order they came."""
        return tuple(kind for kind in MarkerKind if kind in markers)
