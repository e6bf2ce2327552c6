"""What people have in their hands or sit at, and what goes with a thing: drawn by hand, with no outline of its own."""

from dataclasses import replace

import numpy as np

from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, mix
from engines.draft.figure import Character
from engines.draft.glyphs import breadth, stamp
from engines.draft.people import Person
from engines.draft.rig import GROUND_Y, Skeleton
from engines.draft.scene import Scene
from engines.draft.seats import chair
from engines.draft.vocabulary import Thing, things

_STAGES = frozenset(("club", "stage", "theater", "festival", "bar", "studio"))


def voice(front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, held: Thing | None) -> None:
    """Show that somebody sings: notes above, and a microphone on a stage."""
    x, y = painter.at(*bones.head)
    size = max(0.05, 0.9 * painter.head)
    side = 1 if bones.right_arm[2][0] > bones.head[0] else -1
    stamp(front, things()["music notes"], scene.palette, x + side * (0.6 * painter.head + size * 0.7), y, size)
    if held is None and scene.brief.place in _STAGES:
        at = painter.at(*bones.right_arm[2])
        stamp(front, things()["microphone"], scene.palette, at[0], at[1] + 0.5 * painter.head, 0.9 * painter.head)


def counter(front: Canvas, scene: Scene, painter: BodyPainter, out: int) -> None:
    """Draw a counter with a till before whoever serves there."""
    head, ground = painter.head, painter.y + GROUND_Y * painter.head
    wood, top = mix("#8a6a4a", scene.palette.figure, 0.3), mix("#d8cfc0", scene.palette.figure, 0.2)
    left, right = sorted((painter.x + out * 0.8 * head, painter.x + out * 5.2 * head))
    front.rectangle(left, ground - 2.7 * head, right, ground, wood)
    front.rectangle(left - 0.1 * head, ground - 2.95 * head, right + 0.1 * head, ground - 2.65 * head, top)
    x, foot, gray = painter.x + out * 2.3 * head, ground - 2.95 * head, mix("#50555f", scene.palette.figure, 0.2)
    front.polygon([(x - 0.8 * head, foot), (x - 0.65 * head, foot - 0.7 * head), (x + 0.65 * head, foot - 0.7 * head),
                   (x + 0.8 * head, foot)], gray)  # fmt: skip
    front.rectangle(x - 0.4 * head, foot - 1.25 * head, x + 0.4 * head, foot - 0.7 * head, mix(gray, "#000000", 0.3))
    front.rectangle(x - 0.3 * head, foot - 1.15 * head, x + 0.3 * head, foot - 0.82 * head, "#9fe0b0")


def gun(painter: BodyPainter, bones: Skeleton, out: int) -> None:
    x, y = bones.right_arm[2]
    painter.stroke([(x, y - 0.12), (x + out * 0.85, y - 0.12)], 0.17, "#1d1d22")
    painter.stroke([(x, y - 0.05), (x - out * 0.08, y + 0.28)], 0.2, "#3a2a20")


def oars(painter: BodyPainter, bones: Skeleton) -> None:
    """Draw both oars, from the hands down into the water at either side of whoever rows."""
    foot = bones.hips[1] + 1.5
    for (x, y), out, reach in ((bones.left_arm[2], -1, 3.0), (bones.right_arm[2], 1, 3.0)):
        end = (x + out * reach, foot)
        painter.stroke([(x - out * 0.2, y), end], 0.12, "#6b4a2c")
        painter.stroke([(end[0] - out * 0.5, foot - 0.42), end], 0.3, "#8a6238")


def blade(painter: BodyPainter, bones: Skeleton, out: int) -> None:
    """Draw a long sword, held up against somebody."""
    x, y = bones.right_arm[2]
    painter.stroke([(x - out * 0.25, y + 0.3), (x + out * 0.1, y - 0.1)], 0.2, "#2a2024")
    painter.stroke([(x + out * 0.1, y - 0.1), (x + out * 1.5, y - 2.3)], 0.15, "#dfe6ee")


def hat_in_hand(front: Canvas, scene: Scene, character: Character, painter: BodyPainter, bones: Skeleton) -> None:
    """Draw the hat that was taken off, held out in a hand."""
    hat = Person.of_role(character.person.role).hat or "fedora"
    x, y = painter.at(*bones.left_arm[2])
    holder = BodyPainter(front, replace(character, hat=hat), scene.palette, x, y + 0.25 * painter.head, painter.head)
    holder.hat()


def desk(front: Canvas, scene: Scene, x: float, ground: float, head: float, out: int) -> None:
    """Draw a chair, and a desk full of screens before whoever sits there."""
    wood, dark = mix("#6a4a35", scene.palette.figure, 0.3), mix("#2a2a32", scene.palette.figure, 0.3)
    top = ground - 2.6 * head
    chair(front, x, ground, head, out, dark)
    for foot in (1.9, 6.3):
        front.stroke([(x + out * foot * head, top), (x + out * foot * head, ground)], 0.22 * head, dark)
    front.stroke([(x + out * 1.6 * head, top), (x + out * 6.6 * head, top)], 0.28 * head, wood)
    for number, (away, up, tall) in enumerate(((2.9, 0.0, 1.9), (5.0, 0.0, 2.1), (3.9, 2.1, 1.8), (6.1, 2.2, 1.6))):
        name = "laptop" if number == 0 else "screen"
        stamp(front, things()[name], scene.palette, x + out * away * head, top - up * head, tall * head)
        front.glow(x + out * away * head, top - (up + 0.9) * head, 1.6 * head, "#7ac8ff", 0.5)


def chess_table(front: Canvas, scene: Scene, x: float, ground: float, head: float, seats: list[float]) -> None:
    """Draw a table with a game of chess on it, and chairs at `seats`."""
    wood, dark = mix("#7a5438", scene.palette.figure, 0.25), mix("#2f2a2a", scene.palette.figure, 0.25)
    top = ground - 2.5 * head
    for seat in seats:
        chair(front, seat, ground, head, -1 if seat > x else 1, dark)
    front.stroke([(x, top), (x, ground)], 0.3 * head, dark)
    front.stroke([(x - 1.3 * head, top), (x + 1.3 * head, top)], 0.26 * head, wood)
    front.stroke([(x - 0.85 * head, top - 0.2 * head), (x + 0.85 * head, top - 0.2 * head)], 0.16 * head, "#e6dcc4")
    for number, away in enumerate((-0.7, -0.42, -0.1, 0.2, 0.5, 0.76)):
        tone = dark if number < 3 else "#f2ead8"
        low, tall = top - 0.28 * head, (0.5 if number % 2 else 0.75) * head
        front.stroke([(x + away * head, low), (x + away * head, low - 0.6 * tall)], 0.16 * head, tone)
        front.ellipse(x + away * head, low - 0.75 * tall, 0.12 * head, 0.14 * head, tone)


def rails_and_wagons(
    front: Canvas, scene: Scene, thing: Thing, x: float, foot: float, height: float, *, left: bool
) -> None:
    """Draw the rails under a train from edge to edge, and the wagons behind its engine."""
    dark, wood = mix("#3a3a42", scene.palette.figure, 0.3), mix("#5a4536", scene.palette.figure, 0.3)
    for tie in np.arange(-front.right, front.right, 0.09):
        front.stroke([(tie, foot - 0.01), (tie - 0.02, foot + 0.025)], 0.012, wood)
    for y in (foot - 0.008, foot + 0.016):
        front.stroke([(-front.right, y), (front.right, y)], 0.007, dark)
    back, wide = 1 if left else -1, breadth(thing) * height
    color = mix(thing.color, scene.palette.figure, 0.3)
    for number in range(4):
        start = x + back * (wide * 0.52 + number * wide * 0.95)
        end = start + back * wide * 0.88
        front.polygon([(start, foot - 0.62 * height), (end, foot - 0.62 * height), (end, foot - 0.12 * height),
                       (start, foot - 0.12 * height)], color)  # fmt: skip
        front.stroke(
            [(start, foot - 0.64 * height), (end, foot - 0.64 * height)], 0.06 * height, mix(color, "#000000", 0.4)
        )
        for share in (0.2, 0.5, 0.8):
            pane = start + (end - start) * share
            front.rectangle(
                pane - 0.05 * wide, foot - 0.5 * height, pane + 0.05 * wide, foot - 0.32 * height, "#ffe2a0"
            )
            front.ellipse(pane, foot - 0.08 * height, 0.08 * height, 0.08 * height, dark)
