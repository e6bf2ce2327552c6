"""What matching colors would do to a project's film, from what has been measured of its clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import accumulate, pairwise
from uuid import UUID

import numpy as np
from PIL import Image

from apps.assets.describing import asset_facts
from apps.assets.models import Asset
from apps.assets.services import asset_local_copy
from apps.composition.colors.measuring import is_left, shot_color, shown_range, stored_mean
from apps.composition.frozen import FrozenPlan, FrozenShot
from apps.composition.models import ClipColor
from apps.composition.options import OptionChanges
from apps.composition.planning import project_plan
from apps.core.errors import NotFound
from apps.projects.models import Project
from engines.composing.color_match import MatchedColor, ShotColor, colors_matched, differences_at_cuts
from engines.media.color_shift import ColorShift, shifted_rgb
from engines.media.crop_path import Key
from engines.media.formats import picture_size
from engines.media.framed_still import framed_still
from engines.media.stills import picture_at

_STILL_WIDTH, _GAP = 320, 4
_MOST_NAMED = 8


@dataclass(frozen=True)
class CutColors:
    """A cut into a scene, and how different (CIEDE2000) the mean colors on both sides are."""

    sequence: int
    seconds: float
    before: float
    after: float


@dataclass(frozen=True)
class ColorPreview:
    """`unmeasured`: how many scenes nobody has looked at yet. The cuts are those at one place of a section, the most
    different ones first; `before` and `after` are their means, None without any."""

    plan: FrozenPlan
    matched: Sequence[MatchedColor]
    cuts: Sequence[CutColors]
    unmeasured: int
    notes: Sequence[str]

    @property
    def before(self) -> float | None:
        return _mean([cut.before for cut in self.cuts])

    @property
    def after(self) -> float | None:
        return _mean([cut.after for cut in self.cuts])


def color_preview(project: Project) -> ColorPreview:
    """Return the preview. Raises InputError before the project has clips."""
    plan = matching_plan(project)
    assets = Asset.objects.in_bulk({shot.asset_id for shot in plan.shots})
    rows = {(row.asset_id, row.start, row.end): row for row in ClipColor.objects.filter(asset__in=assets)}
    fps = Fraction(plan.fps)
    seen: list[ShotColor] = []
    unmeasured, deep = 0, []
    for shot in plan.shots:
        facts = asset_facts(assets[shot.asset_id])
        if shot.matched is None or is_left(facts):
            deep += [shot] if shot.matched is not None else []
            seen.append(shot_color(shot, None))
            continue
        row = rows.get((shot.asset_id, *shown_range(shot, facts, fps)))
        unmeasured += row is None
        seen.append(shot_color(shot, stored_mean(row)))
    matched = colors_matched(seen)
    return ColorPreview(plan, matched, _cuts(plan, seen, matched), unmeasured, _notes(plan, seen, deep))


def matching_plan(project: Project) -> FrozenPlan:
    """Return the film's plan with colors matched, whatever its look says."""
    return project_plan(project, overrides=OptionChanges(color_match=True, skip_missing=True)).plan


def cut_still(project: Project, sequence: int, *, matched: bool) -> bytes:
    """Return a JPEG of the frames before and after the cut into a scene, side by side. Raises NotFound for a scene that
    begins no cut."""
    preview = color_preview(project)
    places = [place for place, shot in enumerate(preview.plan.shots) if place and shot.sequence == sequence]
    if not places:
        raise NotFound("There is no cut into that scene.", code="no_cut")
    assets = Asset.objects.in_bulk([preview.plan.shots[place].asset_id for place in (places[0] - 1, places[0])])
    across, down = picture_size(project.aspect_ratio)
    size = (_STILL_WIDTH, round(_STILL_WIDTH * down / across))
    sheet = Image.new("RGB", (2 * size[0] + _GAP, size[1]))
    for side, place in enumerate((places[0] - 1, places[0])):
        shift = preview.matched[place].shift if matched else None
        picture = _still(preview.plan, preview.plan.shots[place], assets, size, last=side == 0, shift=shift)
        sheet.paste(picture, (side * (size[0] + _GAP), 0))
    held = BytesIO()
    sheet.save(held, format="JPEG", quality=88)
    return held.getvalue()


def _still(
    plan: FrozenPlan,
    shot: FrozenShot,
    assets: dict[UUID, Asset],
    size: tuple[int, int],
    *,
    last: bool,
    shift: ColorShift | None,
) -> Image.Image:
    fps, asset = Fraction(plan.fps), assets[shot.asset_id]
    start, end = shown_range(shot, asset_facts(asset), fps)
    half = float(1 / fps) / 2
    with asset_local_copy(asset) as path:
        pixels = picture_at(path, max(start, end - half) if last else start + half)
    picture = framed_still(Image.fromarray(np.ascontiguousarray(pixels)), size, plan.fit, view=Key(0.0, *shot.focus))
    return picture if shift is None else Image.fromarray(shifted_rgb(np.asarray(picture), shift))


def _cuts(plan: FrozenPlan, seen: Sequence[ShotColor], matched: Sequence[MatchedColor]) -> list[CutColors]:
    starts = list(accumulate((shot.frames for shot in plan.shots), initial=0))
    before = differences_at_cuts(seen, [shot.mean for shot in seen])
    after = differences_at_cuts(seen, [one.mean for one in matched])
    cuts = [
        CutColors(
            plan.shots[place].sequence or 0,
            round(float(starts[place] / Fraction(plan.fps)), 3),
            round(difference, 2),
            round(after[place], 2),
        )
        for place, difference in before.items()
    ]
    return sorted(cuts, key=lambda cut: (cut.after - cut.before, cut.seconds))


def _notes(plan: FrozenPlan, seen: Sequence[ShotColor], deep: Sequence[FrozenShot]) -> list[str]:
    notes = []
    if deep:
        notes.append(f"{_scenes(deep)}: HDR, which stays as it is.")
    chosen = [shot for shot in plan.shots if shot.color_reference]
    if chosen:
        notes.append(f"{_scenes(chosen)}: the others of the section follow it.")
    left = [shot for shot in plan.shots if shot.matched is None]
    if left:
        notes.append(f"{_scenes(left)}: left as it is, as you chose.")
    if len(plan.shots) > 1 and not any(
        one.group is not None and one.group == other.group for one, other in pairwise(seen)
    ):
        notes.append(
            "No two neighboring scenes of a section are known to be at one place, so there is nothing to bring "
            "together. Name the place in their words, put it into the scenes, or let one match the other."
        )
    return notes


def _scenes(shots: Sequence[FrozenShot]) -> str:
    numbers = [str(shot.sequence) for shot in shots]
    if len(numbers) > _MOST_NAMED:
        return f"{len(numbers)} scenes"
    return f"Scene{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None
