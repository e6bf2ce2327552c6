"""Setting people and things into the front of a picture.

Positions are in frame heights, as on the canvas. Everything but the phase of the movement is fixed by the scene, so
that the frames of a movement differ in nothing else.
"""

from dataclasses import replace

import numpy as np

from engines.draft.canvas import Canvas, mix
from engines.draft.ensemble import paint_figures
from engines.draft.figure import Character, FigurePainter, Mouth
from engines.draft.glyphs import breadth, shadow, stamp
from engines.draft.moods import expression
from engines.draft.people import Person
from engines.draft.props import DRIFTING, TOKENS, VEHICLES, WITH_CHAIRS, WORN
from engines.draft.reading import Brief
from engines.draft.scene import Scene, characters, drifts, known_things
from engines.draft.vocabulary import Thing, things


def paint_front(front: Canvas, scene: Scene, reference: Person | None, phase: float) -> Mouth | None:
    """Paint everything in front of the background. Returns the lead's mouth where it is large enough to sing."""
    brief = scene.brief
    if brief.shot == "detail":
        _detail(front, scene, phase)
        return None
    people = characters(scene, reference)
    if scene.whole:
        paint_figures(front, scene, people, phase)
        _scatter(front, scene, phase)
        return None
    if not people:
        _creature_close(front, scene, phase)
        return None
    mouth = _busts(front, scene, people)
    if brief.place == "car place":
        _behind_the_wheel(front, scene)
    _beside_bust(front, scene)
    _scatter(front, scene, phase)
    if brief.action == "sing" and brief.shot == "medium" and not scene.upright:
        notes, x = things()["music notes"], scene.side * 0.11 * scene.aspect
        stamp(front, notes, scene.palette, scene.inside(x + scene.side * 0.36, 0.2), -0.2, 0.16)
    return mouth


def _scatter(front: Canvas, scene: Scene, phase: float) -> None:
    """Let petals, leaves, butterflies and the like fill the air; they rise or fall with the movement."""
    chosen = sum(bool(member.person.subject) for member in scene.brief.sight.cast)
    faces = company_places(scene, chosen) if chosen > 1 and not scene.whole else []
    if not faces and not scene.whole and scene.brief.shot == "medium" and _two(scene):
        lead = scene.side * 0.11 * scene.aspect * min(1.0, scene.aspect)
        faces = [lead, lead - scene.side * 0.4 * max(0.5, scene.narrow)]
    for thing, count in known_things(scene.brief, "air", "hand"):
        if thing.at == "hand" and not drifts(scene, thing):
            continue
        rng = scene.rng("scatter", thing.name)
        many = (
            12
            if (thing.name in DRIFTING and count > 1) or thing.name in {"petals", "leaves", "bubbles", "firefly"}
            else count
        )
        size = max(0.06, min(0.17, thing.tall * max(scene.metre, 0.16)))
        for number in range(many):
            x = float(rng.uniform(-0.5, 0.5)) * scene.aspect if many > 1 else -scene.side * 0.16 * scene.aspect
            if many == 1 and not scene.whole and not scene.upright:
                x = scene.side * 0.38 * scene.aspect  # beside one head or two
            if thing.name == "heart" and scene.whole and abs(x - scene.side * 0.14 * scene.aspect) < 0.3:
                x += 0.5 * np.sign(x - scene.side * 0.14 * scene.aspect)  # not over a couple
            y = float(rng.uniform(-0.46, 0.4)) if many > 1 else -0.16
            if not scene.whole and many > 1 and abs(x - scene.side * 0.11 * scene.aspect) < 0.24:
                x += 0.48 if x > scene.side * 0.11 * scene.aspect else -0.48  # not over a face
            if any(abs(x - face) < 0.2 for face in faces) and y > -0.42:
                y = -0.46 + 0.06 * float(rng.random())  # above them
            sway = 0.02 * np.sin(2 * np.pi * (phase + number * 0.37))
            scale = float(rng.uniform(0.6, 1.1)) if many > 1 else 2.0
            tall = min(size * scale, 0.42 * scene.aspect)
            if thing.name == "balloon":
                front.stroke([(x + sway, y + tall * 0.4), (x, y + tall * 1.6)], 0.003, scene.palette.figure)
            stamp(
                front,
                thing,
                scene.palette,
                x + float(sway),
                y + tall / 2,
                tall,
                turn=float(rng.uniform(-30, 30)) if many > 1 else 0,
            )


def _two(scene: Scene) -> bool:
    return sum(member.count for member in scene.brief.sight.cast if member.person.extra != "crowd") > 1


def _busts(front: Canvas, scene: Scene, people: list[Character]) -> Mouth | None:
    if sum(bool(one.person.subject) for one in people) > 1:
        return _company(front, scene, people)
    brief, head = scene.brief, scene.head * min(1.0, 0.25 + 0.75 * front.aspect)
    x, y = (
        scene.side * 0.11 * scene.aspect * min(1.0, scene.aspect),
        {"medium": -0.15, "close": -0.03}.get(brief.shot, 0.02),
    )
    if brief.shot == "extreme_close":
        x *= 0.35
    both = len(people) >= 2 and brief.shot == "medium"
    if both:
        other = people[1]
        size = head * 0.88 * (0.85 if other.size < 0.8 else 1.0)
        second = FigurePainter(
            front, other, scene.palette, x - scene.side * 0.4 * max(0.5, scene.narrow), y + (head - size) * 0.9, size
        )
        _bust(second, scene, -scene.side)
        x += scene.side * 0.06 * scene.narrow
    lead = people[0]
    painter = FigurePainter(front, lead, scene.palette, x, y, head * (0.9 if lead.size < 0.8 else 1.0))
    return _bust(painter, scene, scene.side)


def _apart(scene: Scene, count: int) -> float:
    return min({2: 0.52, 3: 0.46, 4: 0.38}.get(count, 0.33), 0.9 * scene.aspect / count)


def company_places(scene: Scene, count: int) -> list[float]:
    """Return where the heads of several are: the lead's on its side of the middle, or in it, the others beside."""
    places = [(place - (count - 1) / 2) * _apart(scene, count) for place in range(count)]
    return sorted(places, key=lambda x: (abs(x), -scene.side * x)) if count > 2 else places[:: -scene.side]


def _company(front: Canvas, scene: Scene, people: list[Character]) -> Mouth | None:
    """Draw head and shoulders of everybody chosen for the picture, side by side, the lead in front."""
    count = len(people)
    apart, places = _apart(scene, count), company_places(scene, count)
    near = 0.36 if scene.brief.shot == "close" else {2: 0.27, 3: 0.235, 4: 0.2}.get(count, 0.18)
    head = min(near, apart * 1.05)
    mouth = None
    for number in reversed(range(count)):
        one, x = people[number], places[number]
        size = head * (1.0 if number == 0 else 0.93) * (0.85 if one.size < 0.8 else 0.97 + 0.3 * (one.size - 1))
        y = (0.0 if scene.brief.shot == "close" else -0.12) + (head - size) * 1.6 - 0.25 * head * (one.size > 1.05)
        mouth = _bust(FigurePainter(front, one, scene.palette, x, y, size), scene, 1 if x > 0 else -1)
    return mouth


def _behind_the_wheel(front: Canvas, scene: Scene) -> None:
    """Draw a car's front around whoever drives it: roof, dashboard and wheel."""
    dark, wide = mix("#1c1c22", scene.palette.figure, 0.3), front.right
    front.polygon([(-wide, -front.bottom), (wide, -front.bottom), (wide, -0.42), (0, -0.46), (-wide, -0.42)], dark)
    for side in (-1, 1):
        edge = side * scene.aspect / 2
        front.stroke([(edge * 0.86, -0.5), (edge * 1.02, 0.4)], 0.06, dark)
    front.polygon([(-wide, 0.4), (0, 0.36), (wide, 0.4), (wide, front.bottom), (-wide, front.bottom)], dark)
    x = scene.side * 0.11 * scene.aspect * min(1.0, scene.aspect)
    ring = [(x + 0.24 * np.cos(turn), 0.43 + 0.19 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 40)]
    front.stroke(ring, 0.035, mix("#4a4a55", scene.palette.rim, 0.2))
    front.stroke([(x - 0.23, 0.44), (x + 0.23, 0.44)], 0.03, mix("#4a4a55", scene.palette.rim, 0.1))


def _bust(painter: FigurePainter, scene: Scene, side: int) -> Mouth:
    painter.bust()
    shown = expression(scene.brief.sight.mood, scene.brief.action, smile=0.2 if scene.brief.light == "night" else 0.6)
    # The lips that are moved to a voice begin closed.
    return painter.face(look=-side * 0.5, shown=replace(shown, gape=0.0))


def _beside_bust(front: Canvas, scene: Scene) -> None:
    """Show up to two of the scene's things next to a head: held up, or looking in from the side."""
    if scene.brief.shot == "extreme_close":
        return
    size = 0.3 if scene.brief.shot == "medium" else 0.34
    found = [
        thing
        for thing, _ in known_things(scene.brief, "hand", "ground", "water")
        if thing.name not in WORN
        and not drifts(scene, thing)
        and not (thing.name == "bench" or (thing.name == "chair" and scene.brief.place in WITH_CHAIRS))
        and not (scene.brief.place == "car place" and thing.name in VEHICLES)
        and not (scene.burning and thing.name == "fire")
    ]
    # An upright frame has no room beside a head, only below it.
    for number, thing in enumerate(found[: 1 if scene.upright else 2]):
        tall = min(
            size * (1.15 if thing.alive else 1.0), (0.4 if scene.upright else 0.5) * scene.aspect / breadth(thing)
        )
        x = (-scene.side if number == 0 else scene.side) * 0.3 * scene.aspect
        x = scene.inside(x, tall * breadth(thing))
        foot = (0.42 if thing.at == "hand" else 0.47) * (0.82 if scene.upright else 1.0)
        stamp(front, thing, scene.palette, x, foot, tall, left=x > 0)


def _creature_close(front: Canvas, scene: Scene, phase: float) -> None:
    found = [thing for thing, _ in known_things(scene.brief) if thing.alive] or [
        thing for thing, _ in known_things(scene.brief)
    ]
    if found:
        tall = {"medium": 0.62, "close": 0.9, "extreme_close": 1.3}[scene.brief.shot]
        tall = min(tall, 1.1 * scene.aspect / breadth(found[0]))
        stamp(
            front,
            found[0],
            scene.palette,
            scene.inside(scene.side * 0.12 * scene.aspect, min(scene.aspect, tall * breadth(found[0]))),
            0.4 + 0.25 * (tall - 0.5),
            tall,
            left=scene.side > 0,
        )


def _detail(front: Canvas, scene: Scene, phase: float) -> None:
    """Show one thing large, in the middle."""
    thing, count = detail_of(scene.brief)
    tall = min(0.62, 0.85 * scene.aspect / breadth(thing)) * (0.72 if count > 1 else 1.0)
    for number in range(min(count, 3)):
        away = (0.0, -0.34, 0.36)[number]
        x, y = (0.0, 0.75 * away) if scene.upright else (away * scene.aspect / 1.6, 0.06)
        size = tall * (1.0, 0.7, 0.62)[number]
        shadow(front, x, y + size * 0.5, size * breadth(thing) * 0.4)
        stamp(front, thing, scene.palette, x, y + size * 0.5, size, turn=4.0 if thing.at == "hand" else 0.0)
    front.glow(0.1, 0.0, 0.4, mix(thing.color, scene.palette.glow, 0.6), 0.25)


def detail_of(brief: Brief) -> tuple[Thing, int]:
    """Return the thing that stands for a scene, and how many."""
    found = known_things(brief)
    small = [pair for pair in found if pair[0].at == "hand"]
    chosen = small or [pair for pair in found if pair[0].name not in WORN] or found
    return chosen[0] if chosen else (things()[TOKENS.get(brief.action, "music notes")], 1)
