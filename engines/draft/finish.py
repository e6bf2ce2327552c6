"""The finish of a picture: the flavor's colors, lines and texture on its layers, and what frames it.

Layers are finished alike, so that a figure stays in its place's light. A premultiplied layer takes its coverage along.
"""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Canvas, Pixels, bgr
from engines.draft.look import DraftLook

# What each color channel (blue, green, red) gives to brightness, BT.709.
_LUMA = np.array([0.0722, 0.7152, 0.2126])
# Ink lines are as wide as this share of the height, and this is how different two areas are that have one between them.
_INK_WIDTH = 0.0016
_INK_GAIN = 9.0
# Streaks of an anamorphic lens: what is this bright is drawn out to this share of the height on both sides.
_STREAK_FROM = 215
_STREAK_REACH = 0.28


def finished(pixels: Pixels, alpha: Pixels | None, look: DraftLook, noise: Pixels | None) -> Pixels:
    """Apply the look's colors and texture; with `alpha`, to a premultiplied layer."""
    pixels = _graded(pixels, alpha, look)
    if noise is None:
        return pixels
    return _add(pixels, noise if alpha is None else cv2.multiply(noise, alpha, scale=1 / 255, dtype=cv2.CV_16S))


def _graded(pixels: Pixels, alpha: Pixels | None, look: DraftLook) -> Pixels:
    """Apply contrast, saturation and the colors of black and white, which are one linear map of the colors."""
    blacks, whites = np.array(bgr(look.blacks), float), np.array(bgr(look.whites), float)
    gain = (whites - blacks) / 255 * look.contrast
    offset = blacks + (whites - blacks) * 0.5 * (1 - look.contrast)
    colors = look.saturation * np.eye(3) + (1 - look.saturation) * _LUMA[None, :]
    matrix = gain[:, None] * colors
    if np.allclose(matrix, np.eye(3)) and np.allclose(offset, 0):
        return pixels
    if alpha is None:
        return cv2.transform(pixels, np.hstack([matrix, offset[:, None]]))
    # Premultiplied: the offset applies only where the layer covers, and nothing is brighter than its coverage.
    covered = cv2.merge([pixels, alpha])
    graded = cv2.transform(covered, np.hstack([matrix, offset[:, None] / 255]))
    return cv2.min(graded, cv2.merge([alpha] * 3))


def inked(pixels: Pixels, strength: float, height: int) -> Pixels:
    """Draw ink lines between areas of a background; `strength` 0…1, `height` is the frame's."""
    if strength <= 0:
        return pixels
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = max(0.7, _INK_WIDTH * height)
    edge = cv2.GaussianBlur(gray, (0, 0), fine * 1.6) - cv2.GaussianBlur(gray, (0, 0), fine)
    ink = np.clip((edge - 1.0) * _INK_GAIN * strength, 0, 190 * strength)
    return cv2.multiply(pixels, cv2.merge([(255 - ink).astype(np.uint8)] * 3), scale=1 / 255)


def streaked(pixels: Pixels, height: int) -> Pixels:
    """Draw bright lights out to the sides in blue, as an anamorphic lens does; `height` is the frame's."""
    small = cv2.resize(pixels, (pixels.shape[1] // 4, pixels.shape[0] // 4), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    bright = cv2.subtract(gray, np.full_like(gray, _STREAK_FROM))
    if not bright.any():
        return pixels
    reach = max(3, round(_STREAK_REACH * height / 4)) // 2 * 2 + 1
    wide = cv2.blur(cv2.blur(bright.astype(np.float32) / 40, (reach, 1)), (reach // 3 * 2 + 1, 3))
    color = np.array([1.0, 0.72, 0.45], np.float32) * 255
    light = np.minimum(wide[..., None] * color, 235).astype(np.uint8)
    light = cv2.resize(light, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(pixels), cv2.bitwise_not(light), scale=1 / 255))


def noise_for(canvas: Canvas, look: DraftLook, rng: np.random.Generator) -> Pixels | None:
    """Return the texture to add to a canvas, None for a smooth one."""
    strength = {"smooth": 0.4, "film": 1.0, "paper": 0.7}[look.texture] * look.grain * 14
    if strength < 0.5 and look.texture != "paper":
        return None
    return _noise(canvas, look, max(strength, 1.5), rng)


def _noise(canvas: Canvas, look: DraftLook, strength: float, rng: np.random.Generator) -> Pixels:
    """Return film grain or paper fibers; a repeated tile, since the repetition can't be seen. Paper also has washes,
    where the paint has run together."""
    tile: Pixels = rng.normal(0, strength, (331, 331)).astype(np.float32)
    if look.texture == "paper":
        tile = cv2.GaussianBlur(tile, (0, 0), 1.2, borderType=cv2.BORDER_REFLECT) * 2.4
    if look.texture == "film":
        tile = cv2.resize(tile, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    times = (-(-canvas.height // tile.shape[0]), -(-canvas.width // tile.shape[1]))
    laid: Pixels = np.tile(tile.astype(np.int16), times)[: canvas.height, : canvas.width]
    if look.texture != "paper":
        return laid
    wash = cv2.resize(
        rng.normal(0, strength * 1.5, (9, 16)).astype(np.float32),
        (canvas.width, canvas.height),
        interpolation=cv2.INTER_CUBIC,
    )
    return cv2.add(laid, wash.astype(np.int16))


def _add(pixels: Pixels, noise: Pixels) -> Pixels:
    """Saturating."""
    return cv2.add(pixels, cv2.merge([noise] * 3), dtype=cv2.CV_8U)


def vignette(pixels: Pixels, strength: float) -> Pixels:
    """Darken the corners; `strength` 0…1."""
    if strength <= 0:
        return pixels
    mask = vignette_mask(pixels.shape[1], pixels.shape[0], strength)
    return cv2.multiply(pixels, cv2.merge([mask] * 3), scale=1 / 255)


@lru_cache(maxsize=8)
def vignette_mask(width: int, height: int, strength: float) -> Pixels:
    """Return a mask with 255 in the middle, darker towards the corners."""
    across: npt.NDArray[np.float32] = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    down: npt.NDArray[np.float32] = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    fall = np.clip((across + down) / 2, 0, 1) ** 1.3
    return (255 * (1 - 0.75 * strength * fall)).astype(np.uint8)


def bar_share(share: float, width: int, height: int) -> float:
    """Return the height of letterbox bars in this frame: only a frame that is wider than tall has them."""
    return share if width > height else 0.0


def bars(pixels: Pixels, share: float) -> Pixels:
    """Draw letterbox bars, each `share` of the height."""
    rows = round(pixels.shape[0] * bar_share(share, pixels.shape[1], pixels.shape[0]))
    if rows:
        pixels[:rows] = 0
        pixels[-rows:] = 0
    return pixels
