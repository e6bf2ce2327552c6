"""How a named place looks: the same layout in every scene, in the colors of its description, with what it has in it."""

from dataclasses import replace

from engines.draft.canvas import Canvas, mix
from engines.draft.glyphs import breadth, stamp
from engines.draft.look import Palette
from engines.draft.props import WITH_CHAIRS
from engines.draft.scene import Scene
from engines.draft.sight import Setting
from engines.draft.vocabulary import places, things

# Where a place's own things stand, in frame heights from the middle of a 16:9 frame: x, foot and height.
_SPOTS = ((0.6, 0.24, 0.24), (-0.62, 0.22, 0.26), (0.3, 0.2, 0.16), (-0.3, 0.2, 0.16))
_IN_THE_AIR = {"sky": -0.24, "air": -0.16, "wall": -0.06, "far": 0.16}


def colored(palette: Palette, setting: Setting | None) -> Palette:
    """Return the palette that a place is painted with."""
    if setting is None or not (setting.surfaces or setting.lamps):
        return palette
    changed = {}
    if setting.surfaces:
        shares = {"far": 0.75, "near": 0.6, "sky_low": 0.3}
        changed = {name: mix(getattr(palette, name), setting.surfaces, share) for name, share in shares.items()}
    if setting.lamps:
        changed["glow"] = mix(palette.glow, setting.lamps, 0.85)
        changed["near"] = mix(changed.get("near", palette.near), setting.lamps, 0.2)
    return palette.model_copy(update=changed)


def furnish(back: Canvas, scene: Scene, setting: Setting) -> None:
    """Set into the background what a place has: its things, a wash of its color, and its lamps."""
    if setting.surfaces:
        back.rectangle(-back.right, -back.bottom, back.right, 0.2, setting.surfaces, 0.16)
    vocabulary = things()
    for amount, (x, foot, height) in zip(setting.things, _SPOTS, strict=False):
        thing = vocabulary.get(amount.name)
        if thing is None or (thing.name == "chair" and scene.brief.place in WITH_CHAIRS):
            continue
        thing = replace(thing, color=amount.color or thing.color)
        tall = min(height * (0.7 if thing.tall < 0.5 else 1.0), 0.4 * scene.aspect / breadth(thing))
        stamp(
            back, thing, scene.palette, x * scene.narrow, _IN_THE_AIR.get(thing.at, foot), tall, haze=0.15, left=x > 0
        )
    if setting.lamps:
        _lamps(back, scene, setting.lamps)


def _lamps(back: Canvas, scene: Scene, color: str) -> None:
    """Hang lamps from the ceiling, or along a line outdoors."""
    place = places().get(scene.brief.place)
    inside = place is not None and place.indoors
    spots = (-0.66, -0.38, -0.12, 0.14, 0.4, 0.66)
    if not inside:
        line = [(x * scene.narrow, -0.27 + 0.05 * (1 - (x / 0.75) ** 2)) for x in (-0.9, -0.5, 0.0, 0.5, 0.9)]
        back.stroke(line, 0.004, scene.palette.figure)
    for number, x in enumerate(spots):
        at, low = x * scene.narrow, -0.21 + 0.03 * (number % 2)
        back.stroke([(at, -0.5 if inside else -0.27), (at, low)], 0.004, scene.palette.figure)
        back.ellipse(at, low + 0.03, 0.034, 0.03, mix(color, "#ffffff", 0.1))
        back.ellipse(at, low + 0.035, 0.016, 0.016, mix(color, "#ffffff", 0.65))
        back.glow(at, low + 0.03, 0.19, color, 0.75)
