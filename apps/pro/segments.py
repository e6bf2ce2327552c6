"""Parse the `segments` field: JSON in, typed segments and every format problem out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.providers.orders import SegmentProblem, is_number
from apps.providers.request_types import LipsyncSegment

# The most that the editor's timeline handles; a service may accept fewer.
MAXIMUM_SEGMENTS = 100
# Form fields other than audio; no reference may use these names.
RESERVED_REFERENCES = frozenset(
    {
        *("video", "segments", "model", "sync_mode", "options", "provider", "config_flavor"),
        *("dry_run", "confirm_cost", "project_id", "sequence", "all_sound"),
    }
)
NO_LIST = SegmentProblem(None, "segments", "segments must be a JSON list of segments.")


@dataclass(frozen=True)
class ReadSegments:
    """The valid segments by their position in the list, and the problems of the others."""

    segments: dict[int, LipsyncSegment]
    problems: list[SegmentProblem]

    @property
    def references(self) -> list[str]:
        return sorted({segment.audio_reference for segment in self.segments.values()})


def json_read(text: str) -> Any:
    """Parse a JSON form field. Raises ValueError, also for lone surrogates, which no response could contain."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return value


def segments_read(text: str) -> ReadSegments:
    """Parse the JSON list. Unknown keys (such as a page's `label` or `id`) are dropped, never forwarded."""
    try:
        rows = json_read(text)
    except ValueError:
        return ReadSegments({}, [NO_LIST])
    if not isinstance(rows, list):
        return ReadSegments({}, [NO_LIST])
    if not rows:
        return ReadSegments({}, [SegmentProblem(None, "segments", "Add at least one segment.")])
    if len(rows) > MAXIMUM_SEGMENTS:
        return ReadSegments({}, [SegmentProblem(None, "segments", f"Use at most {MAXIMUM_SEGMENTS} segments.")])
    segments: dict[int, LipsyncSegment] = {}
    problems: list[SegmentProblem] = []
    for index, row in enumerate(rows):
        found = _row_problems(index, row)
        problems += found
        if not found:
            segments[index] = _segment(row)
    return ReadSegments(segments, problems)


def _row_problems(index: int, row: Any) -> list[SegmentProblem]:
    if not isinstance(row, dict):
        return [SegmentProblem(index, "segment", "A segment must be an object with startTime, endTime and audioInput.")]
    problems = [
        SegmentProblem(index, name, f"{name} must be a number of seconds.")
        for name in ("startTime", "endTime")
        if not is_number(row.get(name))
    ]
    sound = row.get("audioInput")
    if not isinstance(sound, dict):
        return [*problems, SegmentProblem(index, "audioInput", "audioInput must be an object with refId.")]
    reference = sound.get("refId")
    if not isinstance(reference, str) or not reference.strip():
        problems.append(SegmentProblem(index, "audioInput.refId", "Set refId to the segment's audio."))
    elif reference in RESERVED_REFERENCES:
        problems.append(
            SegmentProblem(index, "audioInput.refId", f"{reference!r} is the name of a form field. Rename it.")
        )
    problems += [
        SegmentProblem(index, f"audioInput.{name}", f"{name} must be a number of seconds, or omitted.")
        for name in ("startTime", "endTime")
        if sound.get(name) is not None and not is_number(sound[name])
    ]
    override = row.get("optionsOverride")
    if override is not None and not isinstance(override, dict):
        problems.append(SegmentProblem(index, "optionsOverride", "optionsOverride must be an object."))
    return problems


def _segment(row: Mapping[str, Any]) -> LipsyncSegment:
    sound = row["audioInput"]
    return LipsyncSegment(
        start_seconds=float(row["startTime"]),
        end_seconds=float(row["endTime"]),
        audio_reference=sound["refId"],
        audio_start_seconds=_optional(sound.get("startTime")),
        audio_end_seconds=_optional(sound.get("endTime")),
        options=dict(row.get("optionsOverride") or {}),
    )


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
