"""The description of a media file: made once when the file arrives (`probe.py`), stored, and used by everything that
reads the file."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Literal, get_type_hints

from engines.media.colors import OURS, Colors

# Increase this when a field is added or measured differently: files with an older description are described again.
VERSION = 2


@dataclass(frozen=True)
class MediaFacts:
    """What a file contains and when it is shown.

    All times are in seconds on one clock, whose zero is the earliest picture or sound that a player shows: edit lists,
    negative timestamps and encoder delays are resolved.

    - `width` and `height` are as displayed: after rotation, with square pixels. `pixel_aspect` is that of the stored
      pixels. `rotation` is in degrees; `mirrored` pictures are flipped as well.
    - `duration_seconds` is the end of the picture on the clock (a longer sound doesn't count), else that of the sound.
    - `picture_track` and `sound_track` are the numbers of the tracks in the file, as ffmpeg counts them.
    - `picture_start` or `sound_start` is 0. A sound that starts slightly below begins with its encoder's padding, which
      isn't played. `picture_seconds` and `sound_seconds` count from there. A picture is shown for up to
      `longest_picture_seconds`, the last one for `last_picture_seconds`.
    - `zero_seconds` is the clock's zero on ffmpeg's clock, which starts at the first packet of any track.
    - `frames` is how many pictures at `fps` fill `picture_seconds`. With `variable_frame_rate` they aren't the shown
      ones one by one; `fps` is then the usual rate if there is one, else the average.
    - `interlaced` is that of the first picture.
    - The color fields have ffmpeg's names, with what players assume where the file says nothing.
    - `damaged_seconds` are the whole seconds around damaged packets, as far as can be seen without decoding.
    """

    kind: Literal["audio", "video", "image"]
    container: str
    size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    fps: Fraction | None = None
    frames: int | None = None
    variable_frame_rate: bool = False
    video_codec: str = ""
    pixel_format: str = ""
    audio_codec: str = ""
    audio_channels: int | None = None
    sample_rate: int | None = None
    picture_track: int | None = None
    sound_track: int | None = None
    zero_seconds: Fraction = Fraction(0)
    picture_start: Fraction = Fraction(0)
    picture_seconds: Fraction | None = None
    longest_picture_seconds: Fraction = Fraction(0)
    last_picture_seconds: Fraction = Fraction(0)
    sound_start: Fraction = Fraction(0)
    sound_seconds: Fraction | None = None
    mirrored: bool = False
    pixel_aspect: Fraction = Fraction(1)
    interlaced: bool = False
    color_range: str = ""
    color_matrix: str = ""
    color_primaries: str = ""
    color_transfer: str = ""
    damaged_seconds: tuple[int, ...] = ()

    @property
    def picture_end(self) -> Fraction:
        """The end of the picture on the clock; 0 without one."""
        return self.picture_start + (self.picture_seconds or 0)

    @property
    def colors(self) -> Colors:
        """What the picture's numbers mean."""
        if not self.color_matrix:
            return OURS
        return Colors(
            self.pixel_format,
            self.color_range == "pc",
            self.color_matrix,
            self.color_primaries,
            self.color_transfer,
        )

    def file_zero(self, file_start: int | None) -> Fraction:
        """Return the clock's zero among the file's timestamps, in seconds. `file_start` is ffmpeg's start of the opened
        file in microseconds."""
        return self.zero_seconds + Fraction(file_start or 0, 1_000_000)

    def as_json(self) -> dict[str, Any]:
        """Return a dictionary for `from_json`. Fractions are strings."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        told = {name: str(value) if isinstance(value, Fraction) else value for name, value in values.items()}
        return {**told, "damaged_seconds": list(self.damaged_seconds), "version": VERSION}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "MediaFacts":
        """Raise ValueError for a description of another version."""
        # Descriptions of the release before spell these four names in British English.
        told = {name.replace("colour_", "color_"): value for name, value in told.items()}
        if told.get("version") != VERSION or not told.keys() >= _TYPES.keys():
            raise ValueError(f"a description of version {told.get('version')}")
        values = {name: told[name] for name in _TYPES}
        for name in _FRACTIONS:
            values[name] = None if values[name] is None else Fraction(values[name])
        return cls(**{**values, "damaged_seconds": tuple(values["damaged_seconds"])})


_TYPES = get_type_hints(MediaFacts)
_FRACTIONS = tuple(name for name, kind in _TYPES.items() if kind in (Fraction, Fraction | None))
