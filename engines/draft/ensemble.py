"""Whole people: who stands where, what they hold or ride, what stands on the ground around them."""

from dataclasses import replace

import numpy as np

from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, Point, mix
from engines.draft.figure import Character, FigurePainter
from engines.draft.glyphs import breadth, shadow, stamp
from engines.draft.hands import blade, chess_table, counter, desk, gun, hat_in_hand, oars, rails_and_wagons, voice
from engines.draft.moods import expression
from engines.draft.props import BAND, BOATS, HELD_AT_CHEST, MOUNTS, NEEDED, PLAYED_SITTING, VEHICLES, WORN
from engines.draft.reading import Brief
from engines.draft.rig import GROUND_Y, Skeleton, pose_at, skeleton
from engines.draft.scene import Scene, drifts, known_things, people_of
from engines.draft.seats import SEATS
from engines.draft.seats import seat as draw_seat
from engines.draft.vocabulary import Thing, things


def paint_figures(front: Canvas, scene: Scene, people: list[Character], phase: float) -> None:
    brief, head, ground = scene.brief, scene.head, scene.ground
    lead_x = scene.side * 0.15 * scene.aspect * (0.8 if len(people) > 2 else 1.0) * 0.9
    mount, taught = _ridden(brief, people)
    _ground_things(front, scene, lead_x, phase, without=mount or taught)
    if mount is not None and mount.name in VEHICLES:
        tall = min(0.5, max(0.16, mount.tall * scene.metre), 0.92 * scene.aspect / breadth(mount))
        x = scene.inside(lead_x, tall * breadth(mount))
        _stamp_thing(front, scene, mount, x, ground, tall, phase)
        _at_the_windows(front, scene, mount, people, x, ground - tall, tall)
        return
    if not people:
        return
    fit, across = 1.0, 0.0
    if mount is not None:
        across = breadth(mount) * MOUNTS[mount.name][0] * head
        fit = min(1.0, 0.8 * scene.aspect / across)
    sat_at = _held(scene) if brief.action == "play" else None
    if sat_at is not None and sat_at.name in PLAYED_SITTING and scene.upright:
        # Room for what is played, and whoever plays it at the edge.
        fit = min(fit, 0.9 * scene.aspect / ((_PLAYED_TALL * breadth(sat_at) + 2.4) * head))
        lead_x = scene.side * (scene.aspect / 2 - 1.6 * head * fit) / (0.4 + 0.6 * scene.narrow)
    if taught is not None:
        across = breadth(taught) * MOUNTS[taught.name][0] * head * 0.6
    spread, wide = max(_spread(brief, people, head), 0.8 * across), max(across, 3 * head)
    # Up to three are made smaller to fit beside each other; more are left out.
    chosen = sum(bool(one.person.subject) for one in people)
    if chosen and brief.shot == "medium":
        fit = min(fit, 1 / max(one.size for one in people))  # no tall head is cut off
    fit = min(fit, max(_LEAST_FIT, 0.92 * scene.aspect / (wide + spread * (max(min(3, len(people)), chosen) - 1))))
    spread, wide = spread * fit, wide * fit
    if chosen > 1:  # all who were chosen are seen, one before the other where there is no other room
        spread = min(spread, (0.95 * scene.aspect - wide) / (chosen - 1))
    people = people[: max(1, chosen, 1 + round((0.95 * scene.aspect - wide) / spread - 0.45))]
    people = _with_watchers(brief, people)
    row = _row(scene, people, spread, head * fit)
    # One figure, and a row's middle, are nearer to the middle of an upright frame.
    lead_x = lead_x * (0.4 + 0.6 * scene.narrow) - (min(row) + max(row)) / 2 * (1 - scene.narrow)
    if plays_chess(brief):
        _set_chess(front, scene, [lead_x + place for place in row[:2]], head * fit)
    for number in reversed(range(len(people))):
        character = people[number]
        x = lead_x + row[number]
        facing = _facing(scene, number, 2 if number < 2 and _two_apart(brief, people) else len(people))
        depth = 0.012 * (number % 2)
        _figure(
            front,
            scene,
            character,
            x,
            ground - depth,
            phase + 0.13 * number,
            facing,
            _own_mount(character, mount, taught) if number < 3 else None,
            number=number,
            fit=fit,
        )


def _ridden(brief: Brief, people: list[Character]) -> tuple[Thing | None, Thing | None]:
    """Return what all ride or are carried by, and what one of several rides while the others look on."""
    rideable = [thing for thing, _ in known_things(brief) if thing.name in MOUNTS or thing.name in VEHICLES]
    wanted = NEEDED.get(brief.action)
    if not rideable and wanted:
        rideable = [things()[wanted]]
    riding = brief.action in {"ride", "skate", "row", "drive"}
    if not rideable and afloat(brief):
        pirates = any(one.person.role == "pirate" for one in people)
        rideable, riding = [things()["boat" if pirates else "rowing boat"]], True
    if rideable and riding and not brief.empty:
        return rideable[0], None
    if any(one.person.does == "ride" for one in people):
        return None, next((thing for thing in rideable if thing.name in MOUNTS), None)
    return None, None


def plays_chess(brief: Brief) -> bool:
    return brief.action == "play" and any(amount.name == "chess" for amount in brief.sight.things)


def is_pair(brief: Brief, people: list[Character]) -> bool:
    """Whether two of several are close to each other, and the others look on."""
    return len(people) > 2 and brief.action in {"hug", "kiss"} and len(brief.sight.cast) > 1


def _pair_apart(brief: Brief) -> float:
    return 1.35 if brief.action == "hug" else 1.75


def _two_apart(brief: Brief, people: list[Character]) -> bool:
    """Whether the first two of several do something with each other."""
    return is_pair(brief, people) or (plays_chess(brief) and len(people) > 2)


def _with_watchers(brief: Brief, people: list[Character]) -> list[Character]:
    """Return people of whom only the first two hug, kiss or play chess."""
    if not _two_apart(brief, people):
        return people
    watching = [replace(one, person=replace(one.person, does=one.person.does or "look")) for one in people[2:5]]
    return [*people[:2], *watching]


def _row(scene: Scene, people: list[Character], spread: float, head: float) -> list[float]:
    """Return how far everybody stands from the lead."""
    if is_pair(scene.brief, people):
        apart = _pair_apart(scene.brief) * head
        places = (0.0, apart, -spread, apart + spread, -2 * spread)[: len(people)]
        return [-scene.side * place for place in places]
    return [_place_in_row(number, len(people), spread) * -scene.side for number in range(len(people))]


def _set_chess(front: Canvas, scene: Scene, seats: list[float], head: float) -> None:
    middle = sum(seats) / 2 if len(seats) > 1 else seats[0] - scene.side * 2.7 * head
    chess_table(front, scene, middle, scene.ground, head, seats)


def _at_the_windows(
    front: Canvas, scene: Scene, vehicle: Thing, people: list[Character], x: float, top: float, tall: float
) -> None:
    """Show those chosen for the picture inside of what they drive."""
    seated = [one for one in people if one.person.subject][:4]
    wide = tall * breadth(vehicle)
    head = min(0.26 * tall, 0.5 * wide / max(2, len(seated)))
    for number, one in enumerate(seated):
        away = (number - (len(seated) - 1) / 2) * min(0.24 * wide, 1.1 * head)
        painter = FigurePainter(front, one, scene.palette, x + away, top + 0.27 * tall, head)
        painter.hair_behind()
        painter.face(shown=expression(scene.brief.sight.mood, scene.brief.action))


def _own_mount(character: Character, mount: Thing | None, taught: Thing | None) -> Thing | None:
    """Return what one of several people rides: all ride, only the lead, or only who is taught."""
    if taught is not None:
        return taught if character.person.does == "ride" else None
    return mount if character.person.does in {"", "hat off"} else None


# How tall a piano or a drum is, in the player's head heights.
_PLAYED_TALL = 4.6
# No figure gets smaller than this to make room for others.
_LEAST_FIT = 0.6


def afloat(brief: Brief) -> bool:
    """Whether the lead is at sea in a boat even where no boat is named: those whose work is there, unless they swim."""
    lead = next(iter(people_of(brief)), None)
    return (
        lead is not None
        and brief.place == "sea"
        and lead.person.role in {"fisherman", "pirate"}
        and brief.action not in {"swim", "fly", "fall"}
    )


def _aims(character: Character, brief: Brief) -> bool:
    """Whether who fights does so with a gun."""
    armed = {amount.name for amount in brief.sight.things}
    return brief.action == "fight" and (character.person.role == "cowboy" or "gun" in armed) and "sword" not in armed


def _spread(brief: Brief, people: list[Character], head: float) -> float:
    if len(people) == 2 and brief.action in {"hug", "kiss"}:
        return head * _pair_apart(brief)
    if plays_chess(brief):
        return head * 5.4
    if brief.action == "lie":
        return head * 7.2
    if brief.action in {"follow", "find"}:
        return head * (7 if brief.action == "follow" else 4.2)
    if brief.action == "fight" and _aims(people[0], brief):
        return head * 9
    return head * (3.4 if brief.action in {"dance", "fight", "ride", "raise", "row"} else 2.7)


def _place_in_row(number: int, count: int, spread: float) -> float:
    """Return the offset of the number-th figure: the lead's 0, then to alternating sides."""
    return 0.0 if number == 0 else spread * ((number + 1) // 2) * (1 if number % 2 else -1)


def _facing(scene: Scene, number: int, count: int) -> bool:
    """Whether a figure faces right: into the picture, and two face each other."""
    into = scene.side < 0
    if plays_chess(scene.brief) and count <= 2:
        return into if number == 0 else not into
    if count == 2 and scene.brief.action in {"hug", "kiss", "find", "fight", "dance", "kneel", "look", "stand", "sing"}:
        return into if number == 0 else not into
    return into


def _figure(
    front: Canvas, scene: Scene, character: Character, x: float, ground: float, phase: float, right: bool,
    mount: Thing | None, *, number: int, fit: float,
) -> None:  # fmt: skip
    head, lead = scene.head * character.size * fit, number == 0
    held = _held(scene) if lead or (scene.brief.action == "fight" and not character.person.does) else None
    action, floats = _movement(scene, character, held)
    if character.kind == "scarecrow" and action in {"stand", "look", "sing", "hug", "kiss", "laugh"}:
        action = "on a pole"
        ground += 0.01
        front.stroke([(x, ground), (x, ground - 5 * head)], 0.14 * head, "#6a4a30")
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
    _furniture(front, scene, painter, bones, (x, ground), action if not seat else "", 1 if right else -1)
    painter.shown, painter.sings = expression(scene.brief.sight.mood, action), action == "sing"
    if lead and held is not None and held.name == "umbrella":
        bones = replace(bones, right_arm=_raised(bones))
    painter.draw(bones)
    if wading:
        _wade(front, scene, x, ground, head)
    if action == "sing":
        voice(front, scene, painter, bones, held)
    if held is None and scene.brief.sight.cast and scene.brief.sight.cast[0].person.extra == "band":
        held = things()[BAND[number % len(BAND)]]
    _fill_hands(front, scene, painter, bones, action, held, 1 if right else -1)


def _furniture(
    front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, at: Point, action: str, out: int
) -> None:
    """Draw what somebody sits on or at."""
    if action == "sit" and not plays_chess(scene.brief) and painter.character.person.extra != "wheelchair":
        draw_seat(front, scene, painter, bones, at[1], out)
    elif action == "type":
        desk(front, scene, *at, painter.head, out)


# Where somebody who works stands at a counter.
_SOLD_AT = frozenset(("supermarket", "candy shop", "bar", "saloon", "market", "restaurant", "cafe"))


def _fill_hands(
    front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, action: str, held: Thing | None, out: int
) -> None:
    """Draw what a figure that faces `out` (-1 left, 1 right) has in its hands."""
    if action == "row":
        oars(painter, bones)
    elif action == "aim":
        gun(painter, bones, out)
    elif painter.character.person.does == "hat off":
        hat_in_hand(front, scene, painter.character, painter, bones)
    elif action == "fight" and held is not None and held.name == "sword":
        blade(painter, bones, out)
    elif held is not None and action not in {"type", "hug", "kiss"}:
        _hold(front, scene, painter, bones, held)
    elif action == "work" and held is None and scene.brief.place in _SOLD_AT and out * scene.side < 0:
        counter(front, scene, painter, out)


def _movement(scene: Scene, character: Character, held: Thing | None) -> tuple[str, float]:
    """Return the action as it is drawn, and how far above the ground somebody without weight floats, in heads."""
    action, place = scene.brief.action, scene.brief.place
    if character.person.extra == "wheelchair":
        return "sit", 0.0
    if character.person.does not in {"", "hat off"}:
        return character.person.does, 0.0
    if _aims(character, scene.brief):
        return "aim", 0.0
    if plays_chess(scene.brief) or (action == "play" and held is not None and held.name in PLAYED_SITTING):
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
    color = mix(scene.palette.sky_low, scene.palette.far, 0.35)
    for step, reach in enumerate((1.0, 1.5, 1.1)):
        y = ground + 0.22 * step * head
        front.stroke([(x - reach * head, y), (x + reach * head, y)], max(0.002, 0.05 * head), color, 0.8)


def _raised(bones: Skeleton) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    root = bones.right_arm[0]
    out = 1 if root[0] > bones.neck[0] else -1
    return root, (root[0] + out * 0.6, root[1] + 0.6), (root[0] + out * 0.8, root[1] - 0.4)


def _held(scene: Scene) -> Thing | None:
    """Return what the lead holds: the first thing for a hand that nobody wears."""
    found = [thing for thing, count in known_things(scene.brief, "hand", "ground") if thing.name not in WORN]
    sitting = [thing for thing in found if thing.name in PLAYED_SITTING] if scene.brief.action == "play" else []
    hands = [thing for thing in found if thing.at == "hand" and not drifts(scene, thing)]
    if plays_chess(scene.brief):
        hands = [thing for thing in hands if thing.name != "chess"]  # it is on the table
    return next(iter(sitting or hands), None)


def _hold(front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, thing: Thing) -> None:
    head = painter.head
    tall = max(
        min(thing.tall * 4, 3.2 if thing.tall < 1.2 else 5.0) * head, 1.5 * head if scene.head > 0.09 else 2.0 * head
    )
    if thing.name in PLAYED_SITTING:
        x, _ = painter.at(bones.right_arm[2][0], 0)
        foot = painter.y + GROUND_Y * head
        x = scene.inside(x + (1.2 if x > painter.x else -1.2) * head, _PLAYED_TALL * head * breadth(thing))
        stamp(front, thing, scene.palette, x, foot, _PLAYED_TALL * head, left=x > painter.x)
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
    if thing.name == "train":
        rails_and_wagons(front, scene, thing, x, foot, height, left=scene.side > 0 if left is None else left)
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
    if any(member.person.extra == "wheelchair" for member in people_of(brief)):
        found = [pair for pair in found if pair[0].name != "wheelchair"]  # somebody sits in it
    if brief.action == "type":
        found = [pair for pair in found if pair[0].name not in {"screen", "laptop"}]
    if scene.burning:
        found = [pair for pair in found if pair[0].name != "fire"]
    if brief.action == "sit" and not nobody:
        found = [pair for pair in found if pair[0].name not in SEATS]  # they are sat on
    if brief.action == "play":
        found = [pair for pair in found if pair[0].name not in PLAYED_SITTING]
    if brief.place != "underwater":
        found = [pair for pair in found if pair[0].at == "ground"]
    long = 2.6 * scene.head if brief.action in {"swim", "lie"} else 0.0
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
                (0.0 if nobody else 0.2 + 0.1 * len(brief.sight.cast) + long)
                + 0.36 * placed
                + 0.85 * breadth(thing) * height * number
            )
            x = (lead_x if nobody else lead_x - scene.side * 0.06) - scene.side * away * max(0.55, scene.narrow)
            x = scene.inside(x, breadth(thing) * size)
            foot = min(ground, 0.48) - 0.02 * number - (0.18 if thing.at == "water" else 0.0)
            _stamp_thing(front, scene, thing, x, foot, size, phase + 0.2 * number)
            if placed == number == 0 and thing.alive:
                _carried(front, scene, x, foot - 0.9 * size, 0.4 * size, worn=not nobody)


def _carried(front: Canvas, scene: Scene, x: float, foot: float, height: float, *, worn: bool) -> None:
    """Set what an animal has taken upon its head; where people are, they have what nobody wears."""
    found = [thing for thing, _ in known_things(scene.brief, "hand") if not worn or thing.name == "crown"]
    for thing in found[:1]:
        stamp(front, thing, scene.palette, x, foot + 0.2 * height, height, left=scene.side > 0)
