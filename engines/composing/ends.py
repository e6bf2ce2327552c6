"""What a clip itself shows at a point of the plan: how bright the ends of a composed video should be."""

import numpy as np
from numpy.typing import NDArray

from engines.composing.shot_plan import ShotPlan, Span, View, view_start
from engines.media.framing import content_pixels, view_at
from engines.media.stills import picture_at

# BT.709, as in the composed video that this is compared with.
_LUMA = np.array((0.2126, 0.7152, 0.0722))


def own_light(plan: ShotPlan, span: Span, place: int) -> float:
    """Return the mean luma (0…255) of what the plan shows of the clip at frame `place` of a span."""
    view = span.view
    frame = view.first - place if view.backwards else view.first + place
    fps = plan.format.fps
    moment = view_start(View(view.shot, frame, 1), fps)
    picture = picture_at(view.shot.source.path, max(0.0, float(moment)))
    return float((_shown(plan, span, picture, float(moment)) @ _LUMA).mean()) * _covered(plan, span)


def _covered(plan: ShotPlan, span: Span) -> float:
    """Return the share of the frame that the clip covers; what is around it may be black."""
    facts, target = span.view.shot.source.facts, plan.format
    if plan.fit.crops or not (facts.width and facts.height):
        return 1.0
    _, _, width, height = content_pixels(plan.framing(span.view.shot), facts)
    shape = (width / height) / (target.width / target.height)
    return min(shape, 1 / shape)


def _shown(plan: ShotPlan, span: Span, picture: NDArray[np.uint8], moment: float) -> NDArray[np.uint8]:
    """Crop a picture as the plan does at this moment of the clip."""
    facts = span.view.shot.source.facts
    if not (facts.width and facts.height):
        return picture
    left, top, width, height = view_at(plan.framing(span.view.shot), facts, moment)
    across, down = picture.shape[1] / facts.width, picture.shape[0] / facts.height
    return picture[_part(top, height, down), _part(left, width, across)]


def _part(first: float, length: float, scale: float) -> slice:
    start = round(first * scale)
    return slice(start, start + max(1, round(length * scale)))
