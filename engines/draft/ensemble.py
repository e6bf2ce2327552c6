"""Whole people: who stands where, what they hold or ride, what stands on the ground around them."""

from dataclasses import replace

import numpy as np

from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, mix
from engines.draft.figure import Character
from engines.draft.glyphs import breadth, shadow, stamp
from engines.draft.props import BAND, BOATS, HELD_AT_CHEST, MOUNTS, NEEDED, PLAYED_SITTING, VEHICLES, WORN
from engines.draft.reading import Brief
from engines.draft.rig import GROUND_Y, Skeleton, pose_at, skeleton
from engines.draft.scene import Scene, drifts, known_things, people_of
from engines.draft.vocabulary import Thing, things


def paint_figures(front: Canvas, scene: Scene, people: list[Character], phase: float) -> None:
    brief, head, ground = scene.brief, scene.head, scene.ground
    lead_x = scene.side * 0.15 * scene.aspect * (0.8 if len(people) > 2 else 1.0) * 0.9
    rideable = [
        (thing, count) for thing, count in known_things(brief) if thing.name in MOUNTS | dict.fromkeys(VEHICLES)
    ]
    wanted = NEEDED.get(brief.action)
    if not rideable and wanted and not (wanted == "car" and brief.place == "car place"):
        rideable = [(things()[wanted], 1)]
    riding = brief.action in {"ride", "skate", "row", "drive"}
    if not rideable and afloat(brief):
        rideable, riding = [(things()["boat"], 1)], True
    mount = rideable[0][0] if rideable and riding and not brief.empty else None
    _ground_things(front, scene, lead_x, phase, without=mount)
    if mount is not None and mount.name in VEHICLES:
        _stamp_thing(front, scene, mount, lead_x, ground, min(0.5, max(0.16, mount.tall * scene.metre)), phase)
        return
    fit, across = 1.0, 0.0
    if mount is not None:
        across = breadth(mount) * MOUNTS[mount.name][0] * head
        fit = min(1.0, 0.8 * scene.aspect / across)
    spread = max(_spread(brief, people, head), 0.8 * across * fit)
    people = people[: max(1, 1 + int((0.9 * scene.aspect - max(across * fit, 3 * head)) / spread))]
    if len(people) == 1:
        lead_x *= 0.4 + 0.6 * scene.narrow  # a lone figure stands nearer to the middle of an upright frame
    for number in reversed(range(len(people))):
        character = people[number]
        x = lead_x + _place_in_row(number, len(people), spread) * -scene.side
        facing = _facing(scene, number, len(people))
        depth = 0.012 * (number % 2)
        _figure(
            front,
            scene,
            character,
            x,
            ground - depth,
            phase + 0.13 * number,
            facing,
            mount if number < 3 else None,
            lead=number == 0,
            fit=fit,
        )


def afloat(brief: Brief) -> bool:
    """Whether the lead is at sea in a boat even where no boat is named: those whose work is there, unless they swim."""
    lead = next(iter(people_of(brief)), None)
    return (
        lead is not None
        and brief.place == "sea"
        and lead.person.role in {"fisherman", "pirate"}
        and brief.action not in {"swim", "fly", "fall"}
    )


def _spread(brief: Brief, people: list[Character], head: float) -> float:
    if len(people) == 2 and brief.action == "hug":
        return head * 1.5
    return head * (3.4 if brief.action in {"dance", "fight", "ride", "raise", "row"} else 2.7)


def _place_in_row(number: int, count: int, spread: float) -> float:
    """Return the offset of the number-th figure: the lead's 0, then to alternating sides."""
    return 0.0 if number == 0 else spread * ((number + 1) // 2) * (1 if number % 2 else -1)


def _facing(scene: Scene, number: int, count: int) -> bool:
    """Whether a figure faces right: into the picture, and two face each other."""
    into = scene.side < 0
    if count == 2 and scene.brief.action in {"hug", "fight", "dance", "kneel", "look", "stand", "sing"}:
        return into if number == 0 else not into
    return into


def _figure(
    front: Canvas, scene: Scene, character: Character, x: float, ground: float, phase: float, right: bool,
    mount: Thing | None, *, lead: bool, fit: float,
) -> None:  # fmt: skip
    head = scene.head * character.size * fit
    held = _held(scene) if lead else None
    band = scene.brief.sight.cast and scene.brief.sight.cast[0].person.extra == "band"
    action, floats = _movement(scene, held)
    ground -= floats * head
    if action == "fly":
        ground -= 0.14
    seat = 0.0
    wading = scene.brief.place == "sea" and mount is None and action not in {"swim", "fly", "fall"}
    if mount is not None:
        tall, seat, action = MOUNTS[mount.name]
        _stamp_thing(front, scene, mount, x, ground, tall * head, phase, left=not right, shade=True)
    bones = skeleton(pose_at(action, phase), right=right)
    painter = BodyPainter(front, character, scene.palette, x, ground - GROUND_Y * head, head)
    if mount is not None and mount.name in BOATS:
        bones = replace(bones, left_leg=(bones.left_leg[0],) * 3, right_leg=(bones.right_leg[0],) * 3)  # inside it
    if seat:
        painter.y += (GROUND_Y - bones.hips[1] - seat - 0.2) * head if action != "skate" else -seat * head
    elif wading:
        painter.y += _WADES * head
    elif action not in {"swim", "fly"}:
        shadow(front, x, ground + 0.06 * head, 1.5 * head)
    if lead and held is not None and held.name == "umbrella":
        bones = replace(bones, right_arm=_raised(bones))
    painter.draw(bones)
    if wading:
        _wade(front, scene, x, ground, head)
    if lead and held is not None:
        _hold(front, scene, painter, bones, held)
    elif band:
        instrument = things()[BAND[round((x + 3) / 0.01) % len(BAND)]]
        _hold(front, scene, painter, bones, instrument)


def _movement(scene: Scene, held: Thing | None) -> tuple[str, float]:
    """Return the action as it is drawn, and how far above the ground somebody without weight floats, in heads."""
    action, place = scene.brief.action, scene.brief.place
    if action == "play" and held is not None and held.name in PLAYED_SITTING:
        return "sit", 0.0
    if place == "underwater" and action not in {"sing", "sit"}:
        return "swim", 0.0
    weightless = place in {"space", "space station"} and action in {"walk", "run", "stand", "look"}
    return action, 0.6 if weightless else 0.0


# How deep people stand in the open sea, in head heights: up to the hips.
_WADES = GROUND_Y - 2.9


def _wade(front: Canvas, scene: Scene, x: float, ground: float, head: float) -> None:
    """Take away what of a figure is below the water's surface, and draw the surface around it."""
    assert front.alpha is not None  # noqa: S101 - a front is transparent
    left, top = (max(0, round(edge)) for edge in front.point(x - 2.2 * head, ground))
    right = max(0, round(front.point(x + 2.2 * head, ground)[0]))
    front.pixels[top:, left:right] = 0
    front.alpha[top:, left:right] = 0
    colour = mix(scene.palette.sky_low, scene.palette.far, 0.35)
    for step, reach in enumerate((1.0, 1.5, 1.1)):
        y = ground + 0.22 * step * head
        front.stroke([(x - reach * head, y), (x + reach * head, y)], max(0.002, 0.05 * head), colour, 0.8)


def _raised(bones: Skeleton) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    root = bones.right_arm[0]
    out = 1 if root[0] > bones.neck[0] else -1
    return root, (root[0] + out * 0.6, root[1] + 0.6), (root[0] + out * 0.8, root[1] - 0.4)


def _held(scene: Scene) -> Thing | None:
    """Return what the lead holds: the first thing for a hand that nobody wears."""
    found = [thing for thing, count in known_things(scene.brief, "hand", "ground") if thing.name not in WORN]
    sitting = [thing for thing in found if thing.name in PLAYED_SITTING] if scene.brief.action == "play" else []
    hands = [thing for thing in found if thing.at == "hand" and not drifts(scene, thing)]
    return next(iter(sitting or hands), None)


def _hold(front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, thing: Thing) -> None:
    head = painter.head
    tall = max(min(thing.tall * 4, 3.2) * head, 1.5 * head if scene.head > 0.09 else 2.0 * head)
    if thing.name in PLAYED_SITTING:
        x, _ = painter.at(bones.right_arm[2][0], 0)
        foot = painter.y + GROUND_Y * head
        stamp(front, thing, scene.palette, x + (1.2 if x > painter.x else -1.2) * head, foot, 4.6 * head)
        return
    where = bones.right_arm[2]
    if thing.name in HELD_AT_CHEST:
        where, tall = (
            (bones.neck[0] * 0.4 + bones.right_arm[2][0] * 0.6, (bones.neck[1] + bones.hips[1]) / 2),
            2.9 * head,
        )
    x, y = painter.at(*where)
    if thing.name == "umbrella":
        x, y = painter.at(bones.right_arm[2][0], bones.right_arm[2][1])
        stamp(front, thing, scene.palette, x, y + 0.5 * head, 3.4 * head)
        return
    stamp(front, thing, scene.palette, x, y + tall * 0.5, tall, left=x < painter.x)


def _stamp_thing(
    front: Canvas, scene: Scene, thing: Thing, x: float, foot: float, height: float, phase: float, *,
    left: bool | None = None, shade: bool = True,
) -> None:  # fmt: skip
    """Set a thing on the ground; what lives bobs with the music."""
    wide = breadth(thing) * height
    if shade and thing.at == "ground":
        shadow(front, x, foot, wide * 0.45)
    turn, hop = 0.0, 0.0
    if thing.alive or thing.name in VEHICLES:
        beat = float(np.sin(2 * np.pi * phase))
        turn, hop = (2.5 * beat, abs(beat) * height * 0.05) if thing.alive else (0.0, abs(beat) * height * 0.008)
    stamp(front, thing, scene.palette, x, foot - hop, height, left=scene.side > 0 if left is None else left, turn=turn)


def _ground_things(front: Canvas, scene: Scene, lead_x: float, phase: float, *, without: Thing | None) -> None:
    """Set things on the ground, away from the lead; where nobody is, the first of them leads."""
    brief, ground = scene.brief, scene.ground
    nobody = not people_of(brief)
    found = [pair for pair in known_things(brief, "ground", "water") if pair[0] != without]
    if brief.action == "play":
        found = [pair for pair in found if pair[0].name not in PLAYED_SITTING]
    if brief.place != "underwater":
        found = [pair for pair in found if pair[0].at == "ground"]
    for placed, (thing, count) in enumerate(found[:3]):
        height = min(
            0.56,
            max({"extreme_wide": 0.09, "wide": 0.13, "full": 0.17}.get(brief.shot, 0.26), thing.tall * scene.metre),
        )
        if nobody and placed == 0:
            height = min(0.6, height * {"extreme_wide": 1.2, "wide": 1.7, "full": 2.6}.get(brief.shot, 3.0))
        height = min(height, 0.8 * scene.aspect / breadth(thing))
        for number in range(min(count, 3)):
            size = height * (1.0, 0.82, 0.7)[number]
            away = (
                (0.0 if nobody else 0.2 + 0.1 * len(brief.sight.cast))
                + 0.36 * placed
                + 0.85 * breadth(thing) * height * number
            )
            x = (lead_x if nobody else lead_x - scene.side * 0.06) - scene.side * away * max(0.55, scene.narrow)
            foot = min(ground, 0.48) - 0.02 * number - (0.18 if thing.at == "water" else 0.0)
            _stamp_thing(front, scene, thing, x, foot, size, phase + 0.2 * number)
            if nobody and placed == number == 0 and thing.alive:
                _carried(front, scene, x, foot - 0.9 * size, 0.4 * size)


def _carried(front: Canvas, scene: Scene, x: float, foot: float, height: float) -> None:
    """Set what an animal has taken upon its head."""
    for thing, _ in known_things(scene.brief, "hand")[:1]:
        stamp(front, thing, scene.palette, x, foot + 0.2 * height, height, left=scene.side > 0)
