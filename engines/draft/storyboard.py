"""Composing a storyboard frame from a prompt: background, figure in front, light, finish.

`paint` returns layers for a clip; `flatten` merges them into a still. The same recipe always paints the same layers,
pixel for pixel, so a clip can animate the layers of an existing still.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np

from engines.draft.backgrounds import paint_place, shows_building
from engines.draft.behind import paint_behind
from engines.draft.canvas import Canvas, Pixels, leveled, mix
from engines.draft.company.settings import colored, furnish
from engines.draft.figure import Mouth, draw_outline, light_the_edge
from engines.draft.finish import bar_share, bars, finished, inked, noise_for, streaked, vignette
from engines.draft.look import DraftLook, Palette
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.reading import Brief, read_prompt
from engines.draft.scene import Scene
from engines.draft.sight import Sight
from engines.draft.staging import paint_front
from engines.draft.takes import Take
from engines.draft.vocabulary import places
from engines.draft.weather import Weather

# How close the background is: its magnification and blur.
_FRAMING = {
    "extreme_wide": (1.0, 0.0),
    "wide": (1.0, 0.0),
    "full": (1.12, 0.0008),
    "medium": (1.3, 0.004),
    "close": (1.6, 0.009),
    "extreme_close": (2.2, 0.018),
    "detail": (1.8, 0.012),
}
# How bright a place is whose power has gone out.
_DARK = 0.28
# How much taller than wide an anamorphic lens blurs a light.
_OVAL = 1.9
# Recipes of another version were painted by an engine that saw other things in the same words.
_VERSION = 7
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
    """Everything a storyboard frame is painted from. `person` holds marks read from a character reference, `sight`
    what the scene's writer said is to be seen; without it, the prompt is read."""

    prompt: str
    seed: int
    look: DraftLook
    person: Person | None = None
    sight: Sight | None = None

    def to_json(self) -> str:
        values = {
            "version": _VERSION,
            "prompt": self.prompt,
            "seed": self.seed,
            "look": self.look.model_dump(),
            "person": asdict(self.person) if self.person else None,
            "sight": self.sight.to_data() if self.sight else None,
        }
        return json.dumps(values, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> "Recipe":
        """Parse a recipe. Raises ValueError (or a subclass, pydantic's too), TypeError or KeyError when the text isn't
        one, or is one of another version, whose picture can only be filmed as it is."""
        values: Mapping[str, Any] = json.loads(text)
        if not isinstance(values, dict) or not {"prompt", "seed", "look"} <= values.keys():
            raise ValueError("not a storyboard recipe")
        if values.get("version") != _VERSION:
            raise ValueError("a recipe of another version")
        person, sight = values.get("person"), values.get("sight")
        return Recipe(
            prompt=str(values["prompt"]),
            seed=int(values["seed"]),
            look=DraftLook.model_validate(values["look"]),
            person=Person.from_data(person) if person else None,
            sight=Sight.from_data(sight) if sight else None,
        )

    def brief(self) -> Brief:
        return read_prompt(self.prompt, self.sight)


@dataclass(frozen=True)
class Front:
    """What is in front: premultiplied pixels and their coverage, with their upper left corner on the canvas."""

    pixels: Pixels
    alpha: Pixels
    left: int = 0
    top: int = 0


@dataclass(frozen=True)
class Layers:
    """`back` and premultiplied `front` with `alpha`, all with overscan. `light` is the background's light, BGR at a
    quarter of the size. `mouth` is the drawn mouth in `front`, if there is one large enough to see it move. `cycle`
    are the steps of a movement of two beats, which replace the front; empty where nobody moves."""

    brief: Brief
    back: Pixels
    front: Pixels
    alpha: Pixels
    light: Pixels
    mouth: Mouth | None
    cycle: tuple[Front, ...] = ()


def paint(recipe: Recipe, width: int, height: int, *, steps: int = 0, take: Take = Take()) -> Layers:  # noqa: B008  # frozen
    """Paint the layers of a `width` × `height` frame, and `steps` of the movement in it, if people are seen moving.
    Another `take` shows the same in another way."""
    brief = recipe.brief()
    look = recipe.look
    palette = look.palettes[brief.light]  # type: ignore[index]
    seed = stable_number(recipe.prompt, recipe.seed)
    rng = np.random.default_rng(seed)
    side = int(rng.choice([-1, 1])) * (-1 if take.mirrored else 1)
    scene = Scene(brief, palette, width / (height * composed(look, width, height)), seed, side, take.nearer)
    front, mouth = _front(recipe, scene, width, height, take.phase)
    back = _back(scene, look, rng, width, height, take)
    if front.lit:
        back.light[:] += front.light
    back.shine()
    alpha = front.alpha if front.alpha is not None else np.zeros(front.pixels.shape[:2], np.uint8)
    noise = noise_for(back, look, rng)
    if look.lens == "anamorphic":
        back.pixels = streaked(back.pixels, height)
    back.pixels = inked(back.pixels, look.ink, height)
    back.pixels = finished(back.pixels, None, look, noise)
    light = np.minimum(back.light, 255).astype(np.uint8)
    moving = steps if scene.whole and alpha.any() else 0
    phases = [take.phase + step / moving for step in range(moving)]
    canvases = (_front(recipe, scene, width, height, phase)[0] if phase > take.phase else front for phase in phases)
    cycle = tuple(_step(canvas, look, noise) for canvas in canvases)
    return Layers(brief, back.pixels, finished(front.pixels, alpha, look, noise), alpha, light, mouth, cycle)


def _back(scene: Scene, look: DraftLook, rng: np.random.Generator, width: int, height: int, take: Take) -> Canvas:
    brief, palette = scene.brief, scene.palette
    magnified, blurred = _FRAMING[brief.shot]
    back = Canvas(width, height)
    setting = brief.sight.setting
    layout = np.random.default_rng(setting.number) if setting else rng
    if setting and shows_building(brief.place):
        setting = replace(setting, surfaces="")
    paint_place(back, colored(palette, setting), layout, brief, narrow=scene.narrow)
    if setting:
        furnish(back, scene, setting)
    if brief.weather == "dark":
        back.pixels = leveled(back.pixels, _DARK, 0.0)
        back.light[:] *= _DARK
    paint_behind(back, scene)
    if falling(brief) == "rain":
        _storm(back, palette)
    if brief.weather == "fog":
        for _ in range(5):
            back.glow(rng.uniform(-0.8, 0.8), rng.uniform(0.0, 0.3), 0.7, palette.sky_low, 0.28, stretch=0.3)
    magnified = take.magnified(magnified)
    if magnified > 1:
        back.magnify(magnified, rng.uniform(-0.08, 0.08) + take.aside, -0.04)
    if look.lens != "deep":
        back.blur(blurred, tall=_OVAL if look.lens == "anamorphic" else 1.0)
    return back


def _storm(back: Canvas, palette: Palette) -> None:
    """Darken the sky into heavy clouds."""
    cloud = mix(palette.sky_top, "#20242c", 0.6)
    for row, y in enumerate((-0.5, -0.42, -0.33)):
        for x in np.arange(-back.right, back.right + 0.1, 0.17):
            size = 0.13 + 0.03 * np.sin(7 * x + row)
            back.ellipse(float(x) + 0.05 * row, y, size, 0.055, mix(cloud, palette.sky_low, 0.12 * row), 0.6)


def composed(look: DraftLook, width: int, height: int) -> float:
    """Return how much of the frame's height people and things are set into; bars cover what is above and below."""
    return 1 - 1.8 * bar_share(look.bars, width, height)


def _front(recipe: Recipe, scene: Scene, width: int, height: int, phase: float) -> tuple[Canvas, Mouth | None]:
    look, palette, head = recipe.look, scene.palette, scene.head
    front = Canvas(width, height, transparent=True, share=composed(look, width, height))
    mouth = paint_front(front, scene, recipe.person, phase)
    if scene.brief.weather == "dark":
        front.pixels = leveled(front.pixels, 0.72, 0.0)
    if look.outline:
        thickness = min(0.008, max(0.003, head * 0.022))
        draw_outline(front, mix(palette.figure, "#000000", 0.5), thickness * (0.6 if look.sticker else 1.0))
    if look.sticker:
        draw_outline(front, look.sticker, min(0.014, max(0.005, head * 0.06)))
    light_the_edge(front, palette.rim, -scene.side, min(0.02, max(0.0025, head * 0.05 or 0.01)))
    return front, mouth


def _step(canvas: Canvas, look: DraftLook, noise: Pixels | None) -> Front:
    """Return one step of the movement, cropped to what is covered, with even edges."""
    assert canvas.alpha is not None  # noqa: S101 - a front is transparent
    left, top, wide, high = cv2.boundingRect(canvas.alpha)
    left, top = left // 2 * 2, top // 2 * 2
    window = (slice(top, top + (high + 3) // 2 * 2), slice(left, left + (wide + 3) // 2 * 2))
    alpha = np.ascontiguousarray(canvas.alpha[window])
    part = None if noise is None else noise[window]
    return Front(finished(np.ascontiguousarray(canvas.pixels[window]), alpha, look, part), alpha, left, top)


def flatten(layers: Layers, width: int, height: int) -> Pixels:
    """Return the still: front over back, overscan cropped."""
    full_height, full_width = layers.alpha.shape
    top, left = (full_height - height) // 2, (full_width - width) // 2
    window = (slice(top, top + height), slice(left, left + width))
    inverse = cv2.merge([cv2.bitwise_not(layers.alpha[window])] * 3)
    return cv2.add(cv2.multiply(layers.back[window], inverse, scale=1 / 255), layers.front[window])


def still(recipe: Recipe, width: int, height: int) -> tuple[Pixels, Brief]:
    """Return the whole picture, framed, and what it shows."""
    layers = paint(recipe, width, height)
    pixels = weathered(vignette(flatten(layers, width, height), recipe.look.vignette), recipe)
    return bars(pixels, recipe.look.bars), layers.brief


def weathered(pixels: Pixels, recipe: Recipe) -> Pixels:
    """Add rain, snow or dust to a still; a clip has its own that moves."""
    kind = falling(recipe.brief())
    if not kind:
        return pixels
    height, width = pixels.shape[:2]
    fallen: Pixels = np.zeros((height, width), np.uint8)
    Weather(kind, width, height, fps=24, seed=recipe.seed).fall(0, fallen)
    if kind == "dust":
        fallen = cv2.convertScaleAbs(fallen, alpha=0.4)
    return cv2.add(pixels, cv2.merge([fallen] * 3))


def falling(brief: Brief) -> str:
    """Return what falls in front of the lens, "" indoors and for weather that is only in the air."""
    place = places().get(brief.place)
    outdoors = place is None or not place.indoors
    return brief.weather if outdoors and brief.weather in {"rain", "snow", "dust"} else ""
