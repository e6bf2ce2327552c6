"""A song's parts as a person sets them: where each begins and what it is called. The parts cover the song without a
gap, so a list of beginnings says everything."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from apps.core.errors import ConflictError, InputError
from engines.listening.energy import ENERGY_RATE

SHORTEST_SECONDS = 1.0
MOST_SECTIONS = 200
LABEL_LENGTH = 40

# Those in use are `sections`, which everybody reads; those that were found stay here once a person changed them.
FOUND = "found_sections"


def sections_changed(
    analysis: Mapping[str, Any], wanted: Sequence[tuple[str, float]], *, duration: float
) -> dict[str, Any]:
    """The analysis with the parts `(label, start)` in use; times are seconds in the song's file.

    Raises InputError for parts that do not start at 0, run backwards, or are shorter than a second.
    """
    starts = [start for _, start in wanted]
    if not wanted or starts[0] != 0:
        raise InputError("The first section starts at 0.", errors={"sections": ["must start at 0"]})
    edges = [*starts, duration]
    if any(end - start < SHORTEST_SECONDS for start, end in pairwise(edges)):
        raise InputError(
            "Each section lasts at least a second and starts after the one before it, inside the song.",
            errors={"sections": ["too short, or out of order"]},
        )
    labels = [label for label, _ in wanted]
    groups = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    energy = analysis.get("energy", ())
    parts = [
        {
            "label": label,
            "start_seconds": round(start, 4),
            "end_seconds": round(end, 4),
            "energy": _mean(energy[int(start * ENERGY_RATE) : int(end * ENERGY_RATE)]),
            "group": groups[label],
        }
        for label, (start, end) in zip(labels, pairwise(edges), strict=True)
    ]
    return {**analysis, "sections": parts, FOUND: analysis.get(FOUND, analysis.get("sections", []))}


def sections_restored(analysis: Mapping[str, Any]) -> dict[str, Any]:
    """The analysis with the parts that were found. Raises ConflictError before it has ended."""
    if "sections" not in analysis:
        raise ConflictError("The song is still being listened to. Its sections come with that.")
    rest = {name: value for name, value in analysis.items() if name != FOUND}
    return {**rest, "sections": analysis.get(FOUND, analysis["sections"])}


def sections_kept(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """A new analysis; parts that a person set are not thrown away by listening again."""
    if FOUND not in before:
        return dict(found)
    return {**found, "sections": before["sections"], FOUND: found["sections"]}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.5
