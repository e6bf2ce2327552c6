"""How people move: a small skeleton with one cycle of movement per action.

Angles are degrees from hanging straight down, positive to where the figure faces. A cycle lasts two beats; `phase` runs
from 0 to 1 through it, so that a step, a turn or a stroke falls on each beat.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from engines.draft.canvas import Point

# In head heights, as a person seven heads tall has them.
SHOULDER_Y, HIP_Y = 0.92, 3.05
SHOULDER_X, HIP_X = 0.6, 0.24
UPPER_ARM, FOREARM = 1.12, 1.08
THIGH, SHIN = 1.72, 1.68
GROUND_Y = 6.5


@dataclass(frozen=True)
class Limb:
    """Two bones: the first's angle, and how far the second is bent from it."""

    angle: float
    bend: float


@dataclass(frozen=True)
class Pose:
    """`left` limbs are those away from where a figure facing right looks. `lift` is in head heights above the ground;
    `lean` tilts the upper body, `tilt` the head; `roll` turns the whole figure about its hips."""

    left_leg: Limb = Limb(-4, 3)
    right_leg: Limb = Limb(4, 3)
    left_arm: Limb = Limb(-8, 10)
    right_arm: Limb = Limb(8, 10)
    lean: float = 0.0
    tilt: float = 0.0
    lift: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Skeleton:
    """Joints in head heights from the head's middle, y down; limbs as (root, joint, end)."""

    head: Point
    neck: Point
    hips: Point
    left_leg: tuple[Point, Point, Point]
    right_leg: tuple[Point, Point, Point]
    left_arm: tuple[Point, Point, Point]
    right_arm: tuple[Point, Point, Point]
    tilt: float


def _wave(phase: float, offset: float = 0.0) -> float:
    return math.sin(2 * math.pi * (phase + offset))


def _walk(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-27 * s, 8 + 30 * max(0.0, _wave(p, 0.3))), Limb(27 * s, 8 + 30 * max(0.0, _wave(p, 0.8))),
                Limb(26 * s, 18), Limb(-26 * s, 18), lean=3)  # fmt: skip


def _run(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        Limb(12 - 50 * s, 28 + 62 * max(0.0, _wave(p, 0.25))),
        Limb(12 + 50 * s, 28 + 62 * max(0.0, _wave(p, 0.75))),
        Limb(48 * s, 80),
        Limb(-48 * s, 80),
        lean=13,
        lift=0.25 * abs(_wave(p)),
    )


def _dance(p: float) -> Pose:
    s, c = _wave(p), _wave(p, 0.25)
    return Pose(Limb(-14 - 12 * s, 10 + 16 * max(0.0, s)), Limb(14 - 12 * s, 10 + 16 * max(0.0, -s)),
                Limb(-112 - 38 * s, -22 - 15 * c), Limb(112 - 38 * s, 22 - 15 * c), lean=8 * s, tilt=-9 * s,
                lift=0.14 * abs(c))  # fmt: skip


def _sing(p: float) -> Pose:
    s = _wave(p)
    return Pose(left_arm=Limb(-48 - 14 * s, -18), right_arm=Limb(22, 138), lean=3 * s, tilt=-4 + 4 * s)


def _play(p: float) -> Pose:
    s = _wave(2 * p)
    return Pose(
        left_arm=Limb(26, 78 + 8 * _wave(p)), right_arm=Limb(4, 84 + 14 * s), lean=4 * _wave(p), tilt=6 * _wave(p)
    )


def _sit(p: float) -> Pose:
    return Pose(Limb(82, 82), Limb(88, 84), Limb(18, 44), Limb(22, 46 + 4 * _wave(p)), lean=-4 + 2 * _wave(p))


def _ride(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(58 + 22 * s, 66 + 18 * s), Limb(58 - 22 * s, 66 - 18 * s), Limb(62, 18), Limb(66, 18),
                lean=16, lift=0.06 * abs(s))  # fmt: skip


def _skate(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-32, 46), Limb(34, 44), Limb(-80 - 16 * s, -10), Limb(74 + 14 * s, 16), lean=12 + 5 * s)


def _row(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(78, 60), Limb(82, 62), Limb(58 + 22 * s, 34 - 24 * s), Limb(62 + 22 * s, 34 - 24 * s), lean=14 * s)


def _swim(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        Limb(-12 + 18 * s, 12),
        Limb(-12 - 18 * s, 12),
        Limb(150 + 60 * s, 20),
        Limb(150 - 60 * s, 20),
        roll=76,
        lift=2.2,
    )


def _fly(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        Limb(-10 + 6 * s, 14), Limb(-18 - 6 * s, 22), Limb(-34, 8), Limb(168 + 4 * s, 6), roll=62, lift=2.6 + 0.3 * s
    )


def _fight(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-28, 22), Limb(26, 20), Limb(64 + 24 * max(0.0, s), 96 - 84 * max(0.0, s)),
                Limb(56 + 30 * max(0.0, -s), 104 - 92 * max(0.0, -s)), lean=6 + 6 * s, tilt=6)  # fmt: skip


def _aim(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-24, 8), Limb(22, 6), Limb(-30, 34), Limb(88 + 2 * s, 2), lean=2, tilt=2)


def _type(p: float) -> Pose:
    s = _wave(2 * p)
    return Pose(Limb(84, 84), Limb(88, 86), Limb(52 + 4 * s, 40), Limb(56 - 4 * s, 38), lean=8, tilt=6)


def _climb(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        Limb(40 + 26 * s, 62 + 20 * s),
        Limb(40 - 26 * s, 62 - 20 * s),
        Limb(148 - 24 * s, 14),
        Limb(148 + 24 * s, 14),
        lean=10,
        lift=0.2 * s,
    )


def _hug(p: float) -> Pose:
    return Pose(left_arm=Limb(62, 22 + 4 * _wave(p)), right_arm=Limb(72, 16), lean=5 + 2 * _wave(p), tilt=8)


def _kiss(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-6, 4), Limb(8, 6), Limb(58, 30), Limb(66, 24), lean=8 + s, tilt=6)


def _find(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-20, 30), Limb(34, 44), Limb(58 + 5 * s, 12), Limb(72 + 5 * s, 8), lean=18 + 2 * s, tilt=10)


def _kneel(p: float) -> Pose:
    return Pose(Limb(-4, 92), Limb(84, 84), Limb(38, 68), Limb(42, 70 + 5 * _wave(p)), lean=10, tilt=14)


def _lie(p: float) -> Pose:
    return Pose(Limb(2, 4), Limb(8, 8), Limb(4, 8), Limb(14, 30), roll=-88, lift=0.35, tilt=2 * _wave(p))


def _greet(p: float) -> Pose:
    return Pose(right_arm=Limb(150, 22 + 26 * _wave(2 * p)), left_arm=Limb(-10, 12), lean=2 * _wave(p))


def _raise(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-10, 4), Limb(10, 4), Limb(-154 + 8 * s, -6), Limb(154 - 8 * s, 6), tilt=-8, lift=0.12 * abs(s))


def _read(p: float) -> Pose:
    return Pose(left_arm=Limb(24, 82), right_arm=Limb(18, 88 + 3 * _wave(p)), tilt=14 + 2 * _wave(p), lean=3)


def _work(p: float) -> Pose:
    s = _wave(p)
    return Pose(left_arm=Limb(34 + 8 * s, 58), right_arm=Limb(44 - 16 * s, 46 + 18 * s), lean=9, tilt=10)


def _push(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-34 + 10 * s, 14), Limb(18 - 10 * s, 22), Limb(74, 12), Limb(80, 10), lean=24)


def _cry(p: float) -> Pose:
    return Pose(left_arm=Limb(30, 136), right_arm=Limb(36, 134 + 3 * _wave(2 * p)), lean=12 + 2 * _wave(2 * p), tilt=18)


def _laugh(p: float) -> Pose:
    s = _wave(2 * p)
    return Pose(left_arm=Limb(24, 84), right_arm=Limb(-22, -16), lean=-6 + 3 * s, tilt=-10)


def _fall(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        Limb(-34 + 8 * s, 34), Limb(46, 40), Limb(-120 + 20 * s, -20), Limb(130 - 20 * s, 20), roll=-34, lift=0.9
    )


def _jump(p: float) -> Pose:
    up = abs(_wave(p / 2 + 0.25)) if p else 1.0
    return Pose(Limb(-22, 64), Limb(44, 70), Limb(-140, -14), Limb(148, 14), lift=0.4 + 1.5 * up, lean=4)


def _look(p: float) -> Pose:
    return Pose(left_arm=Limb(-9, 9), right_arm=Limb(8, 12), lean=1.2 * _wave(p), tilt=3 * _wave(p))


def _on_a_pole(p: float) -> Pose:
    s = _wave(p)
    return Pose(Limb(-2, 0), Limb(2, 0), Limb(-88 + 3 * s, 4), Limb(88 + 3 * s, -4), tilt=8 + 3 * s)


_CYCLES: dict[str, Callable[[float], Pose]] = {
    "walk": _walk,
    "run": _run,
    "dance": _dance,
    "sing": _sing,
    "play": _play,
    "sit": _sit,
    "drive": _sit,
    "ride": _ride,
    "skate": _skate,
    "row": _row,
    "swim": _swim,
    "fly": _fly,
    "fight": _fight,
    "aim": _aim,
    "follow": _walk,
    "type": _type,
    "climb": _climb,
    "hug": _hug,
    "kiss": _kiss,
    "find": _find,
    "kneel": _kneel,
    "lie": _lie,
    "wave": _greet,
    "raise": _raise,
    "read": _read,
    "work": _work,
    "push": _push,
    "cry": _cry,
    "laugh": _laugh,
    "fall": _fall,
    "jump": _jump,
    "on a pole": _on_a_pole,
}


def pose_at(action: str, phase: float) -> Pose:
    """Return an action's pose at a phase (0…1) of its cycle; standing for actions without one."""
    return _CYCLES.get(action, _look)(phase % 1.0)


def skeleton(pose: Pose, *, right: bool = True) -> Skeleton:
    """Return the joints of a pose, standing on y GROUND_Y by its lowest foot, facing right or left."""
    hips = (0.0, HIP_Y)
    neck = _along(hips, 180 - pose.lean, HIP_Y - 0.5)
    head = _along(neck, 180 - pose.lean - pose.tilt, 0.5)
    shoulder = _along(hips, 180 - pose.lean, HIP_Y - SHOULDER_Y)
    joints = Skeleton(
        head, neck, hips,
        _limb((hips[0] - HIP_X, HIP_Y), replace(pose.left_leg, bend=-pose.left_leg.bend), THIGH, SHIN),
        _limb((hips[0] + HIP_X, HIP_Y), replace(pose.right_leg, bend=-pose.right_leg.bend), THIGH, SHIN),
        _limb((shoulder[0] - SHOULDER_X, shoulder[1]), pose.left_arm, UPPER_ARM, FOREARM),
        _limb((shoulder[0] + SHOULDER_X, shoulder[1]), pose.right_arm, UPPER_ARM, FOREARM),
        pose.lean + pose.tilt,
    )  # fmt: skip
    turned = _moved(joints, lambda point: _rotated(point, hips, pose.roll)) if pose.roll else joints
    low = max(turned.left_leg[2][1], turned.right_leg[2][1], turned.hips[1])
    down = GROUND_Y - pose.lift - low
    mirror = 1 if right else -1
    placed = _moved(turned, lambda point: (mirror * point[0], point[1] + down))
    return replace(placed, tilt=mirror * (placed.tilt + pose.roll))


def _along(start: Point, degrees: float, length: float) -> Point:
    return start[0] + math.sin(math.radians(degrees)) * length, start[1] + math.cos(math.radians(degrees)) * length


def _limb(root: Point, limb: Limb, first: float, second: float) -> tuple[Point, Point, Point]:
    joint = _along(root, limb.angle, first)
    return root, joint, _along(joint, limb.angle + limb.bend, second)


def _rotated(point: Point, about: Point, degrees: float) -> Point:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = point[0] - about[0], point[1] - about[1]
    return about[0] + x * cosine - y * sine, about[1] + x * sine + y * cosine


def _moved(joints: Skeleton, move: Callable[[Point], Point]) -> Skeleton:
    def limb(points: tuple[Point, Point, Point]) -> tuple[Point, Point, Point]:
        return move(points[0]), move(points[1]), move(points[2])

    return replace(
        joints, head=move(joints.head), neck=move(joints.neck), hips=move(joints.hips), left_leg=limb(joints.left_leg),
        right_leg=limb(joints.right_leg), left_arm=limb(joints.left_arm), right_arm=limb(joints.right_arm),
    )  # fmt: skip
