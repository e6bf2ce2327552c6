"""Looking at a clip when it arrives, before anything builds on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from numpy.typing import NDArray

from apps.media.probe import MediaFacts, open_media, picture_stream, probe_media

# Mean luma (0…255) of a picture that shows nothing; limited range puts black at 16.
BLACK_LUMA = 20.0
# Mean difference between looks below which nothing moved, and the largest: lips alone move more than that. The noise of
# a still that x264 squeezed to crf 38 stays under both (nearly by the mean: 0.48; by far by the largest: 4).
FROZEN_DIFFERENCE, FROZEN_SPOT = 0.4, 6.0
# Models that do not offer a project's shape make the nearest one, which composing crops: a square from 16:9 is off
# by 1.8 times. Beyond this the picture lies on its side.
SHAPE_FACTOR = 2.0
# One frame of the slowest rate: containers round the length up or down by that.
LENGTH_TOLERANCE_SECONDS = 1 / 23
LOOK_SIZE = (64, 36)

Looks = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Wanted:
    """What was asked for; None where nothing was. Not `moving`: its camera may hold still before a still scene."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    moving: bool = True


def clip_check(path: Path, *, wanted: Wanted, trusted: bool) -> dict[str, Any]:
    """`{"problems": [sentences], "seconds", "width", "height"}` of a clip against what was asked.

    `trusted`: our own renderer made it, so only its key frames are decoded. Raises MediaToolError or InputError
    for a file that is no video at all.
    """
    facts = probe_media(path)
    problems = [
        *_shape_problems(facts, wanted.width, wanted.height),
        *_length_problems(facts, wanted.seconds),
        *_picture_problems(path, key_frames_only=trusted, moving=wanted.moving),
    ]
    return {"problems": problems, "seconds": facts.duration_seconds, "width": facts.width, "height": facts.height}


def _shape_problems(facts: MediaFacts, width: int | None, height: int | None) -> list[str]:
    if not (width and height and facts.width and facts.height):
        return []
    factor = (facts.width / facts.height) / (width / height)
    if 1 / SHAPE_FACTOR <= factor <= SHAPE_FACTOR:
        return []
    return [f"It is {facts.width}×{facts.height}, another shape than the {width}×{height} that was asked for."]


def _length_problems(facts: MediaFacts, wanted: float | None) -> list[str]:
    length = facts.duration_seconds
    if wanted is None or length is None or length >= wanted - LENGTH_TOLERANCE_SECONDS:
        return []
    return [f"It lasts {length:.2f} seconds, less than the {wanted:.2f} that were asked for."]


def _picture_problems(path: Path, *, key_frames_only: bool, moving: bool) -> list[str]:
    try:
        looks = _looks(path, key_frames_only=key_frames_only)
    except av.error.FFmpegError:
        return ["It cannot be decoded to the end."]
    if not looks:
        return ["It holds no picture."]
    if max(float(look.mean()) for look in looks) < BLACK_LUMA:
        return ["It is black from start to end."]
    changes = [np.abs(look - looks[0]) for look in looks[1:]]
    if (
        moving
        and changes
        and all(change.mean() < FROZEN_DIFFERENCE and change.max() < FROZEN_SPOT for change in changes)
    ):
        return ["Nothing moves in it: the picture is frozen."]
    return []


def _looks(path: Path, *, key_frames_only: bool) -> Looks:
    """Small grey pictures: of every key frame, or of about two frames a second with everything decoded."""
    looks: Looks = []
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return looks
        stream.thread_type = "AUTO"
        if key_frames_only:
            stream.codec_context.skip_frame = "NONKEY"
        step = 1 if key_frames_only else max(1, round(float(stream.average_rate or 24) / 2))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                small = frame.reformat(width=LOOK_SIZE[0], height=LOOK_SIZE[1], format="gray")
                looks.append(small.to_ndarray().astype(np.float32))
    return looks
