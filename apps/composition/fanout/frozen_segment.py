"""One segment of a video as stored on its job: all that encoding it needs, so that no other clip is fetched for it."""

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from fractions import Fraction
from uuid import UUID

from apps.jobs.parameters import Frozen, JobParameters
from engines.composing.encoding import Order
from engines.composing.fitting import burned_text
from engines.composing.shot_plan import ShortClip, Shot, ShotPlan, Source, Span, TransitionKind, View
from engines.media.color_shift import ColorShift
from engines.media.crop_path import CropPath, Key
from engines.media.formats import ClipFormat, Encoding
from engines.media.framing import PictureFit


class FrozenView(Frozen):
    """What is seen of a clip, as in `View`, with all that was found out about the clip when the video was planned."""

    asset_id: UUID
    shot_frames: int
    start: str
    end: str | None
    short: ShortClip
    slow_limit: float
    focus: tuple[float, float]
    path: tuple[tuple[float, float, float, float], ...] | None
    content: tuple[float, float, float, float] | None
    color: tuple[float, float, float] | None
    first: int
    frames: int
    backwards: bool


class SegmentParameters(JobParameters):
    """`key` is the segment's name in the caches. `views` are that of the outgoing shot of a transition, if it is one,
    and the shot's own. `lyrics` is what is burned in."""

    key: str
    width: int
    height: int
    fps: str
    encoding: str
    fit: PictureFit
    reencode: bool
    lyrics: str
    start: int
    transition: TransitionKind | None
    views: tuple[FrozenView, ...]

    @property
    def clip_format(self) -> ClipFormat:
        return ClipFormat(self.width, self.height, Fraction(self.fps))


def segment_frozen(plan: ShotPlan, order: Order, assets: Mapping[str, UUID]) -> SegmentParameters:
    """Return a segment to encode. `assets` are the files of the plan's clips, by their hash."""
    span = order.span
    return SegmentParameters(
        key=order.key,
        width=plan.format.width,
        height=plan.format.height,
        fps=str(plan.format.fps),
        encoding=plan.encoding.name,
        fit=plan.fit,
        reencode=plan.reencode,
        lyrics=burned_text(plan, span),
        start=span.start,
        transition=span.kind,
        views=tuple(_view_frozen(view, assets) for view in _views(span)),
    )


def _views(span: Span) -> Iterator[View]:
    if span.under is not None:
        yield span.under
    yield span.view


def _view_frozen(view: View, assets: Mapping[str, UUID]) -> FrozenView:
    shot = view.shot
    return FrozenView(
        asset_id=assets[shot.source.sha256],
        shot_frames=shot.frames,
        start=str(shot.start_seconds),
        end=str(shot.end_seconds) if shot.end_seconds is not None else None,
        short=shot.short,
        slow_limit=shot.slow_limit,
        focus=shot.focus,
        path=tuple(astuple(key) for key in shot.path.keys) if shot.path else None,
        content=shot.content,
        color=astuple(shot.color) if shot.color else None,
        first=view.first,
        frames=view.frames,
        backwards=view.backwards,
    )


def segment_opened(segment: SegmentParameters, sources: Mapping[UUID, Source]) -> tuple[ShotPlan, Span]:
    """Return the segment's span, and a plan of no more than its shots."""
    views = [_view_opened(view, sources[view.asset_id]) for view in segment.views]
    plan = ShotPlan(
        shots=tuple(view.shot for view in views),
        format=segment.clip_format,
        encoding=Encoding[segment.encoding],
        fit=segment.fit,
        burned_lyrics=segment.lyrics,
        reencode=segment.reencode,
    )
    under = views[0] if len(views) > 1 else None
    return plan, Span(segment.start, views[-1], segment.transition, under)


def _view_opened(view: FrozenView, source: Source) -> View:
    shot = Shot(
        source=source,
        frames=view.shot_frames,
        start_seconds=Fraction(view.start),
        end_seconds=Fraction(view.end) if view.end is not None else None,
        short=view.short,
        slow_limit=view.slow_limit,
        focus=view.focus,
        path=CropPath(tuple(Key(*key) for key in view.path)) if view.path else None,
        content=view.content,
        color=ColorShift(*view.color) if view.color else None,
    )
    return View(shot, view.first, view.frames, view.backwards)
