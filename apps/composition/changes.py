"""What changed between two composed videos, as a sentence for the list of versions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

_MOST_NAMED = 6
_OF_THE_SHOT: Sequence[tuple[tuple[str, ...], str]] = (
    (("transition", "transition_frames"), "another transition into {scenes}"),
    (("gain_db",), "other clip sound in {scenes}"),
    (("start", "end"), "another part of the clip in {scenes}"),
    (("focus", "short", "slowest"), "{scenes} fitted another way"),
    (("crop", "still"), "another crop of {scenes}"),
    (("matched", "color_reference"), "colors matched another way in {scenes}"),
)
_OF_THE_PLAN: Sequence[tuple[tuple[str, ...], str]] = (
    (("width", "height", "fps"), "format changed"),
    (("fit",), "framing changed"),
    (("encoding",), "quality changed"),
    (("song",), "song range or sound changed"),
)
_TEXTS = (("burned_lyrics", "captions in the picture"), ("soft_lyrics", "caption track"))

Plan = Mapping[str, Any]


def plan_changes(earlier: Plan | None, later: Plan) -> str:
    """Return a sentence on what `later` changes; both are plans as stored with a composition."""
    if earlier is None:
        return "The first version."
    words = list(_changes(earlier, later))
    sentence = ", ".join(words) if words else "the same scenes, composed again"
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _changes(earlier: Plan, later: Plan) -> Iterator[str]:
    before, after = _shots(earlier), _shots(later)
    shared = [scene for scene in after if scene in before]
    if clips := [after[scene] for scene in shared if before[scene]["clip_id"] != after[scene]["clip_id"]]:
        yield f"another clip in {_scenes(clips)}" if len(clips) == 1 else f"other clips in {_scenes(clips)}"
    if _is_reworked(later) and not _is_reworked(earlier):
        yield "pictures from the Pro editor"
        return
    if added := [shot for scene, shot in after.items() if scene not in before]:
        yield f"{_scenes(added)} added"
    if gone := len(before) - len(shared):
        yield "one scene removed" if gone == 1 else f"{gone} scenes removed"
    if shared != [scene for scene in before if scene in after]:
        yield "scenes reordered"
    yield from _moved_cuts(earlier, later)
    same_clip = [scene for scene in shared if before[scene]["clip_id"] == after[scene]["clip_id"]]
    for names, words in _OF_THE_SHOT:
        other = [after[scene] for scene in same_clip if _differ(before[scene], after[scene], names)]
        # A clip that starts where the moved cut does, shows another part of itself.
        if other and not ("start" in names and list(before) == list(after) and _cuts(earlier) != _cuts(later)):
            yield words.format(scenes=_scenes(other))
    for names, words in _OF_THE_PLAN:
        if _differ(earlier, later, names):
            yield words
    for name, words in _TEXTS:
        old, new = earlier.get(name), later.get(name)
        if old != new:
            yield f"{words} {'changed' if old and new else 'on' if new else 'off'}"


def _differ(before: Plan, after: Plan, names: Sequence[str]) -> bool:
    return any(before.get(name) != after.get(name) for name in names)


def _moved_cuts(earlier: Plan, later: Plan) -> Iterator[str]:
    """Say which cuts moved, counted from 1, if the videos have the same scenes in the same order."""
    if list(_shots(earlier)) != list(_shots(later)):
        return
    both = zip(_cuts(earlier), _cuts(later), strict=True)
    moved = [str(number) for number, (old, new) in enumerate(both, start=1) if old != new]
    if len(moved) > _MOST_NAMED:
        yield f"{len(moved)} cuts moved"
    elif moved:
        yield f"cut {moved[0]} moved" if len(moved) == 1 else f"cuts {_listed(moved)} moved"
    if sum(_lengths(earlier)) != sum(_lengths(later)):
        yield "another length"


def _cuts(plan: Plan) -> list[int]:
    """Return the frames of the cuts between shots."""
    return list(accumulate(_lengths(plan)))[:-1]


def _lengths(plan: Plan) -> list[int]:
    return [shot["frames"] for shot in plan["shots"]]


def _shots(plan: Plan) -> dict[str, Mapping[str, Any]]:
    """Return the shots by scene, in order."""
    return {str(shot["scene_id"] or place): shot for place, shot in enumerate(plan["shots"])}


def _is_reworked(plan: Plan) -> bool:
    """Return whether all shots show one file: the whole video, edited in the Pro editor."""
    shots = plan["shots"]
    return len(shots) > 1 and len({shot["asset_id"] for shot in shots}) == 1


def _scenes(shots: Sequence[Mapping[str, Any]]) -> str:
    numbers = [str(shot["sequence"]) for shot in shots]
    if len(numbers) > _MOST_NAMED:
        return f"{len(numbers)} scenes"
    if len(numbers) == 1:
        return f"scene {numbers[0]}"
    return f"scenes {_listed(numbers)}"


def _listed(numbers: Sequence[str]) -> str:
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}"
