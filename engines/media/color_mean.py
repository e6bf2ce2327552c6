"""The mean color of a part of a clip, from a few small frames."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.media.lab import Lab, lab_of_rgb
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.video_frames import shown_pictures

_FRAMES = 5
_WIDTH = 96
# Key frames that are nearer to each other show as much of a clip as other frames. The draft's are two seconds apart.
_KEYS_APART_SECONDS = 2.05
# Bars and what is transparent are black, and say nothing of how a scene is exposed.
_BLACK = 3


def clip_mean(video: Path, start: float, end: float) -> Lab | None:
    """Return L, a, b of what a clip shows from `start` to `end` seconds; None if that is black, or can't be decoded."""
    moments = [start + (end - start) * (number + 0.5) / _FRAMES for number in range(_FRAMES)]
    return mean_of(
        [
            one
            for pixels in _key_pictures(video, start, end) or _pictures(video, moments)
            for one in picture_means(pixels)
        ]
    )


def _key_pictures(video: Path, start: float, end: float) -> list[NDArray[np.uint8]]:
    """Return small pictures of the part's key frames, if these show all of it; else none. Nothing else is decoded."""
    shown, found, times = Shown(), [], []
    for picture in shown_pictures(video, from_seconds=start, key_frames_only=True):
        if picture.seconds >= end - 1e-6:
            break
        if picture.seconds > start - 1e-6:
            times.append(picture.seconds)
            found.append(shown.small_rgb(picture.frame, _WIDTH))
    apart = max((after - before for before, after in pairwise([start, *times, end])), default=0.0)
    return found if len(found) > 1 and apart <= _KEYS_APART_SECONDS else []


def _pictures(video: Path, moments: Sequence[float]) -> Iterator[NDArray[np.uint8]]:
    """Yield small pictures of what is shown at rising moments, in one pass: seeking five times would decode far
    more."""
    facts, shown = media_facts(video), Shown()
    last_start = float(facts.picture_end - facts.last_picture_seconds)
    waiting, last = [min(moment, last_start) for moment in moments], None
    for picture in shown_pictures(video, from_seconds=max(0.0, waiting[0])):
        while waiting and last is not None and picture.seconds > waiting[0] + 1e-6:
            yield shown.small_rgb(last.frame, _WIDTH)
            waiting.pop(0)
        if not waiting:
            return
        last = picture
    if last is not None:
        yield shown.small_rgb(last.frame, _WIDTH)


def picture_means(pixels: NDArray[np.uint8]) -> list[Lab]:
    """Return the mean of an RGB picture, nothing for a black one."""
    seen = pixels.reshape(-1, 3)[pixels.reshape(-1, 3).max(axis=1) > _BLACK]
    if len(seen) * 50 < pixels.size // 3:
        return []
    light, a, b = lab_of_rgb(seen / 255.0).mean(axis=0)
    return [(float(light), float(a), float(b))]


def mean_of(means: Sequence[Lab]) -> Lab | None:
    if not means:
        return None
    light, a, b = np.mean(np.array(means), axis=0)
    return round(float(light), 2), round(float(a), 2), round(float(b), 2)
