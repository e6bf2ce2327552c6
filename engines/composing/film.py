"""A whole film as it is published: composed, proven, and with its pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engines.composing.cache import SegmentCache
from engines.composing.compose import compose
from engines.composing.proof import Proof, prove, require_passed
from engines.composing.shot_plan import ShotPlan
from engines.media.stills import poster, sprite

_POSTER_WIDTH = 1280


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
    middles = [
        float((cut + shot.frames / 2) / plan.format.fps) for cut, shot in zip(plan.cuts(), plan.shots, strict=True)
    ]
    return Film(
        video,
        poster(video, folder / "poster.jpg", width=_POSTER_WIDTH),
        sprite(video, middles, folder / "thumbnails.jpg"),
        proof,
    )
