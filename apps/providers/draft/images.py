"""The draft's still images: storyboard frames and character sheets, as PNG with their recipe inside."""

import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile, PngInfo, putchunk

from apps.core.errors import InputError, MediaToolError
from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, Pixels, mix
from engines.draft.figure import Character, FigurePainter, cast, complete, draw_outline, light_the_edge
from engines.draft.lettering import letter
from engines.draft.look import DraftLook, Palette
from engines.draft.moods import Expression
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.photo import person_of_photo
from engines.draft.profile import draw_profile
from engines.draft.reading import read_person
from engines.draft.rig import GROUND_Y, pose_at, skeleton
from engines.draft.storyboard import MOVE_NAMES, SHOT_NAMES, Recipe, still
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


def character_sheet(description: str, *, look: DraftLook, width: int, height: int, seed: int, into: Path) -> None:
    """Draw a character sheet: the face from the front and from the side, the whole figure, and the colors used."""
    person = complete(read_person(description), stable_number(description, seed))
    day = look.palettes["day"]
    paper = mix(mix(day.sky_low, "#ffffff", 0.35), day.ground, 0.12)
    canvas = Canvas(width, height, overscan=1.0)
    canvas.gradient(mix(paper, "#ffffff", 0.3), mix(paper, day.near, 0.22), -0.5, 0.5)
    wide = canvas.right
    canvas.rectangle(-wide, 0.36, wide, 0.5, mix(paper, day.near, 0.45))
    front = Canvas(width, height, transparent=True, overscan=1.0)
    character = cast(person, day)
    _draw_sheet(front, character, day, paper)
    if look.outline:
        draw_outline(front, mix(day.figure, "#000000", 0.5), 0.005)
    light_the_edge(front, day.rim, 1, 0.012, 0.6)
    alpha = front.alpha if front.alpha is not None else np.zeros((height, width), np.uint8)
    pixels = cv2.add(cv2.multiply(canvas.pixels, cv2.merge([cv2.bitwise_not(alpha)] * 3), scale=1 / 255), front.pixels)
    _swatches(pixels, [character.skin, character.hair_color, character.garment_color, day.figure])
    size = max(10, round(min(width, height) * 0.026))
    letter(pixels, "CHARACTER", mix(day.figure, "#000000", 0.4), left=size, top=size, size=size)
    save_png(pixels, into, {PERSON_KEY: json.dumps(asdict(person))})


def _draw_sheet(front: Canvas, character: Character, day: Palette, paper: str) -> None:
    """Draw the sheet. Landscape: front, side and whole figure in a row. Portrait: the figure below the two faces."""
    wide = front.right
    figures: tuple[float, ...]
    if front.aspect < 1:
        head = min(0.2, wide * 0.44)
        faces, figures, size, ground = ((-0.46 * wide, -0.27), (0.46 * wide, -0.27)), (-0.45, 0.45), 0.048, 0.39
    else:
        head = min(0.36, wide * 0.3)
        faces, figures, size, ground = ((-wide * 0.66, -0.08), (wide * 0.0, -0.08)), (0.66,), 0.112, 0.37
    face = FigurePainter(front, character, day, *faces[0], head)
    face.bust()
    face.face(shown=Expression(smile=0.5))
    draw_profile(FigurePainter(front, character, day, *faces[1], head))
    if front.aspect < 1:
        front.rectangle(-wide, 0.02, wide, 0.36, mix(paper, day.near, 0.2))
        front.rectangle(-wide, 0.36, wide, 0.5, mix(paper, day.near, 0.45))
    for share, pose in zip(figures, ("stand", "walk"), strict=False):
        x = share * wide
        figure = BodyPainter(front, character, day, x, ground - GROUND_Y * size, size)
        front.ellipse(x + 0.2 * size, ground + 0.015, 1.5 * size, 0.18 * size, "#000000", 0.3)
        figure.draw(skeleton(pose_at(pose, 0.2)))


def _swatches(pixels: Pixels, colors: list[str]) -> None:
    height, width = pixels.shape[:2]
    size = round(min(width, height) * 0.055)
    for number, color in enumerate(colors):
        left, top = width - (number + 1) * round(size * 1.25), height - round(size * 1.35)
        blue, green, red = int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)
        cv2.circle(pixels, (left + size // 2, top + size // 2), size // 2, (blue, green, red), -1, cv2.LINE_AA)


def save_png(pixels: Pixels, path: Path, texts: dict[str, str]) -> None:
    """Write under a temporary name, then rename."""
    # Drawings have long runs. Looking only for those, with one filter for all rows, takes half as long as Pillow.
    options = (*(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE), *(cv2.IMWRITE_PNG_COMPRESSION, 1))
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
            ours = {key: str(image.info[key]) for key in (RECIPE_KEY, PERSON_KEY) if key in image.info}
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
