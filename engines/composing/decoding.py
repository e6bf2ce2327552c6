"""Whether pictures decode. What once decoded without errors is remembered by its bytes and the headers it was encoded
with, so that only new bytes are decoded.

It is remembered for each group of pictures that can be decoded alone: a clip is decoded once, when it arrives, and a
film that copies all or a part of it isn't decoded again.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain, islice, pairwise

import av
import av.error
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from engines.composing.cache import Session, content_key, track_sha256
from engines.composing.fitting import fitting_track
from engines.composing.shot_plan import Source
from engines.cores import usable_cores
from engines.errors import WorkCancelled
from engines.media.formats import ClipFormat
from engines.media.mp4 import Track, starts_with_idr

_RECIPE_VERSION = 3
# In clips with shorter groups, nearly every picture would be remembered by a file of its own.
_LEAST_GROUP_FRAMES = 8


@dataclass(frozen=True)
class Decoded:
    """`error` is the first one, or "". The lights are the mean brightness of the first and last picture (0…255)."""

    frames: int
    error: str
    first_light: float
    last_light: float


def parts_decoded(parts: Sequence[Track], session: Session, cancelled: Callable[[], bool]) -> list[Decoded]:
    """Decode what isn't remembered, on all cores. A part's `entry` holds the headers to decode it with.

    Raises WorkCancelled within a second of `cancelled()`."""
    groups = [_groups(part) for part in parts]
    with ThreadPoolExecutor(usable_cores()) as pool:
        found = iter(list(pool.map(lambda group: _decoded(group, session, cancelled), chain(*groups))))
    return [_together(list(islice(found, len(own)))) for own in groups]


def decode_ahead(clip: Source, target: ClipFormat, session: Session) -> None:
    """Decode a clip that films of this format can copy, so that composing them doesn't wait for it."""
    track = fitting_track(target, clip)
    for group in _groups(track) if track else ():
        _decoded(group, session, lambda: False)


def decode_notes(track: Track, session: Session, cancelled: Callable[[], bool]) -> dict[str, dict[str, object]]:
    """Decode what isn't remembered, and return what is then remembered of each group, by the keys of the notes."""
    groups = _groups(track)
    return {_note_key(group): asdict(_decoded(group, session, cancelled)) for group in groups}


def _groups(part: Track) -> list[Track]:
    """Split samples where decoding can start with nothing before it."""
    keys = np.flatnonzero(part.sync)
    if len(keys) * _LEAST_GROUP_FRAMES > len(part):
        return [part]
    starts = [int(key) for key in keys if key and starts_with_idr(part, int(key))]
    return [part.part(start, end - start) for start, end in pairwise([0, *starts, len(part)])]


def _together(groups: Sequence[Decoded]) -> Decoded:
    error = next((group.error for group in groups if group.error), "")
    return Decoded(sum(group.frames for group in groups), error, groups[0].first_light, groups[-1].last_light)


def _decoded(group: Track, session: Session, cancelled: Callable[[], bool]) -> Decoded:
    key = _note_key(group)
    known = session.note(key)
    if known is not None:
        return Decoded(**known)
    found = _decode(group, cancelled)
    session.write_note(key, asdict(found))
    return found


def _note_key(group: Track) -> str:
    return content_key(decoded=track_sha256(group), headers=group.entry.hex(), recipe=_RECIPE_VERSION)


def _decode(group: Track, cancelled: Callable[[], bool]) -> Decoded:
    frames, lights, error = 0, [0.0, 0.0], ""
    try:
        for frame in _pictures(group):
            if frames % 48 == 0 and cancelled():
                raise WorkCancelled
            if frame.is_corrupt:
                error = error or f"frame {frames} is damaged"
            if frames == 0 or frames == len(group) - 1:
                lights[1 if frames else 0] = float(frame.to_ndarray()[: frame.height].mean())
            frames += 1
    except (av.error.FFmpegError, ValueError) as failure:  # ValueError: a picture in a format that can't be read
        error = str(failure)
    if frames == 1:
        lights[1] = lights[0]
    return Decoded(frames, error, *lights)


def _pictures(track: Track) -> Iterator[VideoFrame]:
    """Decode exactly these samples with a new decoder, so that nothing before them can help."""
    context = VideoCodecContext.create("h264", "r")
    start = track.entry.find(b"avcC")
    context.extradata = track.entry[start + 4 : start - 4 + int.from_bytes(track.entry[start - 4 : start], "big")]
    context.options = {"err_detect": "explode"}
    context.thread_count = 1
    with track.path.open("rb") as file:
        for index in range(len(track)):
            file.seek(int(track.offsets[index]))
            yield from context.decode(av.Packet(file.read(int(track.sizes[index]))))
    yield from context.decode(None)
