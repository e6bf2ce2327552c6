"""The one filter graph that brings any footage to a picture format: time, fields, colors, rotation and shape."""

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from engines.media.commands import Stream, Value, combine
from engines.media.crop_path import CropPath, resting
from engines.media.facts import MediaFacts
from engines.media.filters import Stretch, stretch_pictures
from engines.media.formats import ClipFormat
from engines.media.moving_crop import Clock, Window, window_crop
from engines.media.normalize import scaled

_CENTER = resting(0.5, 0.5)
# Larger pictures would take too much memory: views with more zoom are enlarged after cropping instead.
_MOST_PIXELS = 40_000_000


class PictureFit(StrEnum):
    """How footage of a different shape fills the picture."""

    BLUR = "blur"  # whole, over a blurred copy of itself
    BARS = "bars"  # whole, between black bars
    FILL = "fill"  # cropped around the focus point
    FOLLOW = "follow"  # cropped along each shot's path

    @property
    def crops(self) -> bool:
        return self in (PictureFit.FILL, PictureFit.FOLLOW)


@dataclass(frozen=True)
class Framing:
    """The wanted picture. `path` is what stays in view when it is cropped. `content` is the part of the footage that
    isn't black bars (left, top, width and height as shares of it), which is all that another shape shows."""

    target: ClipFormat
    fit: PictureFit
    path: CropPath = _CENTER
    content: tuple[float, float, float, float] | None = None


def normalized(stretch: Stretch, framing: Framing, *, backwards: bool = False, **options: Value) -> Stream:
    """Return exactly the stretch's pictures in the wanted format. `options` are those of the input."""
    pictures = stretch_pictures(stretch, framing.target.fps, **options)
    step = stretch.speed / framing.target.fps
    first, turn = stretch.start, step
    if backwards:
        pictures = pictures.filter("reverse")
        first, turn = stretch.start + (stretch.frames - 1) * step, -step
    return _framed(pictures, stretch.facts, framing, Clock(float(first), float(turn), stretch.frames))


def same_shape(target: ClipFormat, facts: MediaFacts) -> bool:
    width, height = facts.width or target.width, facts.height or target.height
    # A stretch of two percent is invisible; bars of a few pixels are not.
    return abs(Fraction(width, height) * target.height / target.width - 1) < Fraction(2, 100)


def content_pixels(framing: Framing, facts: MediaFacts) -> tuple[float, float, float, float]:
    """Return the part (left, top, width, height) of a clip of known size that another shape is made of, in pixels."""
    width, height = facts.width or 0, facts.height or 0
    if framing.content is None or same_shape(framing.target, facts):
        return 0.0, 0.0, width, height
    left, top, across, down = framing.content
    return left * width, top * height, across * width, down * height


def view_at(framing: Framing, facts: MediaFacts, seconds: float) -> tuple[float, float, float, float]:
    """Return the part (left, top, width, height) of a clip of known size that is in view at a moment, in pixels."""
    left, top, width, height = content_pixels(framing, facts)
    if same_shape(framing.target, facts) or not framing.fit.crops:
        return left, top, width, height
    key = framing.path.at(seconds)
    shape = framing.target.width / framing.target.height
    wide, high = min(width, height * shape) / key.zoom, min(height, width / shape) / key.zoom
    x, y = key.x * (facts.width or 0) - wide / 2, key.y * (facts.height or 0) - high / 2
    return min(max(left, x), left + width - wide), min(max(top, y), top + height - high), wide, high


def _framed(pictures: Stream, facts: MediaFacts, framing: Framing, clock: Clock) -> Stream:
    """Scale to the format. Sizes are computed from the displayed shape, so non-square pixels become square."""
    target = framing.target
    if not same_shape(target, facts) and framing.content is not None:
        pictures, facts, framing = _without_bars(pictures, facts, framing, framing.content)
    if same_shape(target, facts):
        return _scaled(pictures, facts, target.width, target.height)
    if framing.fit.crops:
        return _cropped(pictures, facts, framing, clock)
    if framing.fit is PictureFit.BARS:
        inside = _scaled(pictures, facts, *_inside(target, facts))
        return inside.filter("pad", width=target.width, height=target.height, x="(ow-iw)/2", y="(oh-ih)/2")
    whole, wide = pictures.split()
    front = _scaled(whole, facts, *_inside(target, facts))
    return combine("overlay", [_blurred(wide, facts, target), front], x="(W-w)/2", y="(H-h)/2")


def _without_bars(
    pictures: Stream, facts: MediaFacts, framing: Framing, content: tuple[float, float, float, float]
) -> tuple[Stream, MediaFacts, Framing]:
    """Return the pictures without their black bars, and facts and path as they are then."""
    left, top, width, height = content
    sizes = {"out_w": f"2*floor(iw*{width:.6f}/2)", "out_h": f"2*floor(ih*{height:.6f}/2)"}
    inner = pictures.filter("crop", **sizes, x=f"2*ceil(iw*{left:.6f}/2)", y=f"2*ceil(ih*{top:.6f}/2)")
    keys = tuple(replace(key, x=(key.x - left) / width, y=(key.y - top) / height) for key in framing.path.keys)
    facts = replace(facts, width=_even((facts.width or 2) * width), height=_even((facts.height or 2) * height))
    return inner, facts, replace(framing, path=CropPath(keys), content=None)


def _blurred(pictures: Stream, facts: MediaFacts, target: ClipFormat) -> Stream:
    """Return the pictures filling the frame, darkened and blurred (at a small size, for speed)."""
    width, height = _even(target.width / 8), _even(target.height / 8)
    small = _scaled(pictures, facts, width, height, force_original_aspect_ratio="increase")
    dark = small.filter("crop", out_w=width, out_h=height).filter("gblur", sigma=6).filter("eq", brightness="-0.12")
    return dark.filter("scale", width=target.width, height=target.height, flags="bilinear")


def _scaled(pictures: Stream, facts: MediaFacts, width: int, height: int, **options: Value) -> Stream:
    return scaled(pictures, facts.colors, width=width, height=height, **options)


def _cropped(pictures: Stream, facts: MediaFacts, framing: Framing, clock: Clock) -> Stream:
    """Scale so that the view with the least zoom is as large as the target, then crop along the path."""
    target, path = framing.target, framing.path
    width, height = facts.width or target.width, facts.height or target.height
    scale = max(Fraction(target.width, width), Fraction(target.height, height))
    affordable = (_MOST_PIXELS / (width * height * scale**2)) ** 0.5
    zoom = max(1.0, min(affordable, *(key.zoom for key in path.keys)))
    scale *= Fraction(zoom)
    wide, high = max(target.width, _even(width * scale)), max(target.height, _even(height * scale))
    window = Window(wide, high, target.width, target.height, zoom)
    return window_crop(_scaled(pictures, facts, wide, high), window, path, clock)


def _inside(target: ClipFormat, facts: MediaFacts) -> tuple[int, int]:
    width, height = facts.width or target.width, facts.height or target.height
    scale = min(Fraction(target.width, width), Fraction(target.height, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(value: float | Fraction) -> int:
    return max(2, 2 * round(value / 2))
