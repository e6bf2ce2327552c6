"""Color match at cuts: how much nearer are neighboring scenes, and what does it cost? On footage with known offsets.

    .venv/bin/python -m bench.continuity [--json] [--stills FOLDER] [--seconds 2]

Every shot is from a real recording (a man who talks in a car), from other parts and in other crops of it, exposed by
known stops in linear light and balanced by known gains of red and blue. The verse and the chorus are days with the
offsets of real takes, and a night follows at a border. `before` and `after` are the mean CIEDE2000 between the
mean colors on both sides of each cut inside of a section, in the composed film; `floor` is that of the same shots
without any offset. `night` is how far the night moved, `border` the difference there before and after. Times are
processor seconds of composing with everything encoded, on and off, interleaved, means of two; `share` is that of
measuring the colors, which is done once per clip.
"""

import argparse
import json
import resource
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.footage import RATE, enlarged, talking_man, write_clip
from engines.composing.cache import SegmentCache, file_sha256
from engines.composing.color_match import ShotColor, colors_matched
from engines.composing.compose import compose
from engines.composing.shot_plan import Shot, ShotPlan, Source
from engines.media.color_mean import clip_mean
from engines.media.formats import clip_format
from engines.media.lab import Lab, color_difference, lab_of_rgb
from engines.media.probe import media_facts
from engines.media.stills import picture_at

Picture = Any
_GAMMA = 2.4
_NEAR_CUT = 3
_ROUNDS = 2


@dataclass(frozen=True)
class Take:
    """A shot: its section, its exposure in stops, gains of red and blue, and the part of the recording it is from."""

    section: str
    stops: float = 0.0
    red: float = 1.0
    blue: float = 1.0
    first: int = 0
    zoom: float = 1.0
    mirrored: bool = False


# Sizes as between takes of one scene: up to two thirds of a stop, and about 600 K.
TAKES = (
    Take("verse", 0.0),
    Take("verse", 0.5, 1.08, 0.94, 30, 1.2),
    Take("verse", -0.45, 0.94, 1.08, 10, 1.1, mirrored=True),
    Take("verse", 0.3, 0.95, 1.05, 50, 1.3),
    Take("chorus", -0.35, 1.1, 0.92, 20, 1.0, mirrored=True),
    Take("chorus", 0.65, 0.97, 1.04, 0, 1.2),
    Take("chorus", 0.0, 1.0, 1.0, 40, 1.1),
    Take("night", -3.6, 0.7, 1.25, 10, 1.0),
    Take("night", -3.6, 0.7, 1.25, 15, 1.0, mirrored=True),
)


def exposed(picture: Picture, take: Take) -> Picture:
    """Return the picture as another exposure and white balance would have recorded it."""
    gains = 2.0**take.stops * np.array((take.red, 1.0, take.blue))
    table = 255 * np.clip((np.arange(256)[:, None] / 255) ** _GAMMA * gains, 0, 1) ** (1 / _GAMMA)
    return np.stack([cv2.LUT(picture[..., band], np.round(table[:, band]).astype(np.uint8)) for band in range(3)], -1)


def pictures(take: Take, frames: int, *, plain: bool) -> Iterator[Picture]:
    recorded = talking_man()
    for number in range(frames):
        picture = recorded[(take.first + number) % len(recorded)]
        height, width = (round(side / take.zoom) for side in picture.shape[:2])
        top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
        picture = enlarged(picture[top : top + height, left : left + width])
        picture = np.ascontiguousarray(picture[:, ::-1]) if take.mirrored else picture
        yield exposed(picture, replace(take, stops=0.0, red=1.0, blue=1.0) if plain else take)


def filmed(folder: Path, frames: int, *, plain: bool) -> list[Shot]:
    shots = []
    for number, take in enumerate(TAKES):
        path = write_clip(folder / f"{'plain' if plain else 'take'}-{number}.mp4", pictures(take, frames, plain=plain))
        shots.append(Shot(Source(path, file_sha256(path), media_facts(path)), frames))
    return shots


def matched(shots: Sequence[Shot]) -> list[Shot]:
    """Return the shots with their changes of color, as a worker finds them."""
    sections = list(dict.fromkeys(take.section for take in TAKES))
    seen = [
        ShotColor(clip_mean(shot.source.path, 0, float(shot.frames / RATE)), shot.frames, sections.index(take.section))
        for shot, take in zip(shots, TAKES, strict=True)
    ]
    return [replace(shot, color=one.shift) for shot, one in zip(shots, colors_matched(seen), strict=True)]


def composed(shots: Sequence[Shot], folder: Path, name: str) -> tuple[Path, float]:
    """Compose with an empty cache. Return the film and the processor seconds it took."""
    plan = ShotPlan(tuple(shots), clip_format("16:9", fps=RATE), reencode=True)
    before, output = _processor_seconds(), folder / f"{name}.mp4"
    with SegmentCache(folder / f"segments-{name}", 10**10).session() as session:
        compose(plan, output, cache=session, progress=lambda *_: None, cancelled=lambda: False)
    return output, _processor_seconds() - before


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def mean_near(film: Path, frame: int, step: int) -> Lab:
    """Return the mean color of a few frames from `frame` on, forwards or backwards."""
    places = [frame + step * number for number in range(_NEAR_CUT)]
    means = [lab_of_rgb(picture_at(film, float((place + 0.5) / RATE))[::4, ::4] / 255).mean((0, 1)) for place in places]
    light, a, b = np.mean(means, axis=0)
    return float(light), float(a), float(b)


def differences(film: Path, frames: int) -> list[float]:
    """Return CIEDE2000 at each cut."""
    cuts = [frames * number for number in range(1, len(TAKES))]
    return [color_difference(mean_near(film, cut - 1, -1), mean_near(film, cut, 1)) for cut in cuts]


def measured(folder: Path, seconds: float, stills: Path | None) -> dict[str, Any]:
    frames = round(seconds * RATE)
    plain, shots = filmed(folder, frames, plain=True), filmed(folder, frames, plain=False)
    began = _processor_seconds()
    changed = matched(shots)
    share = _processor_seconds() - began
    times: dict[str, list[float]] = {"off": [], "on": []}
    films = {"floor": composed(plain, folder, "floor")[0]}
    for turn in range(_ROUNDS):
        for name, wanted in (("off", shots), ("on", changed)):
            films[name], took = composed(wanted, folder, f"{name}-{turn}")
            times[name].append(took)
    inside = [one.section == other.section != "night" for one, other in pairwise(TAKES)]
    at_cuts = {name: differences(film, frames) for name, film in films.items()}
    means = {
        name: statistics.mean(value for value, counts in zip(values, inside, strict=True) if counts)
        for name, values in at_cuts.items()
    }
    night = next(number for number, take in enumerate(TAKES) if take.section == "night")
    middle = frames * night + frames // 2
    if stills:
        _sheet(films, frames, stills / "continuity.jpg")
    off, on = statistics.mean(times["off"]), statistics.mean(times["on"])
    return {
        "difference": "CIEDE2000",
        "before": round(means["off"], 2),
        "after": round(means["on"], 2),
        "floor": round(means["floor"], 2),
        "falls_by_percent": round(100 * (1 - means["on"] / means["off"]), 1),
        "night": round(color_difference(mean_near(films["off"], middle, 1), mean_near(films["on"], middle, 1)), 2),
        "border": [round(at_cuts[name][night - 1], 2) for name in ("off", "on")],
        "encoding_off_seconds": round(off, 2),
        "encoding_on_seconds": round(on, 2),
        "encoding_ratio": round(on / off, 3),
        "share_of_measuring": round(share / off, 3),
        "changed_shots": sum(shot.color is not None for shot in changed),
        "shots": len(TAKES),
    }


def _sheet(films: dict[str, Path], frames: int, path: Path) -> None:
    """Draw the middle of each shot, before above after."""
    rows = [
        np.hstack(
            [
                cv2.resize(picture_at(films[name], float((frames * number + frames // 2) / RATE)), (240, 135))
                for number in range(len(TAKES))
            ]
        )
        for name in ("off", "on")
    ]
    Image.fromarray(np.vstack(rows)).save(path, quality=88)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--stills", type=Path, help="write a sheet of before and after into this folder")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each shot")
    asked = parser.parse_args()
    if asked.stills:
        asked.stills.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), asked.seconds, asked.stills)
    for name, value in found.items():
        print(f"{name:22} {value}")
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
