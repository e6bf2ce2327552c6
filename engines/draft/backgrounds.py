"""The background of a frame: the place's painter, and what is set into the place."""

from dataclasses import replace

import numpy as np

from engines.draft import places_indoors as indoors
from engines.draft import places_outdoors as outdoors
from engines.draft.canvas import Canvas
from engines.draft.glyphs import breadth, stamp
from engines.draft.look import Palette
from engines.draft.places import (
    Painter,
    car,
    forest,
    mountain,
    nowhere,
    road,
    rooftop,
    room,
    space,
    stage,
    street,
    water,
)
from engines.draft.reading import BURNABLE, Brief
from engines.draft.vocabulary import places, things

PAINTERS: dict[str, Painter] = {
    "": nowhere,
    "street": street,
    "rooftop": rooftop,
    "water": water,
    "forest": forest,
    "bamboo": outdoors.bamboo,
    "summit": outdoors.summit,
    "alley": outdoors.alley,
    "mountain": mountain,
    "road": road,
    "room": room,
    "stage": stage,
    "car": car,
    "space": space,
    "sea": outdoors.sea,
    "lighthouse": outdoors.lighthouse,
    "river": outdoors.river,
    "beach": outdoors.beach,
    "deck": outdoors.deck,
    "snowfield": outdoors.snowfield,
    "plain": outdoors.plain,
    "desert": outdoors.desert,
    "underwater": outdoors.underwater,
    "market": outdoors.market,
    "festival": outdoors.festival,
    "stadium": outdoors.stadium,
    "pool": outdoors.pool,
    "clouds": outdoors.clouds,
    "hall": indoors.hall,
    "museum": indoors.museum,
    "airport": indoors.airport,
    "library": indoors.library,
    "classroom": indoors.classroom,
    "factory": indoors.factory,
    "gym": indoors.gym,
    "kitchen": indoors.kitchen,
    "restaurant": indoors.restaurant,
    "bar": indoors.bar,
    "club": indoors.club,
    "theater": indoors.theater,
    "stairs": indoors.stairs,
    "shop": indoors.shop,
    "tunnel": indoors.tunnel,
    "train_inside": indoors.train_inside,
    "capsule": indoors.capsule,
    "capsule_room": indoors.capsule_room,
    "cave": indoors.cave,
}


def shows_building(place: str) -> bool:
    """Whether a place is a building seen from outside, whose color is not that of all around."""
    known = places().get(place)
    return known is not None and (
        known.painter == "lighthouse" or any(dressing.thing in BURNABLE for dressing in known.dress)
    )


def _color_of(thing: str, brief: Brief) -> str:
    """Return the color that is said of a thing here, which the place's own are painted in too."""
    setting = brief.sight.setting
    said = (*brief.sight.things, *(setting.things if setting else ()))
    return next((amount.color for amount in said if amount.name == thing and amount.color), "")


def paint_place(canvas: Canvas, palette: Palette, rng: np.random.Generator, brief: Brief, *, narrow: float) -> None:
    """Paint where the scene is. `narrow` is how much of a 16:9 frame's width there is."""
    place = places().get(brief.place)
    painter = place.painter if place else ""
    if painter == "car" and brief.shot in {"extreme_wide", "wide", "full"}:
        painter = "road"  # from so far away, the car's interior can't be seen
    color = brief.sight.building_color
    chairs = brief.sight.painted or _color_of("chair", brief)
    if painter == "lighthouse":
        outdoors.lighthouse(canvas, palette, rng, brief.light, color)
    elif painter == "restaurant" and chairs:
        indoors.restaurant(canvas, palette, rng, brief.light, chairs)
    else:
        PAINTERS[painter](canvas, palette, rng, brief.light)
    if place is None:
        return
    vocabulary = things()
    for dressing in place.dress:
        thing = vocabulary[dressing.thing]
        own = color if thing.name in BURNABLE else _color_of(thing.name, brief)
        thing = replace(thing, color=own) if own else thing
        height = min(dressing.height, 0.7 * canvas.aspect / breadth(thing))
        haze = 0.3 if thing.at == "far" else 0.12
        stamp(canvas, thing, palette, dressing.x * narrow, dressing.foot, height, haze=haze, left=dressing.x > 0)
