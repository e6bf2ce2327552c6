"""What changed between two composed videos, as a sentence for the list of versions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MOST_NAMED = 6
_OF_THE_SHOT: Sequence[tuple[tuple[str, ...], str]] = (
    (("transition", "transition_frames"), "transitions changed"),
    (("gain_db",), "clip sound changed"),
    (("focus", "start", "short", "slowest"), "clip fit changed"),
)
_OF_THE_PLAN: Sequence[tuple[tuple[str, ...], str]] = (
    (("width", "height", "fps"), "format changed"),
    (("fit",), "framing changed"),
    (("encoding",), "quality changed"),
    (("song",), "song range or sound changed"),
    (("burned_lyrics",), "burned-in lyrics changed"),
    (("soft_lyrics",), "lyrics track changed"),
)

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
        yield f"a new clip in {_scenes(clips)}" if len(clips) == 1 else f"new clips in {_scenes(clips)}"
    if _is_reworked(later) and not _is_reworked(earlier):
        yield "pictures from the Pro editor"
        return
    if added := [shot for scene, shot in after.items() if scene not in before]:
        yield f"{_scenes(added)} added"
    if gone := len(before) - len(shared):
        yield "one scene removed" if gone == 1 else f"{gone} scenes removed"
    if shared != [scene for scene in before if scene in after]:
        yield "scenes reordered"
    if any(before[scene]["frames"] != after[scene]["frames"] for scene in shared):
        yield "cuts moved"
    for names, words in _OF_THE_SHOT:
        same_clip = [scene for scene in shared if before[scene]["clip_id"] == after[scene]["clip_id"]]
        if any(before[scene].get(name) != after[scene].get(name) for scene in same_clip for name in names):
            yield words
    for names, words in _OF_THE_PLAN:
        if any(earlier.get(name) != later.get(name) for name in names):
            yield words


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
    return f"scenes {', '.join(numbers[:-1])} and {numbers[-1]}"
