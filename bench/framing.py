"""Crops that follow: is the face in view, and how calm is the picture? On footage with a known face, in 9:16 of 16:9.

    .venv/bin/python -m bench.framing [--json] [--sheets FOLDER] [--only NAME]

A real man's talking head walks, runs, stands, leaves, meets another or is cut to across a 16:9 picture, and where it is
is known for each picture. `inside`: share of the pictures that have all of the face (forehead to chin, ear to ear) in
view, of those in which the face is in the picture. `center` is what a crop of the middle has. Speed and acceleration
are the most of the view's, in pixels of a 1080 × 1920 output per picture; `rest` is the share of pictures in which it
doesn't move at all, `shake` the acceleration of a crop that centers each true face, for comparison.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from bench.footage import RATE, enlarged, talking_man, write_clip
from engines.faces.found import ClipFaces
from engines.faces.scan import clip_faces
from engines.faces.seeing import Seer
from engines.following.find import clip_view
from engines.media.crop_path import CropPath
from engines.media.formats import clip_format
from engines.media.framing import Framing, PictureFit, view_at
from engines.media.probe import media_facts

SIZE = (1280, 720)
Picture = Any
Place = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Actor:
    """A head of `height` pixels whose middle is at `at(share of the clip)` in shares of the picture, while it is
    there."""

    at: Callable[[float], Place | None]
    height: int = 300
    mirrored: bool = False
    talks: bool = True


@dataclass(frozen=True)
class Take:
    """Footage: its length, who is in it (the first one leads), and the backdrop's number at each share of it."""

    seconds: float
    actors: tuple[Actor, ...]
    backdrop: Callable[[float], int] = lambda _: 0


def walk(
    start: float, end: float, begins: float = 0.0, ends: float = 1.0, bob: float = 0.01
) -> Callable[[float], Place]:
    """Walk from one place to the other, evenly, in a part of the clip."""

    def at(share: float) -> Place:
        done = min(max(0.0, (share - begins) / (ends - begins)), 1.0)
        moving = 0 < done < 1
        return start + (end - start) * done, 0.42 + (bob * np.sin(share * 40) if moving else 0.0)

    return at


def sway(x: float, much: float) -> Callable[[float], Place]:
    return lambda share: (
        x + much * np.sin(share * 19) + much / 2 * np.sin(share * 47),
        0.42 + much / 3 * np.sin(share * 31),
    )


TAKES: dict[str, Take] = {
    "stands": Take(6, (Actor(sway(0.7, 0.004)),)),
    "sways": Take(6, (Actor(sway(0.35, 0.02)),)),
    "walks slowly": Take(9, (Actor(walk(0.15, 0.85)),)),
    "walks": Take(4.5, (Actor(walk(0.85, 0.15)),)),
    "runs": Take(2.4, (Actor(walk(0.14, 0.86), 220),)),
    "stands, walks, stands": Take(8, (Actor(walk(0.25, 0.75, 0.35, 0.6)),)),
    "there and back": Take(
        8, (Actor(lambda share: (0.5 - 0.32 * np.cos(share * 2 * np.pi), 0.42)),),
    ),
    "cut": Take(
        6, (Actor(lambda share: (0.22, 0.42) if share < 0.5 else (0.8, 0.4)),), lambda share: int(share >= 0.5)
    ),
    "leaves": Take(6, (Actor(walk(0.4, 1.25, 0.2, 0.8)),)),
    "comes late": Take(6, (Actor(lambda share: (0.75, 0.42) if share > 0.35 else None),)),
    "two, one sings": Take(
        8, (Actor(sway(0.2, 0.004), 280), Actor(sway(0.82, 0.004), 280, mirrored=True, talks=False))
    ),
    "two cross": Take(
        8, (Actor(walk(0.15, 0.85), 330), Actor(walk(0.85, 0.15), 150, mirrored=True, talks=False))
    ),
    "far away": Take(8, (Actor(walk(0.8, 0.3, 0.2, 0.9), 90),)),
}  # fmt: skip


@cache
def man() -> list[tuple[Picture, Box]]:
    """Return cut-outs of the man's head and the face's box in each, in pixels."""
    seer, cuts = Seer(), []
    for picture in (enlarged(picture, 704, 576) for picture in talking_man()):
        x, y, width, height = seer.faces(picture)[0].box
        left, top = max(0, round(x - 0.35 * width)), max(0, round(y - 0.45 * height))
        cut = picture[top : round(y + 1.35 * height), left : round(x + 1.35 * width)]
        cuts.append((np.ascontiguousarray(cut), (x - left, y - top, width, height)))
    return cuts


@cache
def backdrop(number: int) -> Picture:
    """Return a blurred pattern of soft lights."""
    chance = np.random.default_rng(number)
    small = chance.uniform(30, 150, (9, 16, 3)).astype(np.float32)
    whole = cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC)
    grain = chance.normal(0, 3, (SIZE[1], SIZE[0], 1))
    return np.clip(whole + grain, 0, 255).astype(np.uint8)


def pictures(take: Take) -> Iterator[tuple[Picture, list[Box | None]]]:
    """Yield each picture and the boxes of the actors' faces in it."""
    heads, count = man(), round(take.seconds * RATE)
    for number in range(count):
        share = number / count
        shown = backdrop(take.backdrop(share)).copy()
        turn = number % (2 * len(heads) - 2)
        talking = min(turn, 2 * len(heads) - 2 - turn)
        places = [(actor, actor.at(share)) for actor in take.actors]
        yield (
            shown,
            [place and paste(shown, heads[talking if actor.talks else 0], actor, place) for actor, place in places],
        )


def paste(shown: Picture, cut: tuple[Picture, Box], actor: Actor, place: Place) -> Box:
    """Put a head with soft edges into a picture, between pixels, and return its face's box."""
    head, box = cut
    scale = actor.height / box[3]
    x, y, width, height = (value * scale for value in box)
    if actor.mirrored:
        head, x = np.ascontiguousarray(head[:, ::-1]), head.shape[1] * scale - x - width
    left, top = place[0] * SIZE[0] - x - width / 2, place[1] * SIZE[1] - y - height / 2
    move = np.array([[scale, 0, left], [0, scale, top]])
    rows, columns = np.mgrid[: head.shape[0], : head.shape[1]]
    across, down = columns / head.shape[1] * 2 - 1, rows / head.shape[0] * 2 - 1
    mask = np.clip((1 - np.sqrt(across**2 + down**2)) * 8, 0, 1).astype(np.float32)
    cover = cv2.warpAffine(mask, move, SIZE)[..., None]
    shown[:] = shown * (1 - cover) + cv2.warpAffine(head, move, SIZE, flags=cv2.INTER_AREA) * cover
    return left + x, top + y, width, height


def measured(name: str, folder: Path, sheets: Path | None) -> dict[str, float | str]:
    """Make the take, follow it, and compare the view with the truth."""
    take, shape = TAKES[name], clip_format("9:16")
    truth: list[list[Box | None]] = []

    def shown() -> Iterator[Picture]:
        for picture, boxes in pictures(take):
            truth.append(boxes)
            yield picture

    video = write_clip(folder / "take.mp4", shown())
    seen_in: list[float] = []

    def look() -> ClipFaces:
        started = time.monotonic()
        found = clip_faces(video)
        seen_in.append(time.monotonic() - started)
        return found

    started = time.monotonic()
    view = clip_view(video, look)
    planned = time.monotonic() - started - sum(seen_in)
    facts = media_facts(video)
    framing = Framing(shape, PictureFit.FOLLOW, CropPath(view.keys), view.content)
    views = np.array([view_at(framing, facts, number / float(RATE)) for number in range(len(truth))])
    wide = views[0, 2]
    lefts = views[:, 0] / wide * 1080
    there = np.array([boxes[0] is not None and boxes[0][0] >= 0 and boxes[0][0] + boxes[0][2] <= SIZE[0]
                      and boxes[0][2] < wide for boxes in truth])  # fmt: skip
    faces = np.array([boxes[0] or (0, 0, 0, 0) for boxes in truth])
    middle = (SIZE[0] - wide) / 2
    inside = (faces[:, 0] >= views[:, 0] - 1) & (faces[:, 0] + faces[:, 2] <= views[:, 0] + wide + 1)
    in_center = (faces[:, 0] >= middle) & (faces[:, 0] + faces[:, 2] <= middle + wide)
    jumps = {int(number) for number in np.flatnonzero(np.abs(np.diff(lefts)) > 200)}
    steps = np.delete(np.diff(lefts), sorted(jumps))
    if sheets:
        _sheet(video, views, sheets / f"{name.replace(' ', '-').replace(',', '')}.jpg")
    centered = (faces[:, 0] + faces[:, 2] / 2)[there] / wide * 1080
    return {
        "take": name,
        "inside_percent": round(100 * float(inside[there].mean()), 1),
        "center_percent": round(100 * float(in_center[there].mean()), 1),
        "speed": round(float(np.abs(steps).max()), 1),
        "acceleration": round(float(np.abs(np.diff(steps)).max()), 2),
        "rest_percent": round(100 * float((np.abs(steps) < 1e-6).mean()), 1),
        "shake": round(float(np.abs(np.diff(centered, 2)).mean()), 2),
        "jumps": len(jumps),
        "keys": len(view.keys),
        "plan_ms": round(1000 * planned),
    }


def _sheet(video: Path, views: Any, path: Path) -> None:
    """Draw the view into a dozen pictures of the take."""
    chosen = np.linspace(0, len(views) - 1, 12).round().astype(int)
    tiles = []
    for number, picture in enumerate(_decoded(video)):
        if number in chosen:
            x, y, wide, high = (round(value) for value in views[number])
            drawn = picture // 3
            drawn[y : y + high, x : x + wide] = picture[y : y + high, x : x + wide]
            tiles.append(cv2.resize(drawn, (427, 240), interpolation=cv2.INTER_AREA))
    rows = [np.hstack(tiles[first : first + 4]) for first in range(0, 12, 4)]
    Image.fromarray(np.vstack(rows)).save(path, quality=85)


def _decoded(video: Path) -> Iterator[Picture]:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=sorted(TAKES))
    parser.add_argument("--sheets", type=Path, help="write contact sheets into this folder")
    asked = parser.parse_args()
    if asked.sheets:
        asked.sheets.mkdir(parents=True, exist_ok=True)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [asked.only] if asked.only else TAKES:
            lines.append(measured(name, Path(folder), asked.sheets))
            if not asked.json:
                print("  ".join(f"{key} {value}" for key, value in lines[-1].items()), flush=True)
    if asked.json:
        print(json.dumps(lines, indent=2))


if __name__ == "__main__":
    main()
