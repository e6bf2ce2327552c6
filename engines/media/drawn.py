"""The mouths drawn in a draft video, recorded in the file's comment. A later lip-sync needs no face detector for them
and knows how far they are already open. Cutting and joining keep the record; a frame that another clip starts from
carries it along as a PNG's text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.errors import MediaToolError
from engines.media.mp4 import read_comment

# The text of a PNG that holds a frame's record.
PICTURE_KEY = "mvsite-drawn"
_MADE_BY = "mvsite draft"
_WIDE_STEPS = 100


@dataclass(frozen=True)
class DrawnMouth:
    """A mouth in frames [first, end) of a video.

    `marks` are (x, y, head height) in pixels at frame `at`, at every `every` frames from there and at frame `last`.
    `wide` is how far a lip-sync opened it, in half mouth widths, for each frame from `wide_from` on; empty: closed.
    """

    first: int
    end: int
    at: int
    every: int
    last: int
    marks: tuple[tuple[float, float, float], ...]
    wide_from: int = 0
    wide: tuple[float, ...] = ()

    def moved(self, frames: int) -> "DrawnMouth":
        """Return the mouth moved later by `frames`."""
        later = {name: getattr(self, name) + frames for name in ("first", "end", "at", "last", "wide_from")}
        return replace(self, **later)

    def within(self, first: int, end: int) -> "DrawnMouth | None":
        """Return the part of it in frames [first, end)."""
        first, end = max(first, self.first), min(end, self.end)
        return replace(self, first=first, end=end) if first < end else None

    def held(self, number: int) -> "DrawnMouth":
        """Return the mouth as it is in one frame, for a picture of that frame."""
        x, y, head, wide = (float(value) for value in self.places(np.array([number]))[0])
        return DrawnMouth(0, 1, at=0, every=1, last=0, marks=((x, y, head),), wide=(wide,) if wide else ())

    def opened(self, wide: npt.NDArray[Any]) -> "DrawnMouth":
        """Return the mouth opened by `wide` in each of the video's frames; below 0 leaves it unchanged."""
        frames = np.arange(self.first, self.end)
        now = np.where(wide[frames] < 0, self.places(frames)[:, 3], wide[frames])
        return replace(self, wide_from=self.first, wide=tuple(float(value) for value in now))

    def places(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return (x, y, head height, wide) of each of the frames, one per row."""
        at = np.minimum(self.at + np.arange(len(self.marks)) * self.every, self.last)
        columns = [np.interp(numbers, at, column) for column in np.array(self.marks, float).T]
        known = np.array(self.wide or (0.0,))
        index = np.clip(numbers - self.wide_from, 0, len(known) - 1)
        return np.stack([*columns, known[index]], axis=1)


def drawn_mouths(video: Path, frames: int) -> list[DrawnMouth]:
    """Return the mouths recorded in the file; none if it has no record or was since cut by another tool."""
    return _told(video, frames) or []


def drawn_without_mouths(video: Path, frames: int) -> bool:
    """Return whether the file's record says it is all drawn, with no mouth large enough to see it move."""
    return _told(video, frames) == []


def picture_note(video: Path, number: int, frames: int) -> str:
    """Return the record of frame `number` of a video of `frames` frames; "" if no mouth is recorded in it."""
    inside = [mouth for mouth in drawn_mouths(video, frames) if mouth.first <= number < mouth.end]
    return drawn_note(1, [mouth.held(number) for mouth in inside]) if inside else ""


def picture_mouths(note: str) -> list[DrawnMouth]:
    """Return the mouths of a picture's record."""
    try:
        return _read(note, 1) or []
    except (ValueError, TypeError, KeyError):
        return []


def drawn_note(frames: int, mouths: Sequence[DrawnMouth]) -> str:
    """Return the comment for a video of `frames` frames."""
    facts = [
        {
            **{name: getattr(mouth, name) for name in ("first", "end", "at", "every", "last", "marks", "wide_from")},
            "wide": [round(value * _WIDE_STEPS) for value in mouth.wide],
        }
        for mouth in mouths
    ]
    return json.dumps({"made_by": _MADE_BY, "frames": frames, "mouths": facts}, separators=(",", ":"))


def _told(video: Path, frames: int) -> list[DrawnMouth] | None:
    try:
        return _read(read_comment(video), frames)
    except (MediaToolError, ValueError, TypeError, KeyError):
        return None


def _read(text: str, frames: int) -> list[DrawnMouth] | None:
    note = json.loads(text)
    if note["made_by"] != _MADE_BY or int(note["frames"]) != frames:
        return None
    return [_mouth(facts) for facts in note["mouths"]]


def _mouth(facts: dict[str, Any]) -> DrawnMouth:
    numbers = {name: int(facts[name]) for name in ("first", "end", "at", "every", "last", "wide_from")}
    marks = tuple((float(x), float(y), float(head)) for x, y, head in facts["marks"])
    if not marks or numbers["every"] < 1:
        raise ValueError("no marks")
    return DrawnMouth(**numbers, marks=marks, wide=tuple(int(value) / _WIDE_STEPS for value in facts["wide"]))
