"""A song's sections as a person sets them: where each starts and its label. Sections cover the song without gaps, so a
list of starts is enough."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from apps.core.errors import ConflictError, InputError
from engines.listening.energy import ENERGY_RATE

SHORTEST_SECONDS = 1.0
MOST_SECTIONS = 200
LABEL_LENGTH = 40

# `sections` are the ones in use; the detected ones are kept here once a person has changed them.
FOUND = "found_sections"


def sections_changed(
    analysis: Mapping[str, Any], wanted: Sequence[tuple[str, float]], *, duration: float
) -> dict[str, Any]:
    """Return the analysis with the sections `(label, start)` in use; times are seconds in the song's file.

    Raises InputError for sections that don't start at 0, are out of order, or are shorter than a second.
    """
    starts = [start for _, start in wanted]
    if not wanted or starts[0] != 0:
        raise InputError("The first section must start at 0.", errors={"sections": ["must start at 0"]})
    edges = [*starts, duration]
    if any(end - start < SHORTEST_SECONDS for start, end in pairwise(edges)):
        raise InputError(
            "Each section must last at least a second and start after the previous one, inside the song.",
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
    """Return the analysis with the detected sections. Raises ConflictError before the analysis has finished."""
    if "sections" not in analysis:
        raise ConflictError("The song is still being analyzed. Its sections will appear when that has finished.")
    rest = {name: value for name, value in analysis.items() if name != FOUND}
    return {**rest, "sections": analysis.get(FOUND, analysis["sections"])}


def sections_kept(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new analysis, keeping sections that a person set."""
    if FOUND not in before:
        return dict(found)
    return {**found, "sections": before["sections"], FOUND: found["sections"]}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.5
