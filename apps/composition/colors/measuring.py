"""Worker-side: the mean color of what a plan shows of its clips, measured once per file and part."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from uuid import UUID

import structlog

from apps.assets.models import Asset
from apps.composition.frozen import FrozenPlan, FrozenShot
from apps.composition.models import ClipColor
from engines.composing.color_match import ShotColor, colors_matched
from engines.composing.shot_plan import Shot
from engines.errors import InputError, MediaToolError
from engines.media.color_mean import clip_mean
from engines.media.facts import MediaFacts
from engines.media.lab import Lab

log = structlog.get_logger(__name__)

Check = Callable[[], None]
Range = tuple[float, float]


def shots_matched(
    plan: FrozenPlan, shots: Sequence[Shot], assets: Mapping[UUID, Asset], *, check: Check
) -> Iterator[Shot]:
    """Yield the shots with their changes of color, measuring what isn't known yet."""
    if all(shot.matched is None for shot in plan.shots):
        yield from shots
        return
    seen = []
    for shot, opened in zip(plan.shots, shots, strict=True):
        check()
        seen.append(shot_color(shot, _measured(shot, opened, assets, plan)))
    for opened, matched in zip(shots, colors_matched(seen), strict=True):
        yield opened if matched.shift is None else replace(opened, color=matched.shift)


def shot_color(shot: FrozenShot, mean: Lab | None) -> ShotColor:
    """Return what the engine has to know of a shot."""
    return ShotColor(mean, shot.frames, shot.matched, shot.color_reference, shot.goes_on)


def shown_range(shot: FrozenShot, facts: MediaFacts, fps: Fraction) -> Range:
    """Return the seconds of its clip that a shot shows."""
    start = Fraction(shot.start)
    ends = min(start + shot.frames / fps, *([Fraction(shot.end)] if shot.end is not None else []), facts.picture_end)
    return round(float(start), 3), round(float(max(ends, start)), 3)


def is_left(facts: MediaFacts) -> bool:
    """Return whether a clip's colors are never changed: HDR, which is shown by a tone map of its own."""
    return facts.colors.is_hdr


def _measured(shot: FrozenShot, opened: Shot, assets: Mapping[UUID, Asset], plan: FrozenPlan) -> Lab | None:
    facts = opened.source.facts
    if shot.matched is None or is_left(facts):
        return None
    start, end = shown_range(shot, facts, Fraction(plan.fps))
    asset = assets[shot.asset_id]
    row = ClipColor.objects.filter(asset=asset, start=start, end=end).first()
    if row is None:
        try:
            mean = clip_mean(opened.source.path, start, end)
        except (InputError, MediaToolError) as error:
            log.warning("clip_color_not_measured", asset_id=str(asset.pk), reason=error.message)
            mean = None
        row, _ = ClipColor.objects.get_or_create(asset=asset, start=start, end=end, defaults={"mean": mean})
    return stored_mean(row)


def stored_mean(row: ClipColor | None) -> Lab | None:
    if row is None or row.mean is None:
        return None
    light, a, b = row.mean
    return float(light), float(a), float(b)
