"""What a clip itself shows at a point of the plan: how bright the ends of a composed video should be."""

import numpy as np
from numpy.typing import NDArray

from engines.composing.shot_plan import ShotPlan, Span, speed
from engines.media.framing import PictureFit
from engines.media.stills import picture_at

# BT.709, as in the composed video that this is compared with.
_LUMA = np.array((0.2126, 0.7152, 0.0722))


def own_light(plan: ShotPlan, span: Span, place: int) -> float:
    """Return the mean luma (0…255) of what the plan shows of the clip at frame `place` of a span."""
    view = span.view
    frame = view.first - place if view.backwards else view.first + place
    fps = plan.format.fps
    moment = view.shot.start_seconds + frame / fps * speed(view.shot, fps)
    picture = picture_at(view.shot.source.path, max(0.0, float(moment)))
    return float((_shown(plan, span, picture) @ _LUMA).mean()) * _covered(plan, span)


def _covered(plan: ShotPlan, span: Span) -> float:
    """Return the share of the frame that the clip covers; what is around it may be black."""
    facts, target = span.view.shot.source.facts, plan.format
    if plan.fit is PictureFit.FILL or not (facts.width and facts.height):
        return 1.0
    shape = (facts.width / facts.height) / (target.width / target.height)
    return min(shape, 1 / shape)


def _shown(plan: ShotPlan, span: Span, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a picture as the plan does."""
    facts, target = span.view.shot.source.facts, plan.format
    if plan.fit is not PictureFit.FILL or not (facts.width and facts.height):
        return picture
    shape = (facts.width / facts.height) / (target.width / target.height)
    across, down = min(1.0, 1 / shape), min(1.0, shape)
    columns, rows = (
        _kept(size, share, focus)
        for size, share, focus in zip(picture.shape[1::-1], (across, down), span.view.shot.focus, strict=True)
    )
    return picture[rows, columns]


def _kept(size: int, share: float, focus: float) -> slice:
    length = max(1, round(size * share))
    first = round(min(max(0.0, focus * size - length / 2), size - length))
    return slice(first, first + length)
