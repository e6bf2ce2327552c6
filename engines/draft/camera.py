"""Camera moves: where each layer is, frame by frame.

Positions are in frame heights; `zoom` 1 shows the frame as drawn. Everything is a smooth function of time, so the
motion never jumps.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.draft.look import MoveKind
from engines.draft.reading import camera_words

# The share of the frame a move of strength 1 covers.
_TRAVEL = 0.10
_ZOOM = 0.14
# Degrees that a shake of one frame height rolls the picture.
_ROLL = 30
# The canvas extends a tenth of the frame past each side.
_MOST = 1.5
# The same for a picture with nothing beyond its edges, which the camera has to zoom into to move at all. Pulling out
# shows mirrored edges, so it goes less far.
_PICTURE_TRAVEL = 0.06
_PICTURE_PULL = 0.07
_STEADY_SECONDS = 0.75


@dataclass(frozen=True)
class Move:
    """A camera move. `handheld` is in frame heights; `seed` varies the shake. `from_picture` is for a picture with
    nothing beyond its edges, which is the first frame: the move starts at rest with exactly that, and zooms in only as
    far as it takes to stay inside."""

    kind: MoveKind
    strength: float
    parallax: float = 1.0
    handheld: float = 0.0
    aspect: float = 16 / 9
    seed: int = 0
    from_picture: bool = False


@dataclass(frozen=True)
class View:
    """Where the camera looks: its center, magnification and roll (degrees)."""

    x: float
    y: float
    zoom: float
    roll: float


def pace(prompt: str) -> float:
    """Return how strongly the prompt asks the camera to move."""
    text = prompt.lower()
    words = camera_words(text) or text
    if re.search(r"\b(fast|quick|whips?|drives|runs|rush|swings|hard)\b", words):
        return 1.5
    if re.search(r"\b(slow|slowly|creeps?|gently|gentle|barely|softly)\b", words):
        return 0.65
    return 1.0


def ease(share: float) -> float:
    """Ease 0…1 in and out; the middle two thirds are linear."""
    soft = 0.18
    top = 1 / (1 - soft)
    if share < soft:
        return top * share**2 / (2 * soft)
    if share > 1 - soft:
        return 1 - top * (1 - share) ** 2 / (2 * soft)
    return top * (share - soft / 2)


def view_at(move: Move, share: float, seconds: float, *, near: bool) -> View:
    """Return the view at `share` (0…1) of the clip, for the background or (with `near`) for the foreground."""
    if move.from_picture:
        return _from_picture(move, share, seconds)
    strength = min(_MOST, move.strength)
    way = ease(share) - 0.5  # -½ … ½
    depth = 1 + (0.55 * move.parallax if near else 0.0)
    travel = _TRAVEL * strength
    x = y = 0.0
    zoom = 1.0
    match move.kind:
        case "push_in":
            zoom = 1 + _ZOOM * strength * (way + 0.5) * depth
        case "pull_out":
            zoom = 1 + _ZOOM * strength * (0.5 - way) * depth
        case "pan_left":
            x = -travel * move.aspect * way * depth
        case "pan_right":
            x = travel * move.aspect * way * depth
        case "tilt_up":
            y = -travel * way * depth
        case "tilt_down":
            y = travel * way * depth
        case "orbit":
            # The foreground turns with the camera while the background slides past behind it.
            x = travel * move.aspect * way * (-0.25 * move.parallax if near else 0.9)
            zoom = 1 + 0.05 * strength * (way + 0.5) * depth
        case "drift":
            x = travel * 0.6 * move.aspect * way * depth
            zoom = 1.02
        case "handheld":
            zoom = 1.03
        case "static":
            zoom = 1 + 0.012 * (way + 0.5) * depth
    shake_x, shake_y, roll = _shake(move, seconds)
    return View(x + shake_x * depth, y + shake_y * depth, zoom, roll)


def _from_picture(move: Move, share: float, seconds: float) -> View:
    """Return the view of a picture that is the first frame: its whole at the start, away from there with ease."""
    strength, way = min(_MOST, move.strength), ease(share)
    travel = _PICTURE_TRAVEL * strength * way
    across, down, zoom = 0.0, 0.0, 1.0  # `across` in frame widths
    match move.kind:
        case "push_in":
            zoom = 1 + _ZOOM * strength * way
        case "pull_out":
            zoom = 1 / (1 + _PICTURE_PULL * strength * way)
        case "pan_left":
            across = -travel
        case "pan_right":
            across = travel
        case "tilt_up":
            down = -travel
        case "tilt_down":
            down = travel
        case "orbit":
            across, zoom = 0.9 * travel, 1 + 0.05 * strength * way
        case "drift":
            across = 0.6 * travel
        case "static":
            zoom = 1 + 0.012 * way
        case "handheld":
            pass
    steady = ease(min(1.0, seconds / _STEADY_SECONDS))
    shake_x, shake_y, roll = (steady * part for part in _shake(move, seconds))
    if move.kind != "pull_out":
        room = abs(across) + abs(down) + steady * _shake_room(move)
        zoom = max(zoom, 1 / (1 - 2 * room))
    return View(across * move.aspect + shake_x, down + shake_y, zoom, roll)


def _shake_room(move: Move) -> float:
    """Return the share of the frame that the shake reaches beyond each edge at most."""
    amount, longer = _shake_amount(move), max(move.aspect, 1 / move.aspect)
    return amount * max(1.0, 1 / move.aspect) + math.radians(_ROLL * amount) * longer / 2


def _shake_amount(move: Move) -> float:
    return move.handheld + (0.006 if move.kind == "handheld" else 0.0)


def _shake(move: Move, seconds: float) -> tuple[float, float, float]:
    """Return the slow sway and slight tremble of a hand; a sum of sines, so it is smooth."""
    amount = _shake_amount(move)
    if amount == 0:
        return 0.0, 0.0, 0.0
    rng = np.random.default_rng(move.seed)
    sums = []
    for _ in range(3):
        sums.append(
            sum(
                weight * math.sin(2 * math.pi * rate * rng.uniform(0.85, 1.15) * seconds + rng.uniform(0, 6.28))
                for weight, rate in ((0.55, 0.35), (0.3, 0.8), (0.15, 1.7))
            )
        )
    return amount * sums[0], amount * sums[1], _ROLL * amount * sums[2]


def matrix(view: View, *, frame: tuple[int, int], canvas: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the affine map from frame to canvas pixels (for WARP_INVERSE_MAP). Sizes are (width, height)."""
    unit = frame[1]
    turn = math.radians(view.roll)
    cosine, sine = math.cos(turn) / view.zoom, math.sin(turn) / view.zoom
    # Pixel centers are at whole numbers, so the middle of n pixels is (n - 1) / 2.
    middle_x, middle_y = (frame[0] - 1) / 2, (frame[1] - 1) / 2
    to_x = (canvas[0] - 1) / 2 + view.x * unit
    to_y = (canvas[1] - 1) / 2 + view.y * unit
    return np.array(
        [[cosine, -sine, to_x - cosine * middle_x + sine * middle_y],
         [sine, cosine, to_y - sine * middle_x - cosine * middle_y]]
    )  # fmt: skip
