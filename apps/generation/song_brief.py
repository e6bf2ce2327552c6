"""What generating work needs to know of a song. Times are seconds from the start of the used part."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.providers.base import SongBrief, SongSection
from apps.songs.analysis.energy import ENERGY_RATE
from apps.songs.models import Song

Slots = Sequence[tuple[float, float]]


def song_beats(song: Song, start: float, end: float) -> tuple[float, ...]:
    """The beats strictly inside the part."""
    return tuple(round(beat - start, 6) for beat in song.grid.get("beats", ()) if start < beat < end)


def song_slots(
    song: Song, start: float, end: float, *, number_of_scenes: int | None, settings: Mapping[str, Any]
) -> Slots:
    """Scenes that fill the part, each cut on the beat nearest to an even division."""
    length = end - start
    count = number_of_scenes or max(1, round(length / float(settings["duration_seconds"])))
    beats = song_beats(song, start, end)
    cuts = [0.0]
    for index in range(1, count):
        even = length * index / count
        cuts.append(min((beat for beat in beats if beat > cuts[-1]), key=lambda beat: abs(beat - even), default=even))
    return list(zip(cuts, [*cuts[1:], length], strict=True))


def song_brief(song: Song, start: float, end: float) -> SongBrief:
    return SongBrief(
        duration_seconds=end - start,
        tempo_bpm=song.grid.get("tempo_bpm"),
        beat_seconds=song_beats(song, start, end),
        sections=tuple(
            SongSection(
                label=section["label"],
                start_seconds=max(0.0, section["start_seconds"] - start),
                end_seconds=min(end, section["end_seconds"]) - start,
                energy=section["energy"],
            )
            for section in song.analysis.get("sections", ())
            if section["start_seconds"] < end and section["end_seconds"] > start
        ),
        title=song.title,
    )


def song_energy(song: Song, start: float, end: float) -> tuple[float, ...]:
    """The song's level over the part of the file, 0…1, as the analysis sampled it; empty before that."""
    curve = song.analysis.get("energy", [])
    return tuple(curve[round(start * ENERGY_RATE) : max(round(end * ENERGY_RATE), round(start * ENERGY_RATE) + 1)])
