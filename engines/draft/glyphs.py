"""Things as tinted shapes: outlines of Noto Emoji, set into a picture with its own light, haze and size.

The font (SIL Open Font License, in manimgx-fonts) is drawn by Pillow. A shape's body is the outline filled; its inner
lines are drawn darker. Why this font: docs/draft.md.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import manimgx_fonts
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engines.draft.canvas import Canvas, Pixels, bgr, mix
from engines.draft.look import Palette
from engines.draft.shapes import SHAPES, drawn_shape
from engines.draft.vocabulary import Thing

_FONT = str(Path(manimgx_fonts.__file__).with_name("NotoEmoji[wght].ttf"))
# Outlines are drawn once at this height, in pixels, and scaled; larger ones would only be needed above 720p.
_DRAWN = 384
_WEIGHT = 480


@lru_cache(maxsize=20)
def outline(glyph: str) -> tuple[Pixels, Pixels]:
    """Return (lines, body) of a glyph, or of a shape of our own, as coverage 0…255, cropped to what is drawn."""
    if glyph in SHAPES:
        return drawn_shape(SHAPES[glyph], _DRAWN)
    font = ImageFont.truetype(_FONT, _DRAWN)
    font.set_variation_by_axes([_WEIGHT])
    image = Image.new("L", (_DRAWN * 2, _DRAWN * 2))
    ImageDraw.Draw(image).text((_DRAWN // 3, _DRAWN // 4), glyph, fill=255, font=font)
    drawn = np.asarray(image)
    left, top, wide, high = cv2.boundingRect(drawn)
    lines: Pixels = np.ascontiguousarray(drawn[top : top + high, left : left + wide])
    contours, _ = cv2.findContours((lines > 100).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    body: Pixels = np.zeros_like(lines)
    cv2.drawContours(body, contours, -1, 255, cv2.FILLED)
    return lines, cv2.max(lines, body)


def shape_of(thing: Thing, height: float, *, left: bool, turn: float = 0.0) -> tuple[Pixels, Pixels]:
    """Return (lines, body) of a thing `height` pixels high, looking left or right, turned by `turn` degrees."""
    lines, body = outline(thing.glyph)
    scale = height / lines.shape[0]
    size = (max(1, round(lines.shape[1] * scale)), max(1, round(height)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shaped = [cv2.resize(part, size, interpolation=method) for part in (lines, body)]
    if left == thing.faces_right:
        shaped = [cv2.flip(part, 1) for part in shaped]
    if turn:
        shaped = [_turned(part, turn) for part in shaped]
    return shaped[0], shaped[1]


def _turned(mask: Pixels, degrees: float) -> Pixels:
    height, width = mask.shape
    room = round(max(height, width) * 0.2)
    wide = cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    middle = (wide.shape[1] / 2, wide.shape[0] / 2)
    return cv2.warpAffine(wide, cv2.getRotationMatrix2D(middle, degrees, 1.0), (wide.shape[1], wide.shape[0]))


def stamp(
    canvas: Canvas,
    thing: Thing,
    palette: Palette,
    x: float,
    foot: float,
    height: float,
    *,
    left: bool = True,
    haze: float = 0.0,
    turn: float = 0.0,
) -> None:
    """Set a thing with its middle at x and its foot at `foot`. `haze` (0…1) takes it into the distance."""
    lines, body = shape_of(thing, height * canvas.unit, left=left, turn=turn)
    tone = mix(mix(thing.color, palette.figure, 0.0 if thing.glows else 0.28), palette.sky_low, haze)
    bright = mix(tone, palette.rim, 0.4)
    dark = mix(mix(tone, "#000000", 0.55), palette.sky_low, haze * 0.6)
    if thing.glows:
        bright, dark = mix(tone, "#ffffff", 0.5), mix(tone, "#7a3a10", 0.35)
        canvas.glow(x, foot - height * 0.5, height * 0.9, thing.color, 0.55)
    center, low = canvas.point(x, foot)
    across, down = round(center - body.shape[1] / 2), round(low - (body.shape[0] + height * canvas.unit) / 2)
    if not thing.lines:
        share = np.linspace(0, 1, body.shape[0], dtype=np.float32)[:, None, None]
        low_tone = np.array(bgr(mix(tone, "#000000", 0.15)), np.float32)
        shaded = (np.array(bgr(bright), np.float32) * (1 - share) + low_tone * share).astype(np.uint8)
        canvas.lay(shaded, body, across, down)
    ink = np.full((lines.shape[0], 1, 3), bgr(tone if thing.lines else dark), np.uint8)
    canvas.lay(ink, lines, across, down)


def shadow(canvas: Canvas, x: float, foot: float, wide: float) -> None:
    """Draw what a thing's foot shades of the ground."""
    canvas.ellipse(x, foot, wide, wide * 0.12, "#000000", 0.3)


def breadth(thing: Thing) -> float:
    """Return how wide a thing is, relative to its height."""
    lines, _ = outline(thing.glyph)
    return float(lines.shape[1] / lines.shape[0])
