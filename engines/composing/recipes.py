"""ffmpeg commands that encode one span of a video in the project's format."""

from fractions import Fraction
from pathlib import Path

from engines.composing.shot_plan import ShotPlan, Span, TransitionKind, View, speed
from engines.media.commands import Command, Options, Stream, combine
from engines.media.filters import Stretch, later, tagged
from engines.media.formats import ClipFormat, encoder_options
from engines.media.framing import Framing, normalized

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
    source, start = shot.source, shot.start_seconds + lowest / fps * pace
    stretch = Stretch(source.path, source.facts, start, view.frames, pace)
    framing = Framing(plan.format, plan.fit, shot.focus)
    return normalized(stretch, framing, backwards=view.backwards, threads=threads)


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
    # wrap_unicode: rows break between ideograms, too, not only at spaces.
    shown = later(pictures, start).filter(
        "subtitles", filename=str(lyrics), fontsdir=str(lyrics.parent), wrap_unicode=1
    )
    return later(shown, -start)
