"""Track a mouth through a clip: follow the face, measure its lips, smooth both."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import Inside, MouthTrack
from engines.draft.lipsync.follow import FaceFollower, Guide
from engines.draft.lipsync.lips import lips_of, mouth_inside
from engines.errors import InputError

# A mouth open at least this far, in half widths, shows its inside; a little wider one replaces it.
_MIN_INSIDE_GAP, _WIDER = 0.3, 0.05
# Frames. A face that was away for longer is measured and smoothed anew.
_SAME_RUN = 3
# How far heads and jaws move smoothly, in frames: x, y, half, roll, bow, top, low, chin.
_SMOOTHING = (0.8, 0.8, 3.0, 1.5, 3.0, 0.7, 0.7, 4.0)
_FEWEST = 3  # frames to move a mouth in
_HIDDEN = (
    "The mouth is hidden or turned away throughout, so the draft leaves it alone. Use another clip, or a model that "
    "copes with that."
)
_NO_FACE = "No face was found for long enough, so there are no lips to move. Use a closer shot that shows the face."


def found_track(
    frames_planes: Iterable[Sequence[Pixels]], wanted: npt.NDArray[np.bool_], guide: Guide | None = None
) -> MouthTrack:
    """Follow the largest face, or the one that `guide` points at, through the `wanted` frames, given as Y, U, V.

    Raises InputError with code no_face when too few of them have one, FacesUnavailable without the networks."""
    follower, frames = FaceFollower(guide), len(wanted)
    rows: dict[int, npt.NDArray[Any]] = {}
    inside: Inside | None = None
    for number, planes in enumerate(frames_planes):
        if number >= frames:
            break
        if not wanted[number]:
            follower.forget(number)
            continue
        face, factor = follower.see(number, planes)
        if face is None:
            continue
        lips = lips_of(face, factor)
        if not (0 <= lips.x < planes[0].shape[1] and 0 <= lips.y < planes[0].shape[0]):
            continue  # the head leaves the frame
        rows[number] = lips.row
        if not follower.covered_now and lips.gap > (inside.gap + _WIDER if inside else _MIN_INSIDE_GAP):
            inside = mouth_inside(planes, lips)
    if len(rows) < max(_FEWEST, 0.2 * wanted.sum()):
        raise InputError(_NO_FACE, code="no_face")
    return _track(rows, frames, follower, inside)


def _track(rows: dict[int, npt.NDArray[Any]], frames: int, follower: FaceFollower, inside: Inside | None) -> MouthTrack:
    known = np.array(sorted(rows))
    values = np.stack([rows[number] for number in known])
    full = np.stack([np.interp(np.arange(frames), known, column) for column in values.T], axis=1)
    starts = [
        index
        for index in range(1, len(known))
        if known[index] - known[index - 1] > _SAME_RUN or int(known[index]) in follower.starts
    ]
    for run in np.split(known, starts):
        span = slice(int(run[0]), int(run[-1]) + 1)
        full[span] = _smoothed(full[span])
    found = np.zeros(frames, bool)
    found[known] = True
    found[[number for number in follower.hidden() if 0 <= number < frames]] = False
    if found.sum() < _FEWEST:
        raise InputError(_HIDDEN, code="no_face")
    x, y, half, roll, bow, top, low, chin = full.T
    return MouthTrack(
        x=x, y=y, half=half, roll=roll, found=found, bow=bow, top=top, low=low, drawn=False,
        chin=float(np.clip(np.median(chin), 1.0, 2.6)), inside=inside,
    )  # fmt: skip


def _smoothed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Drop single-frame glitches, then smooth each value as far as heads and jaws move smoothly."""
    smooth: npt.NDArray[Any] = scipy.ndimage.median_filter(values, size=(3, 1), mode="nearest")
    smooth[:, 3] = np.unwrap(smooth[:, 3])
    for column, sigma in enumerate(_SMOOTHING):
        smooth[:, column] = scipy.ndimage.gaussian_filter1d(smooth[:, column], sigma, mode="nearest")
    return smooth
