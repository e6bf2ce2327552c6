"""Does the free draft show the idea? Contact sheets of the ideas in ideas.txt, and a check of what was understood.

    .venv/bin/python -m bench.draft_ideas [--into /tmp/sheets] [--only 1,5] [--flavor default] [--scenes 8] [--check]
    .venv/bin/python -m bench.draft_ideas --overview        # ten ideas a page, for the documentation
    .venv/bin/python -m bench.draft_ideas --looks 1,4,24    # ideas in every flavor and shape, one page each

Each sheet shows the film of one idea, scene by scene, without its words, so that somebody who has not read the idea
can say what it is about. The check asks two things: whether the vocabulary has the idea's nouns, and whether the
scenes' facts hold those that it has. The last line is JSON.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
os.environ.setdefault("MV_DATA_DIR", tempfile.mkdtemp(prefix="mvsite-bench-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django

django.setup()

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.flavors.discovery import discover  # noqa: E402
from apps.flavors.registry import build_snapshot  # noqa: E402
from apps.providers.base import WrittenScene  # noqa: E402
from apps.providers.draft.provider import DraftProvider  # noqa: E402
from apps.providers.request_types import ScenesRequest, SongBrief, SongSection  # noqa: E402
from engines.draft.canvas import Pixels  # noqa: E402
from engines.draft.look import DraftLook  # noqa: E402
from engines.draft.sight import Sight  # noqa: E402
from engines.draft.storyboard import Recipe, still  # noqa: E402
from engines.draft.vocabulary import languages  # noqa: E402
from engines.draft.words import hits, language_of, tokens  # noqa: E402

IDEAS = Path(__file__).with_name("ideas.txt")
MORE_IDEAS = Path(__file__).with_name("ideas_more.txt")
ASPECTS = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (240, 240)}
_LABELS = (("intro", 0.1, 0.2), ("verse", 0.3, 0.45), ("chorus", 0.25, 0.95), ("verse", 0.2, 0.5), ("outro", 0.15, 0.2))


def ideas(path: Path = IDEAS) -> list[tuple[str, list[str]]]:
    """Return (idea, its nouns) of every line."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    pairs = [line.rsplit("|", 1) for line in lines]
    return [(idea.strip(), [noun.strip() for noun in nouns.split(",")]) for idea, nouns in pairs]


def flavor_settings(flavor: str) -> dict[str, dict[str, Any]]:
    snapshot = build_snapshot(discover(settings.CONFIGS_DIR), {})
    return {
        name: dict(snapshot.resolved[flavor, name].values) for name in ("parameters", "scene_prompts", "image_params")
    }


def song(seconds: float) -> SongBrief:
    sections, start = [], 0.0
    for label, share, energy in _LABELS:
        sections.append(SongSection(label, start, start + share * seconds, energy))
        start += share * seconds
    return SongBrief(seconds, 120.0, tuple(sections))


def written(
    idea: str, configs: Mapping[str, Mapping[str, Any]], scenes: int, character: str = ""
) -> tuple[WrittenScene, ...]:
    seconds = scenes * 4.0
    slots = tuple((number * 4.0, number * 4.0 + 4) for number in range(scenes))
    request = ScenesRequest(
        idea, character, slots=slots, seed=1, song=song(seconds),
        settings={**configs["parameters"], "scene_prompts": configs["scene_prompts"]},
    )  # fmt: skip
    return DraftProvider().make(request, into=Path(), progress=lambda *_: None, cancelled=lambda: False).scenes


def sheet(scenes: Sequence[WrittenScene], look: DraftLook, size: tuple[int, int], columns: int = 4) -> Pixels:
    """Return the scenes' frames side by side."""
    width, height = size
    rows = -(-len(scenes) // columns)
    page = np.full((rows * (height + 4), columns * (width + 4), 3), 24, np.uint8)
    for number, scene in enumerate(scenes):
        recipe = Recipe(scene.description, number, look, sight=Sight.from_data(scene.picture))
        frame, _ = still(recipe, width, height)
        top, left = number // columns * (height + 4), number % columns * (width + 4)
        page[top : top + height, left : left + width] = frame
    return page


# Of eight scenes, those that show the idea's moments.
_TOLD_BY = (0, 3, 5, 7)


def frame_of(scene: WrittenScene, number: int, look: DraftLook, size: tuple[int, int]) -> Pixels:
    """Return one frame, drawn at twice the size and made smaller, with a gap on its right and below."""
    recipe = Recipe(scene.description, number, look, sight=Sight.from_data(scene.picture))
    pixels, _ = still(recipe, size[0] * 2, size[1] * 2)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, 0, 3, 0, 3, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def overview(into: Path, configs: Mapping[str, Mapping[str, Any]], look: DraftLook) -> None:
    """Write pages of ten ideas, four scenes each, in two columns."""
    strips = []
    for idea, _ in ideas():
        scenes = written(idea, configs, 8)
        strips.append(np.hstack([frame_of(scenes[number], number, look, (176, 97)) for number in _TOLD_BY]))
    for page in range(0, len(strips), 10):
        left, right = np.vstack(strips[page : page + 5]), np.vstack(strips[page + 5 : page + 10])
        cv2.imwrite(str(into / f"draft-ideas-{page // 10 + 1}.webp"), np.hstack([left, right]), _WEBP)


def looks(into: Path, chosen: Sequence[int]) -> None:
    """Write a page of the same scenes in every flavor, a row each, and one of them in every shape."""
    configs = flavor_settings("default")
    found = [(written(ideas()[number - 1][0], configs, 8)[at], at) for number in chosen for at in (0, 4)]
    flavors = sorted(path.name for path in settings.CONFIGS_DIR.iterdir() if path.is_dir())
    of = {name: DraftLook.model_validate(flavor_settings(name)["image_params"]["providers"]["draft"]["look"])
          for name in flavors}  # fmt: skip
    rows = [np.hstack([frame_of(scene, at, of[name], (232, 131)) for scene, at in found]) for name in flavors]
    cv2.imwrite(str(into / "draft-looks.webp"), np.vstack(rows), _WEBP)
    sizes = ((178, 316), (253, 316), (316, 316), (562, 316))
    shapes = [np.hstack([frame_of(scene, at, of["default"], size) for size in sizes]) for scene, at in found[::2][:3]]
    cv2.imwrite(str(into / "draft-shapes.webp"), np.vstack(shapes), _WEBP)


_WEBP = (cv2.IMWRITE_WEBP_QUALITY, 72)


def understood(idea: str, nouns: Sequence[str], scenes: Sequence[WrittenScene]) -> tuple[list[str], list[str]]:
    """Return the nouns that the vocabulary lacks, and those it has that are in no scene's facts."""
    unknown, unseen = [], []
    seen: set[str] = set()
    for scene in scenes:
        sight = Sight.from_data(scene.picture)
        seen |= {sight.place, sight.light, sight.weather, sight.action, *(thing.name for thing in sight.things)}
        seen |= {member.person.role for member in sight.cast} | (
            {"hat"} if any(m.person.hat for m in sight.cast) else set()
        )
        seen |= {member.person.hat for member in sight.cast} | {member.person.garment for member in sight.cast}
    for noun in nouns:
        meant = meanings(noun, idea)
        if not meant:
            unknown.append(noun)
        elif not meant & seen:
            unseen.append(noun)
    return unknown, unseen


def meanings(noun: str, idea: str) -> set[str]:
    """Return everything a noun of an idea can mean, in the idea's language."""
    language = language_of(idea.lower().split())
    english = languages()[language]["words"].get(noun.lower(), noun) if language else noun
    words = tokens(english)
    return {hit.entry.name for hit in hits(words)} | ({noun} if noun in {"beret", "hoodie", "hat"} else set())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=Path("/tmp/sheets"))
    parser.add_argument("--only", default="", help="numbers of ideas, from 1")
    parser.add_argument("--flavor", default="default")
    parser.add_argument("--aspect", choices=ASPECTS, default="16:9")
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--check", action="store_true", help="draw nothing")
    parser.add_argument("--overview", action="store_true", help="write pages of ten ideas instead")
    parser.add_argument("--looks", default="", help="numbers of ideas to draw in every flavor and shape instead")
    parser.add_argument("--more", action="store_true", help="the ideas in ideas_more.txt")
    parser.add_argument("--words", action="store_true", help="print what was written")
    arguments = parser.parse_args()
    chosen = {int(number) for number in arguments.only.split(",") if number}
    configs = flavor_settings(arguments.flavor)
    look = DraftLook.model_validate(configs["image_params"]["providers"]["draft"]["look"])
    arguments.into.mkdir(parents=True, exist_ok=True)
    if arguments.overview or arguments.looks:
        if arguments.overview:
            overview(arguments.into, configs, look)
        if arguments.looks:
            looks(arguments.into, [int(number) for number in arguments.looks.split(",")])
        return
    counts = np.zeros(3, int)
    for number, (idea, nouns) in enumerate(ideas(MORE_IDEAS if arguments.more else IDEAS), start=1):
        if chosen and number not in chosen:
            continue
        scenes = written(idea, configs, arguments.scenes)
        missing, left_out = understood(idea, nouns, scenes)
        counts += np.array([len(nouns), len(missing), len(left_out)])
        if missing or left_out:
            print(f"{number}: not in the vocabulary {missing}, in no scene {left_out}")
        if arguments.check:
            continue
        if arguments.words:
            print(f"\n{number}. {idea}")
            for scene in scenes:
                print("  ", scene.description)
        cv2.imwrite(str(arguments.into / f"{number:02}.jpg"), sheet(scenes, look, ASPECTS[arguments.aspect]))
    share = 1 - counts[1] / counts[0]
    shown = 1 - counts[2] / max(1, counts[0] - counts[1])
    found = {"nouns": int(counts[0]), "vocabulary_share": round(float(share), 3), "shown_share": round(float(shown), 3)}
    print(json.dumps({"into": str(arguments.into), **found}))


if __name__ == "__main__":
    main()
