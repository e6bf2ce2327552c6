"""ffmpeg commands that encode one span of a video in the project's format."""

from fractions import Fraction
from pathlib import Path

from engines.composing.shot_plan import PictureFit, ShotPlan, Source, Span, TransitionKind, View, picture_seconds, speed
from engines.media.commands import Command, Options, Stream, Value, combine
from engines.media.facts import MediaFacts
from engines.media.filters import entered, evenly_timed, exactly, later, tagged
from engines.media.formats import ClipFormat, encoder_options
from engines.media.normalise import scaled

_XFADE = {
    TransitionKind.CROSSFADE: "fade",
    TransitionKind.DIP_TO_BLACK: "fadeblack",
    TransitionKind.DIP_TO_WHITE: "fadewhite",
}


def span_command(plan: ShotPlan, span: Span, *, lyrics: Path | None, threads: int) -> Command:
    """Return the command for exactly `span.frames` pictures in the plan's format."""
    views = [view for view in (span.under, span.view) if view is not None]
    pictures = _joined(plan.format, span, [_seen(plan, view, threads) for view in views])
    if lyrics is not None:
        pictures = _burned(pictures, lyrics, span.start / plan.format.fps)
    limits: Options = {"frames:v": span.frames, "threads": threads, "filter_complex_threads": threads}
    return Command([tagged(pictures)], {**encoder_options(plan.format, plan.encoding), **limits})


def _seen(plan: ShotPlan, view: View, threads: int) -> Stream:
    """Return the pictures of a view at the plan's rate and size."""
    fps, shot = plan.format.fps, view.shot
    pace = speed(shot, fps)
    lowest = view.first - view.frames + 1 if view.backwards else view.first
    # A view past the clip's end holds its last picture, so that picture has to be read.
    position = min(shot.start_seconds + lowest / fps * pace, _last_picture_seconds(shot.source.facts))
    start = max(Fraction(0), position)
    _, pictures = entered(shot.source.path, start, shot.source.facts.fps, threads=threads)
    if pace != 1:
        pictures = pictures.filter("setpts", expr=f"PTS*{float(1 / pace):.9f}")
    pictures = evenly_timed(pictures, fps)
    if position < 0:
        pictures = pictures.filter("tpad", start=round(-position / pace * fps), start_mode="clone")
    pictures = exactly(pictures, view.frames)
    if view.backwards:
        pictures = pictures.filter("reverse")
    return _framed(plan, view, pictures)


def _last_picture_seconds(facts: MediaFacts) -> Fraction:
    # With a variable frame rate the last picture may come well before the end.
    pictures = 3 if facts.variable_frame_rate else 1
    return max(Fraction(0), picture_seconds(facts) - pictures / (facts.fps or Fraction(24)))


def _framed(plan: ShotPlan, view: View, pictures: Stream) -> Stream:
    """Scale to the format. Sizes are computed from the displayed shape, so non-square pixels become square."""
    target, source = plan.format, view.shot.source
    if _same_shape(target, source.facts):
        return _scaled(pictures, source, target.width, target.height)
    if plan.fit is PictureFit.FILL:
        return _cropped(pictures, target, source, view.shot.focus)
    if plan.fit is PictureFit.BARS:
        inside = _scaled(pictures, source, *_inside(target, source.facts))
        return inside.filter("pad", width=target.width, height=target.height, x="(ow-iw)/2", y="(oh-ih)/2")
    whole, wide = pictures.split()
    front = _scaled(whole, source, *_inside(target, source.facts))
    return combine("overlay", [_blurred(wide, target, source), front], x="(W-w)/2", y="(H-h)/2")


def _blurred(pictures: Stream, target: ClipFormat, source: Source) -> Stream:
    """Return the pictures filling the frame, darkened and blurred (at a small size, for speed)."""
    width, height = _even(target.width / 8), _even(target.height / 8)
    small = _scaled(pictures, source, width, height, force_original_aspect_ratio="increase")
    dark = small.filter("crop", out_w=width, out_h=height).filter("gblur", sigma=6).filter("eq", brightness="-0.12")
    return dark.filter("scale", width=target.width, height=target.height, flags="bilinear")


def _scaled(pictures: Stream, source: Source, width: int, height: int, **options: Value) -> Stream:
    return scaled(pictures, source.facts.colours, width=width, height=height, **options)


def _same_shape(target: ClipFormat, facts: MediaFacts) -> bool:
    width, height = facts.width or target.width, facts.height or target.height
    # A stretch of two percent is invisible; bars of a few pixels are not.
    return abs(Fraction(width, height) * target.height / target.width - 1) < Fraction(2, 100)


def _cropped(pictures: Stream, target: ClipFormat, source: Source, focus: tuple[float, float]) -> Stream:
    facts = source.facts
    width, height = facts.width or target.width, facts.height or target.height
    scale = max(Fraction(target.width, width), Fraction(target.height, height))
    wide, high = max(target.width, _even(width * scale)), max(target.height, _even(height * scale))
    left = round(min(max(0.0, focus[0] * wide - target.width / 2), wide - target.width))
    top = round(min(max(0.0, focus[1] * high - target.height / 2), high - target.height))
    scaled = _scaled(pictures, source, wide, high)
    return scaled.filter("crop", out_w=target.width, out_h=target.height, x=left, y=top)


def _inside(target: ClipFormat, facts: MediaFacts) -> tuple[int, int]:
    width, height = facts.width or target.width, facts.height or target.height
    scale = min(Fraction(target.width, width), Fraction(target.height, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(value: float | Fraction) -> int:
    return max(2, 2 * round(value / 2))


def _joined(shape: ClipFormat, span: Span, pictures: list[Stream]) -> Stream:
    """Merge the two pictures of a transition, or return the only one."""
    if span.kind is None or span.kind is TransitionKind.FLASH:
        joined = pictures[0].filter("format", pix_fmts="yuv420p")
        if span.kind is None:
            return joined
        return joined.filter("fade", type="in", start_frame=0, nb_frames=span.frames, color="white")
    seconds = float(span.frames / shape.fps)
    crossed = combine("xfade", pictures, transition=_XFADE[span.kind], duration=seconds, offset=0)
    return crossed.filter("format", pix_fmts="yuv420p")


def _burned(pictures: Stream, lyrics: Path, start: Fraction) -> Stream:
    """Burn in the lyrics of an ASS file timed from the start of the video."""
    shown = later(pictures, start).filter("subtitles", filename=str(lyrics), fontsdir=str(lyrics.parent))
    return later(shown, -start)
