"""What a video of the draft tells of the mouths drawn in it, in its file's comment: a later lip-sync needs no face
finder for them, and knows how far they were opened already. Cutting and joining carry it along."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.errors import MediaToolError
from engines.media.mp4 import read_comment

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
        """The same mouth so many frames later."""
        later = {name: getattr(self, name) + frames for name in ("first", "end", "at", "last", "wide_from")}
        return replace(self, **later)

    def within(self, first: int, end: int) -> "DrawnMouth | None":
        """What of it lies in frames [first, end)."""
        first, end = max(first, self.first), min(end, self.end)
        return replace(self, first=first, end=end) if first < end else None

    def opened(self, wide: npt.NDArray[Any]) -> "DrawnMouth":
        """The same mouth after it was opened so `wide` in each of the video's frames; below 0: left as it was."""
        frames = np.arange(self.first, self.end)
        now = np.where(wide[frames] < 0, self.places(frames)[:, 3], wide[frames])
        return replace(self, wide_from=self.first, wide=tuple(float(value) for value in now))

    def places(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(x, y, head height, wide) of each of the frames, one a row."""
        at = np.minimum(self.at + np.arange(len(self.marks)) * self.every, self.last)
        columns = [np.interp(numbers, at, column) for column in np.array(self.marks, float).T]
        known = np.array(self.wide or (0.0,))
        index = np.clip(numbers - self.wide_from, 0, len(known) - 1)
        return np.stack([*columns, known[index]], axis=1)


def drawn_mouths(video: Path, frames: int) -> list[DrawnMouth]:
    """The mouths that the file tells of; none where it tells of none, or was cut since by something else."""
    return _told(video, frames) or []


def drawn_without_mouths(video: Path, frames: int) -> bool:
    """Whether the file says that all of it is drawn, and no mouth that can be seen to move."""
    return _told(video, frames) == []


def drawn_note(frames: int, mouths: Sequence[DrawnMouth]) -> str:
    """The comment for a video of so many frames."""
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
        note = json.loads(read_comment(video))
        if note["made_by"] != _MADE_BY or int(note["frames"]) != frames:
            return None
        return [_mouth(facts) for facts in note["mouths"]]
    except (MediaToolError, ValueError, TypeError, KeyError):
        return None


def _mouth(facts: dict[str, Any]) -> DrawnMouth:
    numbers = {name: int(facts[name]) for name in ("first", "end", "at", "every", "last", "wide_from")}
    marks = tuple((float(x), float(y), float(head)) for x, y, head in facts["marks"])
    if not marks or numbers["every"] < 1:
        raise ValueError("no marks")
    return DrawnMouth(**numbers, marks=marks, wide=tuple(int(value) / _WIDE_STEPS for value in facts["wide"]))
