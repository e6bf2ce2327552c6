"""The draft's still images: storyboard frames and character sheets, as PNG with their recipe inside."""

import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile, PngInfo

from apps.core.errors import InputError, MediaToolError
from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, Pixels, mix
from engines.draft.figure import Character, FigurePainter, cast, complete, draw_outline, light_the_edge
from engines.draft.lettering import letter
from engines.draft.look import DraftLook, Palette
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.reading import read_person
from engines.draft.rig import GROUND_Y, pose_at, skeleton
from engines.draft.storyboard import MOVE_NAMES, SHOT_NAMES, Recipe, bars, flatten, paint, vignette, weathered
from engines.media.pictures import upright_srgb

RECIPE_KEY = "mvsite-storyboard"
PERSON_KEY = "mvsite-character"


def storyboard_image(recipe: Recipe, *, width: int, height: int, reference: Path | None, into: Path) -> None:
    """Draw a storyboard frame and save it with its recipe. A reference photo is pinned to the corner."""
    layers = paint(recipe, width, height)
    pixels = weathered(vignette(flatten(layers, width, height), recipe.look.vignette), recipe)
    pixels = bars(pixels, recipe.look.bars)
    if reference is not None and read_character(reference) is None:
        pin_photo(pixels, load_picture(reference))
    name = f"{SHOT_NAMES[layers.brief.shot]}  ·  {MOVE_NAMES[layers.brief.move]}"
    size = max(10, round(min(width, height) * 0.026))
    letter(
        pixels,
        name,
        recipe.look.label,
        left=round(size * 1.3),
        top=label_top(height, size, recipe.look.bars),
        size=size,
    )
    save_png(pixels, into, {RECIPE_KEY: recipe.to_json()})


def label_top(height: int, size: int, bar_share: float) -> int:
    """Return where the shot's name goes: in the lower bar if there is room, else above the edge."""
    bar = round(height * bar_share)
    return height - bar + (bar - round(size * 1.2)) // 2 if bar > size * 2 else height - round(size * 2.3)


def character_sheet(description: str, *, look: DraftLook, width: int, height: int, seed: int, into: Path) -> None:
    """Draw a character sheet: a large face, the whole figure standing and walking, and the colours used."""
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
    _swatches(pixels, [character.skin, character.hair_colour, character.garment_colour, day.figure])
    size = max(10, round(min(width, height) * 0.026))
    letter(pixels, "CHARACTER", mix(day.figure, "#000000", 0.4), left=size, top=size, size=size)
    save_png(pixels, into, {PERSON_KEY: json.dumps(asdict(person))})


def _draw_sheet(front: Canvas, character: Character, day: Palette, paper: str) -> None:
    """Draw the sheet. Landscape: the face on the left, the figures on the right. Portrait: the face above them."""
    wide = front.right
    if front.aspect < 1:
        face = FigurePainter(front, character, day, 0.0, -0.24, min(0.26, wide * 0.7))
        face.bust()
        face.face(smile=0.5)
        front.rectangle(-wide, 0.02, wide, 0.36, mix(paper, day.near, 0.2))
        front.rectangle(-wide, 0.36, wide, 0.5, mix(paper, day.near, 0.45))
        places, head, ground = (-0.45 * wide, 0.45 * wide), 0.048, 0.39
    else:
        face = FigurePainter(front, character, day, -wide * 0.42, -0.06, 0.44)
        face.bust()
        face.face(smile=0.5)
        places, head, ground = (wide * 0.28, wide * 0.7), 0.112, 0.37
    for x, pose in zip(places, ("stand", "walk"), strict=True):
        figure = BodyPainter(front, character, day, x, ground - GROUND_Y * head, head)
        front.ellipse(x + 0.2 * head, ground + 0.015, 1.5 * head, 0.18 * head, "#000000", 0.3)
        figure.draw(skeleton(pose_at(pose, 0.2)))


def _swatches(pixels: Pixels, colours: list[str]) -> None:
    height, width = pixels.shape[:2]
    size = round(min(width, height) * 0.055)
    for number, colour in enumerate(colours):
        left, top = width - (number + 1) * round(size * 1.25), height - round(size * 1.35)
        blue, green, red = int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)
        cv2.circle(pixels, (left + size // 2, top + size // 2), size // 2, (blue, green, red), -1, cv2.LINE_AA)


def save_png(pixels: Pixels, path: Path, texts: dict[str, str]) -> None:
    """Write under a temporary name, then rename."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    part = path.with_name(path.name + ".part")
    image = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    image.save(part, "PNG", pnginfo=info, compress_level=1)
    part.rename(path)


def read_texts(path: Path) -> dict[str, str]:
    """Return the texts inside a PNG; none for any other file."""
    try:
        with Image.open(path) as image:
            if not isinstance(image, PngImageFile):
                return {}
            return {key: str(text) for key, text in image.text.items()}
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


def pin_photo(pixels: Pixels, photo: Pixels) -> None:
    """Put a small tilted print of the character reference into the upper right corner."""
    height, width = pixels.shape[:2]
    side = round(min(width, height) * 0.24)
    border = max(3, side // 18)
    # In a tall image, the face is in the upper middle.
    square = min(photo.shape[:2])
    left = (photo.shape[1] - square) // 2
    top = round((photo.shape[0] - square) * 0.15)
    card = cv2.resize(photo[top : top + square, left : left + square], (side, side), interpolation=cv2.INTER_AREA)
    card = cv2.copyMakeBorder(card, border, border * 3, border, border, cv2.BORDER_CONSTANT, value=(238, 244, 247))
    mask = np.full(card.shape[:2], 255, np.uint8)
    turn = cv2.getRotationMatrix2D((card.shape[1] / 2, card.shape[0] / 2), -4, 1.0)
    turn[:, 2] += (width - card.shape[1] - side * 0.16, side * 0.14)
    shadow = cv2.warpAffine(mask, turn + np.array([[0, 0, border], [0, 0, border * 1.5]]), (width, height))
    shade = cv2.GaussianBlur(shadow, (0, 0), border * 1.5).astype(np.float32)[..., None] * (0.5 / 255)
    placed = cv2.warpAffine(card, turn, (width, height)).astype(np.float32)
    share = cv2.warpAffine(mask, turn, (width, height)).astype(np.float32)[..., None] / 255
    below = pixels.astype(np.float32) * (1 - shade)
    # The warp's black border already darkens the card's edge, so no second factor is needed.
    pixels[:] = (below * (1 - share) + placed).clip(0, 255).astype(np.uint8)
