"""A strict reader of OTIO files: the JSON itself, its schemas, and whole frames at the timeline's rate."""

import json
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from tests.composition.handoff.read import Cut, Mark, Timeline, assert_inside_the_package

_SCHEMAS = {
    "Timeline.1", "Stack.1", "Track.1", "Clip.2", "Gap.1", "Transition.1", "Marker.2", "ExternalReference.1",
    "TimeRange.1", "RationalTime.1",
}  # fmt: skip
_COLORS = {"PURPLE", "YELLOW", "CYAN", "RED"}


def read_otio(text: str, fps: Fraction) -> Timeline:
    """Return the clips of the single video track, dissolves relative to the cut."""
    document = json.loads(text)
    _check_schemas(document)
    assert document["OTIO_SCHEMA"] == "Timeline.1"
    stack = document["tracks"]
    pictures = [track for track in stack["children"] if track["kind"] == "Video"]
    assert len(pictures) == 1
    assert len(stack["children"]) <= 2
    marks = [_mark(marker, fps) for marker in stack["markers"]]
    cuts = [cut for track in stack["children"] for cut in _cuts(track, fps) if track["kind"] == "Video"]
    files = [_path(child) for track in stack["children"] for child in track["children"] if _is_a(child, "Clip")]
    return Timeline(document["name"], _frames(document["global_start_time"], fps), cuts, marks, files)


def _check_schemas(value: Any) -> None:
    if isinstance(value, dict):
        if "OTIO_SCHEMA" in value:
            assert value["OTIO_SCHEMA"] in _SCHEMAS, value["OTIO_SCHEMA"]
        for child in value.values():
            _check_schemas(child)
    elif isinstance(value, list):
        for child in value:
            _check_schemas(child)


def _is_a(item: dict[str, Any], name: str) -> bool:
    return str(item["OTIO_SCHEMA"]).startswith(f"{name}.")


def _frames(time: dict[str, Any], fps: Fraction) -> int:
    assert time["rate"] == float(fps)
    assert time["value"] == int(time["value"]) >= 0
    return int(time["value"])


def _range(span: dict[str, Any], fps: Fraction) -> tuple[int, int]:
    return _frames(span["start_time"], fps), _frames(span["duration"], fps)


def _mark(marker: dict[str, Any], fps: Fraction) -> Mark:
    assert marker["color"] in _COLORS
    start, frames = _range(marker["marked_range"], fps)
    assert frames > 0
    return Mark(marker["name"], start, frames)


def _path(clip: dict[str, Any]) -> str:
    address = clip["media_references"][clip["active_media_reference_key"]]["target_url"]
    assert address.isascii() and not set(address) & set(" <>#?&"), address
    path = unquote(address)
    assert_inside_the_package(path)
    return path


def _cuts(track: dict[str, Any], fps: Fraction) -> list[Cut]:
    children = track["children"]
    cuts: list[Cut] = []
    at = 0
    for index, item in enumerate(children):
        if _is_a(item, "Transition"):
            assert 0 < index < len(children) - 1
            assert _is_a(children[index - 1], "Clip") and _is_a(children[index + 1], "Clip")
            continue
        start, frames = _range(item["source_range"], fps)
        assert frames > 0
        if _is_a(item, "Clip"):
            into = _offsets(children[index - 1], fps) if index else (0, 0)
            away = _offsets(children[index + 1], fps) if index + 1 < len(children) else (0, 0)
            _check_available(item, start - into[0], start + frames + away[1], fps)
            cuts.append(Cut(item["name"], at, at + frames, start, into))
        at += frames
    return cuts


def _offsets(item: dict[str, Any], fps: Fraction) -> tuple[int, int]:
    if not _is_a(item, "Transition"):
        return 0, 0
    assert item["transition_type"] == "SMPTE_Dissolve"
    return _frames(item["in_offset"], fps), _frames(item["out_offset"], fps)


def _check_available(clip: dict[str, Any], first: int, last: int, fps: Fraction) -> None:
    """The file has the frames that are used, to the half frame that two rates may differ by."""
    assert first >= 0
    span = clip["media_references"][clip["active_media_reference_key"]]["available_range"]
    assert span["start_time"]["value"] == 0
    rate = span["duration"]["rate"]
    assert rate == span["start_time"]["rate"] > 0
    assert last / float(fps) <= span["duration"]["value"] / rate + 0.5 / float(fps) + 1e-6
