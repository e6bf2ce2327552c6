"""The sections that were heard, with the names that the song's words give them."""

from collections.abc import Sequence
from dataclasses import replace

from engines.listening.sections import Section
from engines.lyrics.parts import WordPart

# A part of the words that starts this near to a heard section starts with it.
_SAME_START_SECONDS = 4.0
# Otherwise it starts on a downbeat, if there is one this near: mostly the one that its first word leads to.
_DOWNBEAT_SECONDS = 2.5
_SHORTEST_SECONDS = 3.0
# A section has a part's name if the words fill this much of it, or it has this much of the words.
_LEAST_SHARE = 0.25


def sections_named(
    heard: Sequence[Section], parts: Sequence[WordPart], downbeats: Sequence[float]
) -> tuple[Section, ...]:
    """Return sections that cover the same time, divided where a part of the words starts, and named after it. Where
    nothing is sung, or repeats say only that it is no chorus, the heard name stays."""
    if not heard or not parts:
        return tuple(heard)
    pieces = list(heard)
    for before, part in zip((None, *parts), parts, strict=False):
        if before is not None and before.label == part.label:
            continue
        pieces = _divided(pieces, part.start, downbeats)
    named: list[Section] = []
    owners: list[WordPart | None] = []
    for piece in pieces:
        owner = _part_of(piece, parts)
        one = replace(piece, label=_label(piece, owner))
        if named and owner is not None and owners[-1] is owner:
            named[-1] = _joined(named[-1], one)
        else:
            named.append(one)
            owners.append(owner)
    groups = {label: number for number, label in enumerate(dict.fromkeys(section.label for section in named))}
    return tuple(replace(section, group=groups[section.label]) for section in named)


def _divided(sections: list[Section], start: float, downbeats: Sequence[float]) -> list[Section]:
    near = min(downbeats, key=lambda beat: abs(beat - start), default=start)
    cut = near if abs(near - start) <= _DOWNBEAT_SECONDS else start
    for place, section in enumerate(sections):
        if not section.start_seconds < cut < section.end_seconds:
            continue
        at_edge = min(cut - section.start_seconds, section.end_seconds - cut)
        if at_edge < _SHORTEST_SECONDS or abs(start - section.start_seconds) < _SAME_START_SECONDS:
            return sections
        halves = [replace(section, end_seconds=cut), replace(section, start_seconds=cut)]
        return [*sections[:place], *halves, *sections[place + 1 :]]
    return sections


def _part_of(section: Section, parts: Sequence[WordPart]) -> WordPart | None:
    """Return the part whose words fill most of the section."""

    def shared(part: WordPart) -> float:
        return min(part.end, section.end_seconds) - max(part.start, section.start_seconds)

    best = max(parts, key=shared)
    least = _LEAST_SHARE * min(section.end_seconds - section.start_seconds, max(best.end - best.start, 1e-6))
    return best if shared(best) > max(least, 0.0) else None


def _label(section: Section, part: WordPart | None) -> str:
    if part is None:
        return section.label
    if part.marked or part.label == "chorus":
        return part.label
    return "verse" if section.label == "chorus" else section.label


def _joined(one: Section, other: Section) -> Section:
    lengths = one.end_seconds - one.start_seconds, other.end_seconds - other.start_seconds
    energy = (one.energy * lengths[0] + other.energy * lengths[1]) / sum(lengths)
    return replace(one, end_seconds=other.end_seconds, energy=round(energy, 3))
