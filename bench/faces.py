"""How many faces the networks find, condition by condition, and how fast, against the cascades that they replaced.

    .venv/bin/python -m bench.faces [--pictures 12] [--json]

Frames of a man who talks in a car (`bench/footage.py`), enlarged to 720p and changed: tilted, covered, half out of the
picture, darkened, small. A face counts if its middle is where the man's is, within half its size. The last line with
--json is {"conditions": {…}, "found", "cascades_found", "ms", "cascades_ms", …}.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.footage import enlarged, far_away, talking_man, tilted, with_hand, with_microphone
from engines.faces.face import LEFT_CORNER, LOWER_LIP, RIGHT_CORNER, Face
from engines.faces.seeing import Seer

_CASCADES = Path(cv2.__file__).parent / "data"
TILT = 35.0
SMALL = 0.2

# A changed picture, and where the point that was the face's middle is now.
Changed = tuple[Any, tuple[float, float], float]


def conditions(picture: Any, face: Face) -> dict[str, Changed]:
    """Return the picture under each condition, with the face's middle and size in it."""
    height, width = picture.shape[:2]
    (x, y), side = face.middle, face.side
    corners = face.mesh[[RIGHT_CORNER, LEFT_CORNER], :2]
    mouth, wide = tuple(face.mesh[LOWER_LIP, :2]), float(np.linalg.norm(corners[1] - corners[0]))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), TILT, 1.0)
    lower = picture.copy()
    lower[round(y + side / 6) : round(y + side / 2) + 20] = (70, 72, 80)
    half = picture.copy()
    half[:, round(x) : round(x + side)] = 90
    out = np.full_like(picture, 90)
    out[:, : width - round(x)] = picture[:, round(x) :]
    return {
        "straight": (picture, (x, y), side),
        f"tilted {TILT:.0f}°": (tilted(picture, TILT), tuple(turn @ (x, y, 1)), side),
        "microphone": (with_microphone(picture, mouth, wide), (x, y), side),
        "hand": (with_hand(picture, mouth, wide), (x, y), side),
        "lower third covered": (lower, (x, y), side),
        "half covered": (half, (x, y), side),
        "half out of the picture": (out, (side / 6, y), side),
        "dark": ((picture * 0.15).astype(np.uint8), (x, y), side),
        "small": (
            far_away(picture, SMALL),
            (x * SMALL + (width - round(width * SMALL)) // 3, y * SMALL + (height - round(height * SMALL)) // 2),
            side * SMALL,
        ),
    }


class Cascades:
    """The search that the studio used before: two frontal cascades, also tilted by 20°, at 360 lines."""

    def __init__(self) -> None:
        names = ("haarcascade_frontalface_alt2", "haarcascade_frontalface_default")
        self._cascades = [cv2.CascadeClassifier(str(_CASCADES / f"{name}.xml")) for name in names]

    def middles(self, picture: Any) -> list[tuple[float, float]]:
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        factor = max(1, round(min(gray.shape) / 360))
        gray = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        least, most = round(min(gray.shape) * 0.1), min(gray.shape)
        for tilt in (0.0, 20.0, -20.0):
            turn = cv2.getRotationMatrix2D((gray.shape[1] / 2, gray.shape[0] / 2), tilt, 1.0)
            turned = cv2.warpAffine(gray, turn, gray.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
            for cascade, neighbors in list(zip(self._cascades, (4, 6), strict=True))[: 1 if tilt else 2]:
                boxes = cascade.detectMultiScale(turned, 1.12, neighbors, minSize=(least, least), maxSize=(most, most))
                if len(boxes):
                    back = cv2.invertAffineTransform(turn)
                    return [tuple(back @ (x + w / 2, y + h / 2, 1) * factor) for x, y, w, h in boxes]
        return []


def share_found(
    search: Callable[[Any], Sequence[tuple[float, float]]], pictures: Sequence[Changed]
) -> tuple[int, float]:
    """Return in how many pictures the face is found where it is, and the milliseconds per picture."""
    found, started = 0, time.perf_counter()
    for picture, (x, y), side in pictures:
        found += any(max(abs(u - x), abs(v - y)) < side / 2 for u, v in search(picture))
    return found, 1000 * (time.perf_counter() - started) / max(1, len(pictures))


def bench(count: int) -> dict[str, Any]:
    cv2.setNumThreads(1)
    seer, cascades = Seer(), Cascades()
    taken = talking_man()
    frames = [enlarged(taken[number]) for number in np.linspace(0, len(taken) - 1, count).astype(int)]
    cases: dict[str, list[Changed]] = {}
    for frame in frames:
        for name, changed in conditions(frame, seer.faces(frame)[0]).items():
            cases.setdefault(name, []).append(changed)
    report: dict[str, Any] = {"pictures": count, "conditions": {}}
    times, old_times = [], []
    for name, pictures in cases.items():
        found, took = share_found(
            lambda picture: [face.middle for face in seer.faces(picture, thorough=True)], pictures
        )
        old, old_took = share_found(cascades.middles, pictures)
        hidden = sum(
            any(seer.with_mouth(picture, face).mouth_hidden for face in seer.faces(picture))
            for picture, _, _ in pictures
        )
        report["conditions"][name] = {"found": found, "cascades_found": old, "ms": round(took, 1), "hidden": hidden}
        times.append(took)
        old_times.append(old_took)
    report["found"] = sum(one["found"] for one in report["conditions"].values())
    report["cascades_found"] = sum(one["cascades_found"] for one in report["conditions"].values())
    report["of"] = count * len(cases)
    report["ms"], report["cascades_ms"] = round(float(np.mean(times)), 1), round(float(np.mean(old_times)), 1)
    (first,), following = seer.faces(frames[0]), time.perf_counter()
    for frame in frames:
        seer.follow(frame, first)
    report["follow_ms"] = round(1000 * (time.perf_counter() - following) / count, 1)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=12, help="frames of the clip that are tried")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    found = bench(arguments.pictures)
    print(f"{'condition':26}{'found':>8}{'cascades':>10}{'mouth hidden':>14}{'ms':>8}")
    for name, one in found["conditions"].items():
        print(f"{name:26}{one['found']:8}{one['cascades_found']:10}{one['hidden']:14}{one['ms']:8.1f}")
    print(f"together: {found['found']} of {found['of']} at {found['ms']} ms a picture; the cascades "
          f"{found['cascades_found']} at {found['cascades_ms']} ms.")  # fmt: skip
    print(f"Following a face takes {found['follow_ms']} ms a frame.")
    if arguments.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
