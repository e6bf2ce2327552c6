"""A whole film as it is published: composed, proven, and with its pictures."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engines.composing.cache import SegmentCache, Session, content_key, track_sha256
from engines.composing.compose import compose
from engines.composing.proof import Proof, prove, require_passed
from engines.composing.shot_plan import ShotPlan
from engines.media.mp4 import read_track
from engines.media.stills import poster, sprite

_POSTER_WIDTH = 1280
# Raise it when the same film gets other pictures.
_PICTURES_RECIPE = 1


@dataclass(frozen=True)
class Film:
    """`thumbnails` is one picture for each shot, stacked."""

    video: Path
    poster: Path
    thumbnails: Path
    proof: Proof


def make_film(
    plan: ShotPlan,
    folder: Path,
    *,
    cache: SegmentCache,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    refused: Callable[[Path], None],
) -> Film:
    """Write the film and its pictures into the folder.

    Raises WorkCancelled, and MediaToolError for unusable clips and, after `refused(video)`, if the proof fails."""
    video = folder / "final.mp4"
    with cache.session() as session:
        composed = compose(
            plan,
            video,
            cache=session,
            progress=lambda percent, message: progress(0.9 * percent, message),
            cancelled=cancelled,
        )
        progress(92, "Checking the video")
        proof = prove(composed, session, cancelled)
        if not proof.passed:
            refused(video)
        require_passed(proof)
        progress(98, "Choosing pictures")
        return Film(video, *_pictures(plan, video, folder, session), proof)


def _pictures(plan: ShotPlan, video: Path, folder: Path, session: Session) -> tuple[Path, Path]:
    """Write the poster and the thumbnails. They are remembered by the film's pictures: another song or other words
    change neither."""
    track = read_track(video, b"vide")
    middles = [
        float((cut + shot.frames / 2) / plan.format.fps) for cut, shot in zip(plan.cuts(), plan.shots, strict=True)
    ]
    of = {"film": track_sha256(track), "headers": track.entry.hex(), "recipe": _PICTURES_RECIPE}
    return (
        _remembered(
            content_key(poster=_POSTER_WIDTH, **of),
            folder / "poster.jpg",
            session,
            lambda into: poster(video, into, width=_POSTER_WIDTH),
        ),
        _remembered(
            content_key(thumbnails=middles, **of),
            folder / "thumbnails.jpg",
            session,
            lambda into: sprite(video, middles, into),
        ),
    )


def _remembered(key: str, output: Path, session: Session, make: Callable[[Path], Path]) -> Path:
    entry = session.get(key, ".jpg") or session.add(key, make(session.workfile(key)), {}, ".jpg")
    shutil.copyfile(entry.path, output)
    return output
