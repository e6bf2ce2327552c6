"""How steadily drafts move: where the background and the figure are in each frame, against where the camera's path
says they are.

    .venv/bin/python -m bench.draft_motion [--flavor default]

Both are measured to a hundredth of a pixel by registering windows of each frame to the frame before (enhanced
correlation; phase correlation is biased by a tenth of a pixel), in a picture with detail everywhere. Every move of the
flavor's grammar is filmed at 720p, with its own strength and shake.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
os.environ.setdefault("MV_DATA_DIR", tempfile.mkdtemp(prefix="mvsite-bench-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django

django.setup()

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from engines.draft.camera import Move, View, matrix  # noqa: E402
from engines.draft.canvas import OVERSCAN, Pixels  # noqa: E402
from engines.draft.clip import Picture, Renderer, Shot  # noqa: E402
from engines.media.formats import ClipFormat  # noqa: E402

WIDTH, HEIGHT, FRAMES = 1280, 720, 120
# Frames are compared with the one before, in the middle of the move and near its ends.
_MEASURED = (*range(4, 16), *range(54, 66), *range(104, 116))
_WINDOW = 160
# Where the windows are: of the background beside the figure, and on the figure.
_BACK, _FIGURE = (250, 180), (640, 400)


def detailed(seed: int, width: int, height: int) -> Pixels:
    """Return detail of all sizes down to three pixels, in gray."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.6)
    gray = (128 + 34 * noise / noise.std()).clip(20, 235).astype(np.uint8)
    return cv2.merge([gray] * 3)


def filmed() -> Picture:
    """Return a background and a figure in its middle, both full of detail."""
    width, height = round(WIDTH * OVERSCAN), round(HEIGHT * OVERSCAN)
    alpha = np.zeros((height, width), np.uint8)
    cv2.ellipse(alpha, (width // 2, height // 2 + 40), (220, 300), 0, 0, 360, 255, -1, cv2.LINE_AA)
    front = cv2.multiply(detailed(2, width, height), cv2.merge([alpha] * 3), scale=1 / 255)
    return Picture(back=detailed(1, width, height), front=front, alpha=alpha)


def shift_of(view: View, before: View, at: tuple[int, int]) -> tuple[float, float]:
    """Return by how many pixels what is at a place of the frame has moved since the view before."""
    canvas = (round(WIDTH * OVERSCAN), round(HEIGHT * OVERSCAN))
    there = matrix(before, frame=(WIDTH, HEIGHT), canvas=canvas) @ (*at, 1)
    back = cv2.invertAffineTransform(matrix(view, frame=(WIDTH, HEIGHT), canvas=canvas)) @ (*there, 1)
    return float(back[0] - at[0]), float(back[1] - at[1])


def seen_shift(luma: Pixels, before: Pixels, at: tuple[int, int], expected: tuple[float, float]) -> tuple[float, float]:
    """Return the measured shift at a place. The windows are moved by whole pixels first, so that only what is left
    has to be measured."""
    whole = (round(expected[0]), round(expected[1]))
    half = _WINDOW // 2
    now = luma[at[1] + whole[1] - half : at[1] + whole[1] + half, at[0] + whole[0] - half : at[0] + whole[0] + half]
    then = before[at[1] - half : at[1] + half, at[0] - half : at[0] + half]
    map_, stop = np.eye(2, 3, dtype=np.float32), (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-7)
    everywhere = np.full(then.shape, 255, np.uint8)
    _, found = cv2.findTransformECC(then, now, map_, cv2.MOTION_TRANSLATION, stop, everywhere, 5)
    return whole[0] + float(found[0, 2]), whole[1] + float(found[1, 2])


def jitter_of(move: Move) -> dict[str, float]:
    """Return how far the background, the figure, and the figure against the background are from where the camera's
    path has them, in pixels: the root mean square of the shifts from frame to frame."""
    clip = ClipFormat(WIDTH, HEIGHT, Fraction(24))
    renderer = Renderer(filmed(), Shot(move=move, frames=FRAMES, response=0.0), clip)
    planes = [np.zeros((HEIGHT, WIDTH), np.uint8), *(np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8) for _ in range(2))]
    off: dict[str, list[tuple[float, float]]] = {"background": [], "figure": [], "between": []}
    before, last = None, -2
    for number in (value for start in _MEASURED for value in (start - 1, start)):
        if number == last:
            continue
        renderer.render(number, planes)
        luma, views = planes[0].copy(), renderer.views(number)
        if before is not None and number == last + 1:
            apart = []
            for at, now, then in ((_BACK, views[0], before[1][0]), (_FIGURE, views[1], before[1][1])):
                expected = shift_of(now, then, at)
                seen = seen_shift(luma, before[0], at, expected)
                apart.append((seen[0] - expected[0], seen[1] - expected[1]))
            off["background"].append(apart[0])
            off["figure"].append(apart[1])
            off["between"].append((apart[1][0] - apart[0][0], apart[1][1] - apart[0][1]))
        before, last = (luma, views), number
    return {name: float(np.sqrt(np.mean(np.square(values)))) for name, values in off.items()}


def moves_of(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, Move]:
    """Return a flavor's moves by kind, as its clips have them."""
    draft = configs["video_params"]["providers"]["draft"]
    kinds = dict.fromkeys(move["kind"] for move in configs["scene_prompts"]["grammar"]["moves"])
    return {
        kind: Move(
            kind, float(draft["move_strength"]), parallax=float(draft["parallax"]), seed=7,
            handheld=float(draft.get("handheld", 0.0)) / 720, aspect=WIDTH / HEIGHT,
        )
        for kind in kinds
    }  # fmt: skip


def jitter(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the jitter of each of a flavor's moves, in pixels."""
    return {kind: jitter_of(move) for kind, move in moves_of(configs).items()}


def main() -> None:
    from bench.draft import flavor_settings

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flavor", default="default")
    found = jitter(flavor_settings(parser.parse_args().flavor))
    print(f"{'move':<12}{'background px':>15}{'figure px':>12}{'between px':>12}")
    for kind, values in found.items():
        print(f"{kind:<12}{values['background']:>15.3f}{values['figure']:>12.3f}{values['between']:>12.3f}")


if __name__ == "__main__":
    main()
