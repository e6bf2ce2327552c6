"""The draft's still images: storyboard frames as PNG with their recipe inside, and what is read from pictures."""

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile, PngInfo, putchunk

from apps.core.errors import InputError, MediaToolError
from engines.draft.canvas import Pixels
from engines.draft.figure import Mouth
from engines.draft.lettering import letter
from engines.draft.people import Person
from engines.draft.photo import person_of_photo
from engines.draft.storyboard import MOVE_NAMES, SHOT_NAMES, Recipe, still
from engines.media.drawn import PICTURE_KEY, picture_mouths
from engines.media.pictures import upright_srgb

# Apps that show upright videos put their own words over this share of the top.
_COVERED_BY_APPS = 0.13

# In a smaller frame the name of its shot would cover too much.
LEAST_NAMED = 300

RECIPE_KEY = "mvsite-storyboard"
PERSON_KEY = "mvsite-character"
# Of a PNG: its signature and the header chunk, behind which texts may stand.
_PNG_HEAD_BYTES = 33


def storyboard_image(recipe: Recipe, *, width: int, height: int, into: Path) -> None:
    """Draw a storyboard frame and save it with its recipe."""
    pixels, brief = still(recipe, width, height)
    name = f"{SHOT_NAMES[brief.shot]}  ·  {MOVE_NAMES[brief.move]}"
    size = max(10, round(min(width, height) * 0.026))
    if min(width, height) >= LEAST_NAMED:
        letter(
            pixels,
            name,
            recipe.look.label,
            left=round(size * 1.3),
            top=label_top(width, height, size, recipe.look.bars),
            size=size,
        )
    save_png(pixels, into, {RECIPE_KEY: recipe.to_json()})


def label_top(width: int, height: int, size: int, bar_share: float) -> int:
    """Return where the shot's name goes: in the lower bar if there is room, else above the edge; in a frame taller than
    wide near the top, below and above what apps cover."""
    if height > width:
        return round(height * _COVERED_BY_APPS)
    bar = round(height * bar_share)
    return height - bar + (bar - round(size * 1.2)) // 2 if bar > size * 2 else height - round(size * 2.3)


def save_png(pixels: Pixels, path: Path, texts: dict[str, str]) -> None:
    """Write under a temporary name, then rename."""
    # With their grain, drawings hardly repeat anything: looking for that takes two fifths more time and saves nothing.
    # The level comes first, because setting it resets the strategy.
    options = (*(cv2.IMWRITE_PNG_COMPRESSION, 1), *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY))
    file = cv2.imencode(".png", pixels, (*options, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB))[1].tobytes()
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as output:
        output.write(file[:_PNG_HEAD_BYTES])
        for kind, content, *_ in info.chunks:
            putchunk(output, kind, content)
        output.write(file[_PNG_HEAD_BYTES:])
    part.rename(path)


def read_texts(path: Path) -> dict[str, str]:
    """Return the texts inside a PNG; none for any other file."""
    try:
        with Image.open(path) as image:
            if not isinstance(image, PngImageFile):
                return {}
            # Ours stand before the pixels: reading on, for texts behind them, would decode those.
            ours = {key: str(image.info[key]) for key in (RECIPE_KEY, PERSON_KEY, PICTURE_KEY) if key in image.info}
            return ours or {key: str(text) for key, text in image.text.items()}
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        # load_picture reports what is wrong with the file, since it needs the pixels.
        return {}


def read_recipe(path: Path) -> Recipe | None:
    """Return the recipe of our own storyboard frame, or None for any other image."""
    text = read_texts(path).get(RECIPE_KEY)
    if text is None:
        return None
    try:
        return Recipe.from_json(text)
    except (ValueError, TypeError, KeyError):
        return None


def read_mouth(path: Path) -> Mouth | None:
    """Return the mouth recorded in a frame of a draft clip; None for any other image."""
    for found in picture_mouths(read_texts(path).get(PICTURE_KEY, "")):
        x, y, head = found.marks[0]
        return Mouth(x, y, head, found.wide[0] if found.wide else 0.0)
    return None


def read_character(path: Path) -> Person | None:
    """Return the person of our own character sheet, or None for any other image."""
    text = read_texts(path).get(PERSON_KEY)
    if text is None:
        return None
    try:
        return Person.from_data(json.loads(text))
    except (ValueError, TypeError):
        return None


def person_of(reference: Path) -> Person:
    """Return whom a character reference shows: the person of our own sheet, else the colors of a photo. Raises
    InputError if it isn't an image."""
    return read_character(reference) or person_of_photo(load_picture(reference))


def load_picture(path: Path) -> Pixels:
    """Return BGR pixels in sRGB, rotated upright. Raises InputError if it isn't an image or is far too large."""
    try:
        return cv2.cvtColor(np.asarray(upright_srgb(path)), cv2.COLOR_RGB2BGR)
    except MediaToolError as error:
        raise InputError("The image can't be read. Use a PNG, JPEG, WebP or HEIC file.") from error


def cover(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale and crop to exactly `width` × `height`, keeping proportions."""
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(resized[top : top + height, left : left + width])
