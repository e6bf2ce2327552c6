"""Composing a storyboard frame from a prompt: background, figure in front, light, finish.

`paint` returns layers for a clip; `flatten` merges them into a still. The same recipe always paints the same layers,
pixel for pixel, so a clip can animate the layers of an existing still.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from engines.draft.canvas import Canvas, Pixels, levelled, mix
from engines.draft.figure import FigurePainter, Mouth, cast, complete, draw_outline, light_the_edge
from engines.draft.look import DraftLook
from engines.draft.places import PLACES
from engines.draft.reading import Brief, Person, read_prompt
from engines.draft.things import THINGS

# How close the background is (its magnification and blur), and the head's height in frame heights.
_FRAMING = {
    "extreme_wide": (1.0, 0.0, 0.026),
    "wide": (1.0, 0.0, 0.052),
    "full": (1.15, 0.0012, 0.108),
    "medium": (1.4, 0.006, 0.27),
    "close": (1.9, 0.014, 0.5),
    "extreme_close": (2.4, 0.02, 0.95),
    "detail": (2.0, 0.016, 0.0),
}
SHOT_NAMES = {
    "extreme_wide": "EXTREME WIDE", "wide": "WIDE", "full": "FULL SHOT", "medium": "MEDIUM", "close": "CLOSE-UP",
    "extreme_close": "EXTREME CLOSE-UP", "detail": "DETAIL",
}  # fmt: skip
MOVE_NAMES = {
    "push_in": "PUSH IN", "pull_out": "PULL OUT", "pan_left": "PAN LEFT", "pan_right": "PAN RIGHT",
    "tilt_up": "TILT UP", "tilt_down": "TILT DOWN", "orbit": "ORBIT", "drift": "DRIFT",
    "handheld": "HANDHELD", "static": "STATIC",
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """Everything a storyboard frame is painted from. `person` holds marks read from a character reference."""

    prompt: str
    seed: int
    look: DraftLook
    person: Person | None = None

    def to_json(self) -> str:
        person = asdict(self.person) if self.person else None
        return json.dumps(
            {"prompt": self.prompt, "seed": self.seed, "look": self.look.model_dump(), "person": person},
            separators=(",", ":"),
        )

    @staticmethod
    def from_json(text: str) -> "Recipe":
        """Parse a recipe. Raises ValueError (or a subclass, pydantic's too) when the text isn't one."""
        values: Mapping[str, Any] = json.loads(text)
        if not isinstance(values, dict) or not {"prompt", "seed", "look"} <= values.keys():
            raise ValueError("not a storyboard recipe")
        person = values.get("person")
        return Recipe(
            prompt=str(values["prompt"]),
            seed=int(values["seed"]),
            look=DraftLook.model_validate(values["look"]),
            person=Person(**person) if person else None,
        )


@dataclass(frozen=True)
class Layers:
    """`back` and premultiplied `front` with `alpha`, all with overscan. `light` is the background's light, BGR at a
    quarter of the size. `mouth` is the drawn mouth in `front`, if there is one large enough to see it move."""

    brief: Brief
    back: Pixels
    front: Pixels
    alpha: Pixels
    light: Pixels
    mouth: Mouth | None


def stable_number(*parts: object) -> int:
    """Return the same number for the same parts in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def paint(recipe: Recipe, width: int, height: int) -> Layers:
    """Paint the layers of a `width` × `height` frame."""
    brief = read_prompt(recipe.prompt)
    look = recipe.look
    palette = look.palettes["interior" if brief.light == "interior" else brief.light]  # type: ignore[index]
    rng = np.random.default_rng(stable_number(recipe.prompt, recipe.seed))
    magnified, blurred, head = _FRAMING[brief.shot]
    back = Canvas(width, height)
    # In a wide shot the car's interior can't be seen; the road can.
    place = "road" if brief.place == "car" and brief.shot in {"extreme_wide", "wide", "full"} else brief.place
    PLACES[place](back, palette, rng, brief.light)
    if brief.weather == "fog":
        for _ in range(5):
            back.glow(rng.uniform(-0.8, 0.8), rng.uniform(0.0, 0.3), 0.7, palette.sky_low, 0.28, stretch=0.3)
    if magnified > 1:
        back.magnify(magnified, rng.uniform(-0.08, 0.08), -0.04)
    back.blur(blurred)
    back.shine()
    front = Canvas(width, height, transparent=True)
    mouth = None
    side = int(rng.choice([-1, 1]))
    if brief.shot == "detail":
        THINGS[brief.thing](front, palette)
        back.glow(0.1, 0.0, 0.4, palette.glow, 0.2)
    elif not brief.empty:
        mouth = _paint_figure(front, recipe, brief, palette, rng, head)
    if look.outline:
        draw_outline(front, mix(palette.figure, "#000000", 0.5), min(0.007, max(0.002, head * 0.02)))
    light_the_edge(front, palette.rim, side, min(0.02, max(0.0025, head * 0.05 or 0.01)))
    alpha = front.alpha if front.alpha is not None else np.zeros(front.pixels.shape[:2], np.uint8)
    _finish(back, front, alpha, look, rng)
    light = np.minimum(back.light, 255).astype(np.uint8)
    return Layers(brief, back.pixels, front.pixels, alpha, light, mouth)


def _paint_figure(
    front: Canvas, recipe: Recipe, brief: Brief, palette: Any, rng: np.random.Generator, head: float
) -> Mouth | None:
    person = _merge(brief.person, recipe.person)
    identity = stable_number(person.garment_colour, person.garment, person.hair_colour, person.hair)
    character = cast(complete(person, identity), palette)
    # A third off centre, and closer to it in a portrait frame.
    x = float(rng.choice([-1, 1])) * 0.14 * front.aspect * rng.uniform(0.5, 1.0)
    if brief.shot in {"extreme_wide", "wide", "full"}:
        ground = {"extreme_wide": 0.3, "wide": 0.36, "full": 0.44}[brief.shot]
        painter = FigurePainter(front, character, palette, x, ground - 6.4 * head, head)
        front.ellipse(x + 0.2 * head, ground + 0.12 * head, 1.5 * head, 0.18 * head, "#000000", 0.4)
        painter.body(brief.pose)
        painter.head_from_afar()
        return None
    if brief.shot == "extreme_close":
        x, y = x * 0.25, 0.02
    else:
        x, y = x * (0.8 if brief.shot == "medium" else 0.7), -0.15 if brief.shot == "medium" else -0.03
    painter = FigurePainter(front, character, palette, x, y, head * min(1.0, 0.45 + 0.55 * front.aspect))
    painter.bust()
    if brief.shot == "medium" and brief.pose in {"arms", "sing"}:
        painter.arms(brief.pose)
    return painter.face(look=-np.sign(x) * 0.5, smile=0.2 if brief.light in {"night", "dusk"} else 0.6)


def _merge(named: Person, reference: Person | None) -> Person:
    """Merge the two; the prompt takes precedence over the reference."""
    if reference is None:
        return named
    return Person(**{key: value or getattr(reference, key) for key, value in asdict(named).items()})


def _finish(back: Canvas, front: Canvas, alpha: Pixels, look: DraftLook, rng: np.random.Generator) -> None:
    """Apply contrast and texture to both layers."""
    if look.contrast != 1:
        back.pixels = levelled(back.pixels, look.contrast, 128 * (1 - look.contrast))
        # Premultiplied: the offset applies only where the layer covers.
        offset = cv2.merge([alpha] * 3).astype(np.float32) * (128 / 255 * (1 - look.contrast))
        front.pixels = (front.pixels.astype(np.float32) * look.contrast + offset).clip(0, 255).astype(np.uint8)
    strength = {"smooth": 0.4, "film": 1.0, "paper": 0.7}[look.texture] * look.grain * 14
    if strength < 0.5 and look.texture != "paper":
        return
    noise = _noise(back, look, max(strength, 1.5), rng)
    back.pixels = _add(back.pixels, noise)
    front.pixels = _add(front.pixels, cv2.multiply(noise, alpha, scale=1 / 255, dtype=cv2.CV_16S))


def _noise(canvas: Canvas, look: DraftLook, strength: float, rng: np.random.Generator) -> Pixels:
    """Return film grain or paper fibres; a repeated tile, since the repetition can't be seen."""
    tile: Pixels = rng.normal(0, strength, (331, 331)).astype(np.float32)
    if look.texture == "paper":
        tile = cv2.GaussianBlur(tile, (0, 0), 1.2, borderType=cv2.BORDER_REFLECT) * 2.4
    if look.texture == "film":
        tile = cv2.resize(tile, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    times = (-(-canvas.height // tile.shape[0]), -(-canvas.width // tile.shape[1]))
    laid: Pixels = np.tile(tile.astype(np.int16), times)[: canvas.height, : canvas.width]
    return laid


def _add(pixels: Pixels, noise: Pixels) -> Pixels:
    """Saturating."""
    return cv2.add(pixels, cv2.merge([noise] * 3), dtype=cv2.CV_8U)


def flatten(layers: Layers, width: int, height: int) -> Pixels:
    """Return the still: front over back, overscan cropped."""
    full_height, full_width = layers.alpha.shape
    top, left = (full_height - height) // 2, (full_width - width) // 2
    window = (slice(top, top + height), slice(left, left + width))
    inverse = cv2.merge([cv2.bitwise_not(layers.alpha[window])] * 3)
    return cv2.add(cv2.multiply(layers.back[window], inverse, scale=1 / 255), layers.front[window])


def vignette(pixels: Pixels, strength: float) -> Pixels:
    """Darken the corners; `strength` 0…1."""
    if strength <= 0:
        return pixels
    return cv2.multiply(
        pixels, cv2.merge([vignette_mask(pixels.shape[1], pixels.shape[0], strength)] * 3), scale=1 / 255
    )


def vignette_mask(width: int, height: int, strength: float) -> Pixels:
    """Return a mask with 255 in the middle, darker towards the corners."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    fall = np.clip((across + down) / 2, 0, 1) ** 1.3
    return (255 * (1 - 0.75 * strength * fall)).astype(np.uint8)


def bars(pixels: Pixels, share: float) -> Pixels:
    """Draw letterbox bars, each `share` of the height."""
    rows = round(pixels.shape[0] * share)
    if rows:
        pixels[:rows] = 0
        pixels[-rows:] = 0
    return pixels
