"""What is far away, in the sky or on the wall, and crowds: all that belongs to the background."""

from dataclasses import replace

import numpy as np

from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, mix
from engines.draft.figure import cast, complete
from engines.draft.glyphs import breadth, stamp
from engines.draft.people import Person
from engines.draft.props import MOUNTS
from engines.draft.reading import BURNABLE
from engines.draft.rig import GROUND_Y, pose_at, skeleton
from engines.draft.scene import WIDE_SHOTS, Scene, known_things
from engines.draft.vocabulary import Place, Thing, places, things


def paint_behind(back: Canvas, scene: Scene) -> None:
    """Set what is far away, in the sky or on the wall into the background, and a crowd where there is one."""
    brief = scene.brief
    close = brief.shot not in WIDE_SHOTS
    room = 0.62 if close else 1.0
    slots = {
        "sky": iter((-0.5, 0.45, 0.05)),
        "far": iter((-0.42, 0.5, 0.1)),
        "wall": iter((-0.4, 0.44, 0.04)),
        "water": iter((-0.34, 0.4, 0.1)),
    }
    place = places().get(brief.place)
    inside = place is not None and place.indoors
    for thing, count in known_things(brief, "sky", "far", "wall", "water"):
        if inside and thing.name in _INDOORS_TOO:
            height = min(0.46, 0.6 * scene.aspect / breadth(thing))
            stamp(back, thing, scene.palette, 0.42 * -scene.side * room * scene.narrow, 0.24, height, haze=0.12)
            continue
        if not _belongs(scene, thing, place):
            continue
        for number in range(min(count, 3)):
            spot = next(slots[thing.at], None)
            if spot is None:
                continue
            _set_back(back, scene, thing, spot * -scene.side * room * scene.narrow, number)
    if any(thing.name == "window" for thing, _ in known_things(brief)) and not inside:
        _windows_around(back, scene)
    if scene.burning and place is not None and not any(amount.burning for amount in brief.sight.things):
        _flames(back, scene, place)
    if brief.weather == "dark" and any(thing.name == "candle" for thing, _ in known_things(brief)):
        for number, x in enumerate((-0.62, -0.5, -0.2, 0.08, 0.5, 0.66)):
            stamp(back, things()["candle"], scene.palette, x * scene.narrow, 0.06, 0.13 + 0.02 * (number % 2))
            back.glow(x * scene.narrow, 0.0, 0.16, "#ffb45a", 0.5)
    if any(member.person.extra == "crowd" for member in brief.sight.cast) and not brief.empty:
        _crowd(back, scene)


def _belongs(scene: Scene, thing: Thing, place: Place | None) -> bool:
    """Whether a thing is seen behind: not twice, and no sky indoors."""
    brief, inside = scene.brief, place is not None and place.indoors
    if thing.at != "wall" if inside and brief.place not in _LOOKING_OUT else thing.at == "wall" and not inside:
        return False
    if thing.name in MOUNTS and brief.action in {"row", "ride"}:
        return False
    if thing.name == "moon thing" and brief.light == "night" and place is not None and place.painter in _MOONLIT:
        return False  # it is in the sky already
    return thing.at != "water" or brief.place != "underwater" or brief.shot not in WIDE_SHOTS


# Indoors, but with a view.
_LOOKING_OUT = frozenset(("space station", "train place", "car place", "bus place", "club", "stage"))


# Large things that may stand in a hall.
_INDOORS_TOO = frozenset(("rocket", "statue", "explosion"))
# Painters whose night sky has a moon.
_MOONLIT = frozenset((
    "street", "rooftop", "water", "mountain", "road", "sea", "lighthouse", "beach", "river", "deck", "snowfield",
    "plain", "desert", "market", "festival", "stadium", "pool", "summit",
))  # fmt: skip


def _windows_around(back: Canvas, scene: Scene) -> None:
    """Set houses at both sides, from whose lit windows people look."""
    wall, pane = mix("#4a4450", scene.palette.near, 0.5), mix("#ffd890", scene.palette.glow, 0.2)
    for side in (-1, 1):
        inner = side * 0.46 * scene.narrow
        back.polygon([(inner, -0.36), (side * back.right, -0.42), (side * back.right, 0.34), (inner, 0.3)], wall)
        for row in range(3):
            for column in range(3):
                x, y = inner + side * (0.075 + 0.145 * column), -0.24 + 0.19 * row
                back.rectangle(x - 0.05, y - 0.07, x + 0.05, y + 0.06, pane)
                back.ellipse(x, y - 0.005, 0.019, 0.024, "#3a2a28")
                clothes = ("#7a3a3a", "#3a5a7a", "#5a6a3a")[(row + column) % 3]
                back.polygon([(x - 0.036, y + 0.06), (x, y), (x + 0.036, y + 0.06)], clothes)
        back.glow(inner + side * 0.2, 0.0, 0.3, "#ffd890", 0.15)


def _flames(back: Canvas, scene: Scene, place: Place) -> None:
    """Set fire to the buildings of a place."""
    for dressing in place.dress:
        if dressing.thing in BURNABLE:
            _flames_on(back, scene, dressing.x * scene.narrow, dressing.foot, dressing.height)


def _flames_on(back: Canvas, scene: Scene, x: float, foot: float, height: float) -> None:
    fire = things()["fire"]
    for along, up, tall in (
        (-0.36, 0.0, 0.42),
        (0.3, 0.05, 0.5),
        (-0.02, 0.45, 0.36),
        (0.42, 0.5, 0.3),
        (-0.4, 0.5, 0.3),
    ):
        stamp(back, fire, scene.palette, x + along * height, foot - up * height, tall * height)
    back.glow(x, foot - 0.3 * height, 0.5, "#ff7a2a", 0.7)


def _set_back(back: Canvas, scene: Scene, thing: Thing, x: float, number: int) -> None:
    if thing.name == "fireworks":
        return _fireworks(back, scene)
    if thing.name == "aurora":
        return _aurora(back, scene)
    heights = {"sky": min(0.26, 0.07 + thing.tall * 0.035), "far": min(0.5, 0.14 + thing.tall * 0.014),
               "wall": 0.26, "water": min(0.36, 0.08 + thing.tall * 0.05)}  # fmt: skip
    height = min(heights[thing.at] * (1.0, 0.7, 0.8)[number], 0.6 * scene.aspect / breadth(thing))
    foot = {"sky": -0.2 + 0.1 * number, "far": 0.17, "wall": 0.0, "water": 0.2}[thing.at]
    x = scene.inside(x, height * breadth(thing))
    burning = any(amount.name == thing.name and amount.burning for amount in scene.brief.sight.things)
    if burning:
        height = min(0.42, 1.5 * height)  # it is what the picture is about
    stamp(back, thing, scene.palette, x, foot, height, left=x > 0, haze=0.25 if thing.at == "far" else 0.08)
    if burning:
        _flames_on(back, scene, x, foot, height)
    if thing.at == "water" and scene.brief.place != "underwater":
        back.waterline(x, foot, height * breadth(thing) * 0.75, scene.palette)
    return None


def _fireworks(back: Canvas, scene: Scene) -> None:
    rng = scene.rng("fireworks")
    for number, color in enumerate(("#ffcf6a", "#ff6a7a", "#7ac8ff", "#a8ff9a", "#ffffff")):
        x, y, size = (
            (number - 2) * 0.27 * scene.narrow + rng.normal(0, 0.04),
            rng.uniform(-0.36, -0.12),
            rng.uniform(0.09, 0.17),
        )
        for angle in np.linspace(0, 2 * np.pi, 22)[:-1]:
            reach = size * rng.uniform(0.8, 1.05)
            start = (x + 0.35 * reach * np.cos(angle), y + 0.35 * reach * np.sin(angle))
            end = (x + reach * np.cos(angle), y + reach * np.sin(angle) + 0.02)
            back.stroke([start, end], 0.004, color, 0.9)
            back.ellipse(*end, 0.005, 0.005, "#ffffff")
        back.glow(x, y, size * 1.5, color, 0.6)


def _aurora(back: Canvas, scene: Scene) -> None:
    """Hang curtains of northern light into the sky."""
    rng = scene.rng("aurora")
    for color, low in (("#4fe0a0", -0.08), ("#5fd0d8", -0.16), ("#9a6ae0", -0.24)):
        start, bend = rng.uniform(0, 6.3), rng.uniform(2.5, 4.0)
        for x in np.arange(-back.right, back.right, 0.035):
            foot = low + 0.07 * np.sin(bend * x + start)
            tall = 0.2 + 0.06 * np.sin(9 * x + start)
            back.beam([(x, foot), (x + 0.05, foot), (x + 0.06, foot - tall), (x + 0.01, foot - tall)], color, 0.07)


def _crowd(back: Canvas, scene: Scene) -> None:
    """Draw rows of people seen from behind or from afar, along the lower edge of the background."""
    rng = scene.rng("crowd")
    for row, (ground, head) in enumerate(((0.24, 0.03), (0.3, 0.038), (0.38, 0.048))):
        for x in np.arange(-back.right, back.right, head * 2.3):
            member = cast(complete(Person(), int(rng.integers(1 << 30))), scene.palette)
            member = replace(member, garment_color=mix(member.garment_color, scene.palette.near, 0.45 - 0.15 * row))
            pose = pose_at(
                "raise" if rng.random() < 0.35 and scene.brief.place in _CHEERING else "look", float(rng.random())
            )
            jitter = float(rng.normal(0, head * 0.4))
            painter = BodyPainter(back, member, scene.palette, float(x) + jitter, ground - GROUND_Y * head + 0.1, head)
            painter.draw(skeleton(pose, right=bool(rng.integers(2))))


_CHEERING = frozenset({"festival", "stadium", "club", "stage", "rooftop", "theater"})
