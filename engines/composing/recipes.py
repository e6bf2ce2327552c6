"""ffmpeg arguments that make one span of a video in the project's format."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engines.composing.shot_plan import PictureFit, ShotPlan, Source, Span, TransitionKind, View, picture_seconds, speed
from engines.media.formats import ClipFormat, ffmpeg_encoder_arguments, ffmpeg_tags_filter
from engines.media.probe import MediaFacts
from engines.media.runner import input_arguments

_XFADE = {
    TransitionKind.CROSSFADE: "fade",
    TransitionKind.DIP_TO_BLACK: "fadeblack",
    TransitionKind.DIP_TO_WHITE: "fadewhite",
}


@dataclass(frozen=True)
class _Feed:
    """One input of the command and the filters that turn it into the wanted frames."""

    arguments: list[str]
    filters: str


def span_arguments(plan: ShotPlan, span: Span, *, lyrics: Path | None, threads: int) -> list[str]:
    """Everything before the output's name: exactly `span.frames` pictures in the plan's format."""
    views = [view for view in (span.under, span.view) if view is not None]
    feeds = [_feed(plan, view, threads, mark) for mark, view in enumerate(views)]
    names = [f"[picture{index}]" for index in range(len(feeds))]
    graph = [f"[{index}:v:0]{feed.filters}{names[index]}" for index, feed in enumerate(feeds)]
    graph.append(
        f"{''.join(names)}{_joined(plan.format, span)}{_burned(plan, span, lyrics)}{ffmpeg_tags_filter()}[out]"
    )
    return [
        *("-threads", str(threads), "-filter_complex_threads", str(threads)),
        *(argument for feed in feeds for argument in feed.arguments),
        *("-filter_complex", ";".join(graph), "-map", "[out]", "-frames:v", str(span.frames)),
        *(*ffmpeg_encoder_arguments(plan.format, plan.encoding), "-threads", str(threads)),
    ]


def _feed(plan: ShotPlan, view: View, threads: int, mark: int) -> _Feed:
    fps, shot = plan.format.fps, view.shot
    pace = speed(shot, fps)
    lowest = view.first - view.frames + 1 if view.backwards else view.first
    # A view past the clip's end holds its last picture, which has to be there to be held.
    position = min(shot.start_seconds + lowest / fps * pace, _last_picture_seconds(shot.source.facts))
    seek, entry = _entry(max(Fraction(0), position), shot.source.facts.fps)
    steps = [entry]
    if pace != 1:
        steps.append(f"setpts=PTS*{float(1 / pace):.9f}")
    steps.append(f"fps={fps}:start_time=0:round=near")
    if position < 0:
        steps.append(f"tpad=start={round(-position / pace * fps)}:start_mode=clone")
    steps.append(f"tpad=stop=-1:stop_mode=clone,trim=end_frame={view.frames}")
    if view.backwards:
        steps.append("reverse")
    steps.append(_framed(plan, view, mark))
    arguments = ["-threads", str(threads), *seek, *input_arguments(shot.source.path)]
    return _Feed(arguments, ",".join(steps))


def _last_picture_seconds(facts: MediaFacts) -> Fraction:
    # With a varying rate the last picture may come well before the end.
    pictures = 3 if facts.variable_frame_rate else 1
    return max(Fraction(0), picture_seconds(facts) - pictures / (facts.fps or Fraction(24)))


def _entry(start: Fraction, source_fps: Fraction | None) -> tuple[list[str], str]:
    """(seek arguments, filter) such that the wanted picture is at time 0.

    The seek aims half a frame early: aimed at the frame itself, the rounding of its time may drop it."""
    early = 1 / (2 * source_fps) if source_fps else Fraction(0)
    if start <= early:
        return [], "setpts=PTS-STARTPTS"
    return ["-ss", f"{float(start - early):.6f}"], f"setpts=PTS-{float(early):.6f}/TB"


def _framed(plan: ShotPlan, view: View, mark: int) -> str:
    """Scale to the format. Sizes are computed from the displayed shape, so pixels that are not square come out so."""
    target, source = plan.format, view.shot.source
    facts = source.facts
    if _same_shape(target, facts):
        return f"scale={target.width}:{target.height}:{_scaling(source)}"
    if plan.fit is PictureFit.FILL:
        return _cropped(target, source, view.shot.focus)
    width, height = _inside(target, facts)
    if plan.fit is PictureFit.BARS:
        return f"scale={width}:{height}:{_scaling(source)},pad={target.width}:{target.height}:(ow-iw)/2:(oh-ih)/2"
    small = f"{_even(target.width / 8)}:{_even(target.height / 8)}"
    return (
        f"split[whole{mark}][wide{mark}];"
        f"[wide{mark}]scale={small}:force_original_aspect_ratio=increase:{_scaling(source)},crop={small},gblur=sigma=6,"
        f"eq=brightness=-0.12,scale={target.width}:{target.height}:flags=bilinear[back{mark}];"
        f"[whole{mark}]scale={width}:{height}:{_scaling(source)}[front{mark}];"
        f"[back{mark}][front{mark}]overlay=(W-w)/2:(H-h)/2"
    )


def _scaling(source: Source) -> str:
    # Naming the colours makes the scaler convert through them and lose two levels of light even where they agree.
    return "flags=bicubic:out_color_matrix=bt709:out_range=tv" if source.other_colours else "flags=bicubic"


def _same_shape(target: ClipFormat, facts: MediaFacts) -> bool:
    width, height = facts.width or target.width, facts.height or target.height
    # Two percent of stretch is not seen; bars of a few pixels are.
    return abs(Fraction(width, height) * target.height / target.width - 1) < Fraction(2, 100)


def _cropped(target: ClipFormat, source: Source, focus: tuple[float, float]) -> str:
    facts = source.facts
    width, height = facts.width or target.width, facts.height or target.height
    scale = max(Fraction(target.width, width), Fraction(target.height, height))
    wide, high = max(target.width, _even(width * scale)), max(target.height, _even(height * scale))
    left = round(min(max(0.0, focus[0] * wide - target.width / 2), wide - target.width))
    top = round(min(max(0.0, focus[1] * high - target.height / 2), high - target.height))
    return f"scale={wide}:{high}:{_scaling(source)},crop={target.width}:{target.height}:{left}:{top}"


def _inside(target: ClipFormat, facts: MediaFacts) -> tuple[int, int]:
    width, height = facts.width or target.width, facts.height or target.height
    scale = min(Fraction(target.width, width), Fraction(target.height, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(value: float | Fraction) -> int:
    return max(2, 2 * round(value / 2))


def _joined(shape: ClipFormat, span: Span) -> str:
    if span.kind is None:
        return "format=yuv420p,"
    if span.kind is TransitionKind.FLASH:
        return f"format=yuv420p,fade=in:0:{span.frames}:color=white,"
    seconds = f"{float(span.frames / shape.fps):.6f}"
    return f"xfade=transition={_XFADE[span.kind]}:duration={seconds}:offset=0,format=yuv420p,"


def _burned(plan: ShotPlan, span: Span, lyrics: Path | None) -> str:
    if lyrics is None:
        return ""
    shift = f"{float(span.start / plan.format.fps):.6f}"
    # The path is ours (scratch folder and a hash): no character that a filter graph gives a meaning.
    return f"setpts=PTS+{shift}/TB,subtitles=filename={lyrics}:fontsdir={lyrics.parent},setpts=PTS-{shift}/TB,"
