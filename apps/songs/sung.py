"""Where somebody sings in a song: what the analysis found, and what a person said instead."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from apps.core.errors import ConflictError, InputError
from apps.songs.models import AnalysisState, Song
from engines.listening.voice import STEM_CONFIDENCE, VoiceActivity, VoiceKind, VoiceSpan

# The song's analysis holds what was found under the first name, and a person's answer under the second.
FOUND, BY_HAND = "voice", "sung_by_hand"
MOST_SPANS = 500
SHORTEST_SECONDS = 0.1
# A line that barely reaches into a scene is no reason to lip-sync it.
SUNG_SHARE = 0.2
# Singing fades in and out beyond what is heard of it, and the mouth moves before it.
REST_MARGIN_SECONDS, SHORTEST_REST_SECONDS = 0.25, 0.4


@dataclass(frozen=True)
class SungMap:
    """`sings` is None if it isn't known whether somebody sings; then nothing counts as sung until a person answers.
    `by_hand`: a person answered. `still`: where surely nobody sings; None if that is wherever no passage is."""

    sings: bool | None
    spans: tuple[VoiceSpan, ...]
    by_hand: bool = False
    still: tuple[tuple[float, float], ...] | None = None

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """Where somebody surely sings or speaks, as (start, end)."""
        return tuple((span.start, span.end) for span in self.spans) if self.sings else ()

    def share(self, start: float, end: float) -> float:
        """Return how much of [start, end) is surely sung or spoken, 0…1."""
        inside = sum(max(0.0, min(end, last) - max(start, first)) for first, last in self.ranges)
        return inside / max(end - start, 1e-6)

    def rests(self, start: float, end: float) -> tuple[tuple[float, float], ...]:
        """Return the parts of [start, end) in which surely nobody sings, some way off the singing around them; none if
        nobody sings in all of it, which then isn't known to be a rest of a performance."""
        if not any(first < end and last > start for first, last in self.ranges):
            return ()
        edges = [start - REST_MARGIN_SECONDS]
        for first, last in self.ranges:
            edges += [first, last]
        edges.append(end + REST_MARGIN_SECONDS)
        gaps = [
            (a + REST_MARGIN_SECONDS, b - REST_MARGIN_SECONDS) for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]
        kept = gaps if self.still is None else _common(gaps, self.still)
        inside = [(max(first, start), min(last, end)) for first, last in kept]
        return tuple((round(a, 3), round(b, 3)) for a, b in inside if b - a >= SHORTEST_REST_SECONDS)

    def performed(self, start: float, end: float) -> bool:
        """Return whether enough of [start, end) is sung to lip-sync it."""
        return self.share(start, end) > SUNG_SHARE


@dataclass(frozen=True)
class SungEdit:
    """A person's answer. With `spans`, somebody sings there (nowhere, if empty); `sings` alone keeps the passages that
    were found, and None forgets what the person said before."""

    sings: bool | None
    spans: tuple[VoiceSpan, ...] | None = None


def sung_map(song: Song) -> SungMap | None:
    """Return the song's map; None before it is analyzed."""
    if edited := song.analysis.get(BY_HAND):
        return SungMap(edited["sings"], _read(edited["spans"]), by_hand=True)
    found = song.analysis.get(FOUND)
    if found is None:
        return None
    if "spans" not in found:
        # Analyses of earlier releases: only those of a stem can be relied on.
        sure = found["confidence"] >= STEM_CONFIDENCE
        spans = tuple(VoiceSpan(start, end, confidence=found["confidence"]) for start, end in found["ranges"])
        return SungMap(bool(spans) if sure else None, spans)
    # What a stem says is exact; analyses of earlier releases don't say where a mix is surely without a voice.
    stem = song.stem_id is not None
    still = None if stem else tuple((start, end) for start, end in found.get("still", ()))
    return SungMap(found["sings"], _read(found["spans"]), still=still)


def rests_unknown(song: Song) -> bool:
    """Return whether an analysis of an earlier release doesn't say where the song is surely without a voice."""
    found = song.analysis.get(FOUND)
    if found is None or "still" in found or song.stem_id is not None or BY_HAND in song.analysis:
        return False
    return "spans" not in found or bool(found["sings"])


def voice_stored(voice: VoiceActivity) -> dict[str, Any]:
    spans, still = [asdict(span) for span in voice.spans], [list(pair) for pair in voice.still]
    return {"sings": voice.sings, "spans": spans, "still": still}


def sung_changed(song: Song, edit: SungEdit) -> dict[str, Any]:
    """Return the song's analysis with the person's answer. Raises InputError for passages outside of the song or over
    each other, ConflictError for an answer without passages while the song is being analyzed."""
    if song.analysis_state == AnalysisState.WAITING and edit.spans is None:
        raise ConflictError("The song is still being analyzed. Answer when that has finished, or say where they sing.")
    rest = {name: value for name, value in song.analysis.items() if name != BY_HAND}
    if edit.spans is None and edit.sings is None:
        return rest
    spans = _known_spans(song, edit.sings) if edit.spans is None else _checked(song, edit.spans)
    sings = bool(spans) if edit.spans is not None else edit.sings
    return {**rest, BY_HAND: {"sings": sings, "spans": [asdict(span) for span in spans]}}


def sung_kept(before: Mapping[str, Any], found: dict[str, Any], *, stem: bool) -> dict[str, Any]:
    """Return the new analysis of a song, keeping a person's answer, and what its stem says."""
    kept = {name: before[name] for name in ((BY_HAND, FOUND) if stem else (BY_HAND,)) if name in before}
    return {**found, **kept}


def stem_heard(analysis: Mapping[str, Any], voice: VoiceActivity) -> dict[str, Any]:
    """Return the analysis with what a new stem says, which replaces a person's answer."""
    rest = {name: value for name, value in analysis.items() if name != BY_HAND}
    return {**rest, FOUND: voice_stored(voice)}


def _known_spans(song: Song, sings: bool | None) -> tuple[VoiceSpan, ...]:
    known = sung_map(song)
    return known.spans if known is not None and sings else ()


def _checked(song: Song, spans: Iterable[VoiceSpan]) -> tuple[VoiceSpan, ...]:
    ordered = sorted(spans, key=lambda span: span.start)
    duration = song.asset.duration_seconds or song.analysis.get("duration_seconds", 0.0)
    for span in ordered:
        if span.start < 0 or span.end > duration + SHORTEST_SECONDS:
            raise _refused(f"The song is {duration:.1f} s long. Keep each passage inside it.")
        if span.end - span.start < SHORTEST_SECONDS:
            raise _refused("Each passage must end after it starts.")
    if any(first.end > second.start for first, second in pairwise(ordered)):
        raise _refused("Two passages overlap. Join them, or move one.")
    return tuple(VoiceSpan(round(s.start, 3), round(min(s.end, duration), 3), s.kind, 1.0) for s in ordered)


def _common(one: Iterable[tuple[float, float]], other: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return what both lists of ranges cover."""
    other = list(other)
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if min(b, d) > max(a, c)]


def _refused(words: str) -> InputError:
    return InputError(words, errors={"sung": [words]})


def _read(spans: Iterable[Mapping[str, Any]]) -> tuple[VoiceSpan, ...]:
    return tuple(VoiceSpan(s["start"], s["end"], VoiceKind(s["kind"]), s["confidence"]) for s in spans)
