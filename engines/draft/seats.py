"""What people sit on, drawn behind them: a chair that the words name, or what a place has to sit on."""

from engines.draft.body import BodyPainter
from engines.draft.canvas import Canvas, Point, mix, rounded
from engines.draft.glyphs import breadth, stamp
from engines.draft.rig import Skeleton
from engines.draft.scene import Scene, known_things
from engines.draft.vocabulary import places, things

_WOOD = "#7a5438"
# Seats that are stamped whole, by their height in head heights.
_STAMPED = {"sofa": 4.4, "bed": 3.6}
SEATS = frozenset(("chair", "bench", *_STAMPED))
_NONE = frozenset(("sea", "underwater", "sky", "space", "space station", "dream"))
_STOOLS = frozenset(("bar", "saloon", "casino place", "club"))
_BENCHES = frozenset((
    "park", "lake", "street", "city", "paris", "square", "market", "funfair", "harbour", "bridge", "small town",
    "stadium", "subway", "gym", "church", "country church", "museum", "airport", "ship deck",
))  # fmt: skip
# Of these places the ground is a ledge or a step of stone.
_LEDGES = frozenset(("stairs", "rooftop", "graveyard", "castle", "ruins", "alley", "gas station", "western street"))
# How high a seat is above the ground, in head heights.
_HIGH = 1.72


def chair(front: Canvas, x: float, ground: float, head: float, out: int, color: str) -> None:
    """Draw a chair for somebody at x who looks to `out` (-1 left, 1 right)."""
    back, low = x - out * 0.58 * head, mix(color, "#000000", 0.25)
    for leg in (back, x + out * 0.62 * head):
        front.stroke([(leg, ground - _HIGH * head), (leg, ground)], 0.17 * head, low)
    front.stroke([(back, ground - _HIGH * head), (back - out * 0.1 * head, ground - 3.5 * head)], 0.22 * head, color)
    front.stroke([(back, ground - _HIGH * head), (x + out * 0.7 * head, ground - _HIGH * head)], 0.24 * head, color)


def seat(front: Canvas, scene: Scene, painter: BodyPainter, bones: Skeleton, ground: float, out: int) -> None:
    """Draw what somebody sits on who looks to `out`."""
    brief, head = scene.brief, painter.head
    x = painter.at(*bones.hips)[0]
    named = next((thing for thing, _ in known_things(brief) if thing.name in SEATS), None)
    wood = mix(_WOOD, scene.palette.figure, 0.2)
    if named is not None and named.name in _STAMPED:
        tall = _STAMPED[named.name] * head
        stamp(front, named, scene.palette, scene.inside(x, tall * breadth(named)), ground, tall, left=out > 0)
    elif named is not None:
        usual = things()[named.name].color == named.color
        color = wood if usual else mix(named.color, scene.palette.figure, 0.15)
        if named.name == "bench":
            _bench(front, x, ground, head, color)
        else:
            chair(front, x, ground, head, out, color)
    elif brief.place not in _NONE:
        _of_the_place(front, scene, (x, ground), head, out, wood)


def _bench(front: Canvas, x: float, ground: float, head: float, color: str) -> None:
    low = mix(color, "#000000", 0.35)
    for side in (-1.9, 1.9):
        front.stroke([(x + side * head, ground - 3.0 * head), (x + side * head, ground)], 0.2 * head, low)
    for up in (2.95, 2.4, _HIGH):
        front.stroke([(x - 2.2 * head, ground - up * head), (x + 2.2 * head, ground - up * head)], 0.26 * head, color)


def _of_the_place(front: Canvas, scene: Scene, at: Point, head: float, out: int, wood: str) -> None:
    (x, ground), place = at, scene.brief.place
    top = ground - _HIGH * head
    known = places().get(place)
    if place in _STOOLS:
        front.stroke([(x, top), (x, ground)], 0.2 * head, mix(wood, "#000000", 0.3))
        front.ellipse(x, top, 0.75 * head, 0.18 * head, mix("#8a2f2a", scene.palette.figure, 0.2))
    elif place in _BENCHES:
        _bench(front, x, ground, head, wood)
    elif place in _LEDGES:
        stone = mix("#a79a86", scene.palette.figure, 0.2)
        front.rectangle(x - 1.3 * head, top - 0.06 * head, x + 0.75 * out * head + 0.6 * head, ground, stone)
        front.rectangle(x - 1.3 * head, top - 0.06 * head, x + 0.75 * out * head + 0.6 * head, top + 0.12 * head,
                        mix(stone, scene.palette.rim, 0.4))  # fmt: skip
    elif known is not None and known.indoors and place != "cave":
        chair(front, x, ground, head, out, wood)
    else:
        rock = mix("#6f6a62", scene.palette.figure, 0.25)
        outline = [(-1.2, 0.06), (-1.15, -1.0), (-0.5, -1.95), (0.6, -1.9), (1.0, -1.2), (1.05, 0.06)]
        front.polygon(rounded([(x + dx * head, ground + dy * head) for dx, dy in outline]), rock)
        front.stroke([(x - 0.75 * head, ground - 1.5 * head), (x + 0.5 * head, ground - 1.7 * head)], 0.08 * head,
                     mix(rock, scene.palette.rim, 0.35))  # fmt: skip
