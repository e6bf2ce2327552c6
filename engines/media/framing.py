"""The one filter graph that brings any footage to a picture format: time, fields, colors, rotation and shape."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from engines.media.commands import Options, Stream, Value, combine
from engines.media.facts import MediaFacts
from engines.media.filters import Stretch, stretch_pictures
from engines.media.formats import ClipFormat
from engines.media.normalize import scaled


class PictureFit(StrEnum):
    """How footage of a different shape fills the picture."""

    BLUR = "blur"  # whole, over a blurred copy of itself
    BARS = "bars"  # whole, between black bars
    FILL = "fill"  # cropped around the focus point


@dataclass(frozen=True)
class Framing:
    """The wanted picture. `focus` is the point kept when cropping, 0…1 across and down."""

    target: ClipFormat
    fit: PictureFit
    focus: tuple[float, float] = (0.5, 0.5)


def normalized(stretch: Stretch, framing: Framing, *, backwards: bool = False, **options: Value) -> Stream:
    """Return exactly the stretch's pictures in the wanted format. `options` are those of the input."""
    pictures = stretch_pictures(stretch, framing.target.fps, **options)
    if backwards:
        pictures = pictures.filter("reverse")
    return _framed(pictures, stretch.facts, framing)


def _framed(pictures: Stream, facts: MediaFacts, framing: Framing) -> Stream:
    """Scale to the format. Sizes are computed from the displayed shape, so non-square pixels become square."""
    target = framing.target
    if _same_shape(target, facts):
        return _scaled(pictures, facts, target.width, target.height)
    if framing.fit is PictureFit.FILL:
        return _cropped(pictures, facts, framing)
    if framing.fit is PictureFit.BARS:
        inside = _scaled(pictures, facts, *_inside(target, facts))
        return inside.filter("pad", width=target.width, height=target.height, x="(ow-iw)/2", y="(oh-ih)/2")
    whole, wide = pictures.split()
    front = _scaled(whole, facts, *_inside(target, facts))
    return combine("overlay", [_blurred(wide, facts, target), front], x="(W-w)/2", y="(H-h)/2")


def _blurred(pictures: Stream, facts: MediaFacts, target: ClipFormat) -> Stream:
    """Return the pictures filling the frame, darkened and blurred (at a small size, for speed)."""
    width, height = _even(target.width / 8), _even(target.height / 8)
    small = _scaled(pictures, facts, width, height, force_original_aspect_ratio="increase")
    dark = small.filter("crop", out_w=width, out_h=height).filter("gblur", sigma=6).filter("eq", brightness="-0.12")
    return dark.filter("scale", width=target.width, height=target.height, flags="bilinear")


def _scaled(pictures: Stream, facts: MediaFacts, width: int, height: int, **options: Value) -> Stream:
    return scaled(pictures, facts.colors, width=width, height=height, **options)


def _same_shape(target: ClipFormat, facts: MediaFacts) -> bool:
    width, height = facts.width or target.width, facts.height or target.height
    # A stretch of two percent is invisible; bars of a few pixels are not.
    return abs(Fraction(width, height) * target.height / target.width - 1) < Fraction(2, 100)


def _cropped(pictures: Stream, facts: MediaFacts, framing: Framing) -> Stream:
    target = framing.target
    width, height = facts.width or target.width, facts.height or target.height
    scale = max(Fraction(target.width, width), Fraction(target.height, height))
    wide, high = max(target.width, _even(width * scale)), max(target.height, _even(height * scale))
    left = round(min(max(0.0, framing.focus[0] * wide - target.width / 2), wide - target.width))
    top = round(min(max(0.0, framing.focus[1] * high - target.height / 2), high - target.height))
    crop: Options = {"out_w": target.width, "out_h": target.height, "x": left, "y": top}
    return _scaled(pictures, facts, wide, high).filter("crop", **crop)


def _inside(target: ClipFormat, facts: MediaFacts) -> tuple[int, int]:
    width, height = facts.width or target.width, facts.height or target.height
    scale = min(Fraction(target.width, width), Fraction(target.height, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _even(value: float | Fraction) -> int:
    return max(2, 2 * round(value / 2))
