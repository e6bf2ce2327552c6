"""Checks of a new clip before anything uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from apps.core.json import JsonObject
from engines.media.facts import MediaFacts
from engines.media.packets import Damage
from engines.media.probe import media_facts
from engines.media.video_frames import shown_pictures

# Models that don't offer a project's shape return the nearest one, which composing crops: a square is off from 16:9
# by a factor of 1.8. Beyond this the picture is rotated.
SHAPE_FACTOR = 2.0
# One frame of the slowest rate: containers round the length by up to that much.
LENGTH_TOLERANCE_SECONDS = 1 / 23

LOOK_SIZE = (160, 90)
# A cell is the mean of 5 × 5 pixels of a look, which removes grain and codec noise.
CELL = 5
# Unequal steps, so that a light pulsing with the beat isn't always sampled in the same state.
LOOK_STEPS_SECONDS = (5 / 24, 6 / 24, 7 / 24)

# Light is the maximum of red, green and blue, 0…255, so that a deep blue night counts as much as a gray one.
# Edges below this in every look are black bars.
BAR_LIGHT = 4.0
# A black picture stays below all three: its lightest cell, its variation across the frame, and its brightest single
# point (a star, a distant lamp). Grain on black does too.
BLACK_LIGHT, BLACK_DEVIATION, BLACK_POINT = 8.0, 1.5, 40.0

# x264 refines a still picture during its first frames.
SETTLED_SECONDS = 0.4


class Change(NamedTuple):
    """Changes in Y, U and V levels: the mean over all cells, the largest of a cell, and the largest of a pixel."""

    mean: float
    cell: float
    pixel: float


# What the codec changes in a frozen picture, measured at crf 18 to 40: within a group of pictures, and from one group
# to the next, which is encoded afresh. A 3% zoom into soft shades moves the mean; a distant mouth moves one pixel.
STILL_WITHIN, STILL_ACROSS = Change(0.06, 1.9, 6.0), Change(0.4, 4.0, 20.0)

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Wanted:
    """What was requested; None where nothing was."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None


class ClipChecks(BaseModel):
    """What was found in a clip, as its row keeps it. `problems` are facts measured against the request. `suspicions`
    are about how it looks, which only a person can judge. `notes` are for the user and reject nothing."""

    model_config = ConfigDict(frozen=True)

    problems: list[str] = []
    suspicions: list[str] = []
    notes: list[str] = []
    seconds: float | None = None
    width: int | None = None
    height: int | None = None

    def told(self) -> JsonObject:
        """Return the JSON that the clip's row and the job's result keep; what was not looked at is left out."""
        return self.model_dump(mode="json", exclude_unset=True)

    def as_notes(self) -> "ClipChecks":
        """Return them for footage that a person chose: odd looks are reported but not rejected."""
        notes = [*self.problems, *self.suspicions, *self.notes]
        return ClipChecks(notes=notes, seconds=self.seconds, width=self.width, height=self.height)

    def noted(self, notes: list[str]) -> "ClipChecks":
        """Return them with those notes that aren't empty."""
        told = [note for note in notes if note]
        return self.model_copy(update={"notes": told}) if told else self


class Look(NamedTuple):
    """A downscaled frame: its Y, U, V and its light. Frames of one `group` share a key frame."""

    seconds: float
    group: int
    colors: Picture
    light: Picture


def clip_check(path: Path, *, wanted: Wanted, trusted: bool) -> ClipChecks:
    """Return what is wrong or looks wrong with a clip.

    For a `trusted` clip from our own renderer only key frames are decoded, and a still camera is fine. Raises
    MediaToolError or InputError for a file that isn't a video.
    """
    facts = media_facts(path)
    problems = [
        *_shape_problems(facts, wanted.width, wanted.height),
        *_length_problems(facts, wanted.seconds),
    ]
    suspicions: list[str] = []
    damage = Damage()
    looks = _looks(path, facts, damage, key_frames_only=trusted)
    if damage.broken:
        problems.append("It can't be decoded to the end.")
    elif not looks:
        problems.append("It has no video.")
    elif _is_black(looks):
        suspicions.append("It looks black from start to finish.")
    elif not trusted and _is_frozen(looks):
        suspicions.append("It looks frozen: nothing moves in it.")
    return ClipChecks(
        problems=problems,
        suspicions=suspicions,
        seconds=facts.duration_seconds,
        width=facts.width,
        height=facts.height,
    )


def _shape_problems(facts: MediaFacts, width: int | None, height: int | None) -> list[str]:
    if not (width and height and facts.width and facts.height):
        return []
    factor = (facts.width / facts.height) / (width / height)
    if 1 / SHAPE_FACTOR <= factor <= SHAPE_FACTOR:
        return []
    return [f"It is {facts.width}×{facts.height}, a different shape than the {width}×{height} that was requested."]


def _length_problems(facts: MediaFacts, wanted: float | None) -> list[str]:
    length = facts.duration_seconds
    if wanted is None or length is None or length >= wanted - LENGTH_TOLERANCE_SECONDS:
        return []
    return [f"It lasts {length:.2f} seconds, less than the {wanted:.2f} that were requested."]


def _is_black(looks: Sequence[Look]) -> bool:
    if max(float(look.light.max()) for look in looks) >= BLACK_POINT:
        return False
    cells = [_cells(look.light) for look in looks]
    rows, columns = _picture_area(np.max(cells, axis=0))
    return not any(_shows_something(one[rows, columns]) for one in cells)


def _shows_something(cells: Picture) -> bool:
    if not cells.size:
        return False
    return bool(np.percentile(cells, 99.5) >= BLACK_LIGHT or cells.std() >= BLACK_DEVIATION)


def _picture_area(lightest: Picture) -> tuple[slice, slice]:
    """Return the area between black bars; empty if there are only bars."""
    lit: NDArray[np.bool_] = np.asarray(lightest >= BAR_LIGHT)
    return _between(np.any(lit, axis=1)), _between(np.any(lit, axis=0))


def _between(lit: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(lit)
    return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)


def _is_frozen(looks: Sequence[Look]) -> bool:
    settled = [look for look in looks if look.seconds >= SETTLED_SECONDS]
    if len(settled) < 2:
        return False
    firsts = {look.group: look for look in reversed(settled)}
    return not any(
        _has_changed(firsts[look.group], look, STILL_WITHIN) or _has_changed(settled[0], look, STILL_ACROSS)
        for look in settled
    )


def _has_changed(first: Look, later: Look, still: Change) -> bool:
    cells = np.abs(_cells(later.colors) - _cells(first.colors))
    pixels = np.abs(later.colors - first.colors)
    change = Change(float(cells.mean()), float(cells.max()), float(pixels.max()))
    return any(found >= limit for found, limit in zip(change, still, strict=True))


def _cells(picture: Picture) -> Picture:
    high, wide, *rest = picture.shape
    blocks = picture.reshape(high // CELL, CELL, wide // CELL, CELL, *rest)
    means: Picture = blocks.mean(axis=(1, 3))
    return means


def _looks(path: Path, facts: MediaFacts, damage: Damage, *, key_frames_only: bool) -> list[Look]:
    """Return every key frame, or about four frames a second when decoding everything."""
    looks: list[Look] = []
    if facts.kind != "video":
        return looks
    rate, steps, due, group = float(facts.fps or 24), cycle(LOOK_STEPS_SECONDS), 0.0, 0
    for number, picture in enumerate(shown_pictures(path, key_frames_only=key_frames_only, damage=damage)):
        group += picture.frame.key_frame
        # Frames are counted, because timestamps of a damaged clip may jump.
        seconds = number / rate
        if key_frames_only or seconds >= due:
            looks.append(_look(picture.frame, seconds, group))
            due += next(steps)
    return looks


def _look(frame: VideoFrame, seconds: float, group: int) -> Look:
    width, height = LOOK_SIZE
    small = frame.reformat(width=width, height=height, format="yuv444p", interpolation=Interpolation.AREA)
    light = small.reformat(format="rgb24").to_ndarray().max(axis=2)
    return Look(seconds, group, np.moveaxis(small.to_ndarray(), 0, 2).astype(np.float32), light.astype(np.float32))
