"""ffmpeg commands that encode one span of a video in the project's format."""

from fractions import Fraction
from pathlib import Path

from engines.composing.shot_plan import ShotPlan, Span, TransitionKind, View, held_after, speed, view_start
from engines.media.color_shift import shifted
from engines.media.commands import Command, Options, Stream, combine
from engines.media.filters import Stretch, later, tagged
from engines.media.formats import ClipFormat, encoder_options
from engines.media.framing import normalized

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
    source = shot.source
    stretch = Stretch(
        source.path, source.facts, view_start(view, fps), view.frames, speed(shot, fps), held_after(view, fps)
    )
    pictures = normalized(stretch, plan.framing(shot), backwards=view.backwards, threads=threads)
    return pictures if shot.color is None else shifted(pictures, shot.color)


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


def captions_drawn(pictures: Stream, words: Path) -> Stream:
    """Draw the lines of an ASS file over pictures of its clock. Its fonts are in the same folder."""
    # wrap_unicode: rows of plans of earlier releases break between ideograms, too, not only at spaces.
    return pictures.filter("subtitles", filename=str(words), fontsdir=str(words.parent), wrap_unicode=1)


def _burned(pictures: Stream, lyrics: Path, start: Fraction) -> Stream:
    """Burn in the lyrics of an ASS file timed from the start of the video."""
    return later(captions_drawn(later(pictures, start), lyrics), -start)
