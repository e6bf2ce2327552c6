"""Small type on storyboard frames, in Pillow's built-in font so that no font has to be installed."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engines.draft.canvas import Pixels, bgr


def readable(color: str, behind: float) -> str:
    """Return the color, or black or white if it would be hard to read on the brightness behind it (0…255)."""
    blue, green, red = bgr(color)
    if abs(0.114 * blue + 0.587 * green + 0.299 * red - behind) > 70:
        return color
    return "#ffffff" if behind < 140 else "#15161a"


def text_mask(text: str, size: int, *, spacing: float = 0.12) -> Pixels:
    """Return the coverage (0…255) of one line of letter-spaced type, `size` pixels high."""
    font = ImageFont.load_default(size)
    advance = [font.getlength(letter) + size * spacing for letter in text]
    image = Image.new("L", (max(1, round(sum(advance)) + 2), round(size * 1.4)))
    draw = ImageDraw.Draw(image)
    x = 0.0
    for letter, step in zip(text, advance, strict=True):
        draw.text((x, 0), letter, fill=255, font=font)
        x += step
    return np.asarray(image)


def letter(pixels: Pixels, text: str, color: str, *, left: int, top: int, size: int, opacity: float = 0.85) -> None:
    """Write one line onto BGR pixels, cut off at the right edge."""
    mask = text_mask(text, size)[: pixels.shape[0] - top, : pixels.shape[1] - left]
    window = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
    share = (mask.astype(np.float32) * (opacity / 255))[..., None]
    below = pixels[window].astype(np.float32)
    color = readable(color, float(below.mean()))
    # A faint shadow keeps it readable on white.
    below *= 1 - 0.35 * np.minimum(1, share)
    pixels[window] = below + (np.array(bgr(color), np.float32) - below) * share
