"""The draft's pictures of one subject: a character's sheet, the views of reference sheets, places and things."""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import cv2

from apps.providers.draft.images import PERSON_KEY, save_png, storyboard_image
from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, Pixels, Point, mix
from engines.draft.company.chosen import Chosen, drawn_person, sight_of
from engines.draft.company.described import prop_of
from engines.draft.figure import Character, FigurePainter, cast, complete, draw_outline, light_the_edge
from engines.draft.glyphs import breadth, shadow, stamp
from engines.draft.hats import top_of
from engines.draft.lettering import letter, text_mask
from engines.draft.look import DraftLook, Palette
from engines.draft.moods import Expression
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.profile import draw_profile
from engines.draft.reading import read_person
from engines.draft.rig import GROUND_Y, pose_at, skeleton
from engines.draft.sight import Amount, Sight
from engines.draft.storyboard import Recipe
from engines.draft.turned import TurnedPainter
from engines.draft.vocabulary import Thing, things

_SMILE = Expression(smile=0.5)


def character_sheet(person: Person, *, look: DraftLook, width: int, height: int, into: Path) -> None:
    """Draw a character sheet: the face from the front and from the side, the whole figure, and the colors used."""
    sheet = _Sheet(look, width, height)
    character = cast(person, sheet.day)
    _draw_sheet(sheet.front, character, sheet.day, sheet.paper)
    pixels = sheet.finished()
    _swatches(pixels, [character.skin, character.hair_color, character.garment_color, sheet.day.figure])
    sheet.save(pixels, "CHARACTER", into, {PERSON_KEY: json.dumps(asdict(person))})


def person_said(description: str, seed: int) -> Person:
    """Return whom a description without a name says; another `seed` fills in differently what it leaves open."""
    return complete(read_person(description), stable_number(description, seed))


def subject_image(
    one: Chosen, view: str, prompt: str, *, look: DraftLook, width: int, height: int, seed: int, into: Path
) -> None:
    """Draw a picture of one subject alone: a `view` of its reference sheet, or with "" whatever shows it best."""
    if one.kind == "prop" and prop_of(one.name, one.description) is None:
        _named_thing(one.name, look=look, width=width, height=height, into=into)
        return
    if one.kind != "character":
        recipe = Recipe(_PROMPTS.get(one.kind, prompt), seed, look, sight=_alone(one, view, prompt))
        storyboard_image(recipe, width=width, height=height, into=into)
        return
    if one.described.animal is not None:
        _animal_view(one.described.animal, view, look=look, width=width, height=height, into=into)
        return
    person = drawn_person(one, None if view else seed)
    if view in _VIEWS:
        _character_view(person, view, look=look, width=width, height=height, into=into)
    else:
        character_sheet(person, look=look, width=width, height=height, into=into)


# What says how a subject's picture is framed; what is seen in it is known from its own words.
_PROMPTS = {"place": "Wide shot. The camera holds still.", "prop": "Detail. The camera holds still."}


def _alone(one: Chosen, light: str, prompt: str) -> Sight | None:
    """Return a place or thing with nobody near it, at the light of its view; a style is a still of its words."""
    if one.kind not in _PROMPTS:
        return None
    sight = replace(sight_of(prompt, Sight(nobody=True), [one]), nobody=True, action="stand")
    return replace(sight, light=light) if light else sight


def _named_thing(name: str, *, look: DraftLook, width: int, height: int, into: Path) -> None:
    """Write the name of a thing that can't be drawn on plain paper, rather than draw another thing. What the built-in
    font lacks is left out: accents, and other scripts."""
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip()
    sheet = _Sheet(look, width, height)
    pixels = sheet.finished()
    size = round(min(width, height) * 0.1)
    size = min(size, max(1, int(size * 0.84 * width / text_mask(name, size).shape[1])))
    high, wide = text_mask(name, size).shape
    ink = mix(sheet.day.figure, "#000000", 0.4)
    letter(pixels, name, ink, left=max(0, (width - wide) // 2), top=(height - high) // 2, size=size)
    sheet.save(pixels, "PROP", into, {})


class _Sheet:
    """Plain paper with a floor, and what is drawn in front of it."""

    def __init__(self, look: DraftLook, width: int, height: int, *, floor: bool = True) -> None:
        self.look, self.day = look, look.palettes["day"]
        self.paper = mix(mix(self.day.sky_low, "#ffffff", 0.35), self.day.ground, 0.12)
        self.back = Canvas(width, height, overscan=1.0)
        self.back.gradient(mix(self.paper, "#ffffff", 0.3), mix(self.paper, self.day.near, 0.22), -0.5, 0.5)
        if floor:
            wide = self.back.right
            self.back.rectangle(-wide, 0.36, wide, 0.5, mix(self.paper, self.day.near, 0.45))
        self.front = Canvas(width, height, transparent=True, overscan=1.0)

    def finished(self) -> Pixels:
        front = self.front
        if self.look.outline:
            draw_outline(front, mix(self.day.figure, "#000000", 0.5), 0.005)
        light_the_edge(front, self.day.rim, 1, 0.012, 0.6)
        assert front.alpha is not None  # noqa: S101 - a front is transparent
        return cv2.add(
            cv2.multiply(self.back.pixels, cv2.merge([cv2.bitwise_not(front.alpha)] * 3), scale=1 / 255), front.pixels
        )

    def save(self, pixels: Pixels, name: str, into: Path, texts: dict[str, str]) -> None:
        size = max(10, round(min(pixels.shape[:2]) * 0.026))
        letter(pixels, name, mix(self.day.figure, "#000000", 0.4), left=size, top=size, size=size)
        save_png(pixels, into, texts)


def _character_view(person: Person, view: str, *, look: DraftLook, width: int, height: int, into: Path) -> None:
    sheet = _Sheet(look, width, height, floor=view == "full body")
    character = cast(person, sheet.day)
    _VIEWS[view](sheet, character)
    sheet.save(sheet.finished(), view.upper(), into, {PERSON_KEY: json.dumps(asdict(person))})


def _head_of(sheet: _Sheet, character: Character) -> tuple[float, float]:
    """Return the height of a head for head and shoulders, and its middle: smaller in a child, or a narrow frame, and
    lower under a tall hat."""
    head = min(0.44, sheet.front.right * 0.6) * (0.88 if character.size < 0.8 else 1.0)
    y = max(-0.06 if character.hat else -0.09, min(0.06, head * top_of(character) + _TOP))
    return min(head, (y - _TOP) / top_of(character)), y


# Nothing of a person reaches higher.
_TOP = -0.465


def _front(sheet: _Sheet, character: Character) -> None:
    head, y = _head_of(sheet, character)
    painter = FigurePainter(sheet.front, character, sheet.day, 0.0, y, head)
    painter.bust()
    painter.face(shown=_SMILE)


def _three_quarter(sheet: _Sheet, character: Character) -> None:
    head, y = _head_of(sheet, character)
    painter = TurnedPainter(sheet.front, character, sheet.day, 0.0, y, head)
    painter.bust()
    painter.face(look=0.2, shown=_SMILE)


def _profile(sheet: _Sheet, character: Character) -> None:
    head, y = _head_of(sheet, character)
    draw_profile(FigurePainter(sheet.front, character, sheet.day, 0.0, y, head))


def _full_body(sheet: _Sheet, character: Character) -> None:
    _figure(sheet.front, character, sheet.day, (0.0, 0.43), 0.112, "stand")


_VIEWS: dict[str, Callable[[_Sheet, Character], None]] = {
    "front": _front, "three-quarter": _three_quarter, "profile": _profile, "full body": _full_body,
}  # fmt: skip


def _animal_view(animal: Amount, view: str, *, look: DraftLook, width: int, height: int, into: Path) -> None:
    """Draw an animal, whose outline is only known from one side: from the other for a profile, whole for the rest."""
    sheet = _Sheet(look, width, height)
    known = things()[animal.name]
    thing: Thing = replace(known, color=animal.color or known.color)
    tall = min(0.6 if view == "full body" else 0.78, 0.86 * sheet.front.aspect / breadth(thing))
    shadow(sheet.front, 0.0, 0.42, 0.4 * tall * breadth(thing))
    stamp(sheet.front, thing, sheet.day, 0.0, 0.42, tall, left=view != "profile")
    sheet.save(sheet.finished(), view.upper() or "CHARACTER", into, {})


def _draw_sheet(front: Canvas, character: Character, day: Palette, paper: str) -> None:
    """Draw the sheet. Landscape: front, side and whole figure in a row. Portrait: the figure below the two faces."""
    wide = front.right
    figures: tuple[float, ...]
    if front.aspect < 1:
        head = min(0.2, wide * 0.44)
        faces, figures, size, ground = ((-0.46 * wide, -0.27), (0.46 * wide, -0.27)), (-0.45, 0.45), 0.048, 0.39
        top = 0.03
    else:
        head = min(0.36, wide * 0.3) * (0.92 if character.person.build == "round" else 1.0)
        faces, figures, size, ground = ((-wide * 0.5, -0.08), (wide * 0.2, -0.08)), (0.7,), 0.112, 0.37
        top = _TOP
    head = min(head, (faces[0][1] - _TOP) / top_of(character))
    face = FigurePainter(front, character, day, *faces[0], head)
    face.bust()
    face.face(shown=_SMILE)
    draw_profile(FigurePainter(front, character, day, *faces[1], head))
    if front.aspect < 1:
        front.rectangle(-wide, 0.02, wide, 0.36, mix(paper, day.near, 0.2))
        front.rectangle(-wide, 0.36, wide, 0.5, mix(paper, day.near, 0.45))
    for share, pose in zip(figures, ("stand", "walk"), strict=False):
        _figure(front, character, day, (share * wide, ground), size, pose, top=top)


def _figure(
    front: Canvas, character: Character, day: Palette, foot: Point, size: float, pose: str, top: float = _TOP
) -> None:
    """Draw a whole figure, whose head is `size` high in somebody of usual height, below `top`."""
    x, ground = foot
    size = min(size * min(1.12, character.size), (ground - top) / (GROUND_Y + top_of(character)))
    figure = BodyPainter(front, character, day, x, ground - GROUND_Y * size, size)
    front.ellipse(x + 0.2 * size, ground + 0.015, 1.5 * size, 0.18 * size, "#000000", 0.3)
    seated = character.person.extra == "wheelchair"
    figure.draw(skeleton(pose_at("sit" if seated else pose, 0.2)))


def _swatches(pixels: Pixels, colors: list[str]) -> None:
    height, width = pixels.shape[:2]
    size = round(min(width, height) * 0.055)
    for number, color in enumerate(colors):
        left, top = width - (number + 1) * round(size * 1.25), height - round(size * 1.35)
        blue, green, red = int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)
        cv2.circle(pixels, (left + size // 2, top + size // 2), size // 2, (blue, green, red), -1, cv2.LINE_AA)
