"""What generation needs to know about a song. Times are seconds from the start of the part used."""

from collections.abc import Sequence

from apps.providers.request_types import SongBrief, SongLine, SongSection
from apps.songs.lyrics.versions import song_lines
from apps.songs.models import Song
from apps.songs.named_sections import song_sections
from apps.songs.shape import song_shape
from apps.songs.sung import sung_map
from apps.work.pacing import ScenePace
from engines.listening.scene_slots import scene_slots
from engines.lyrics.sung_lines import is_sung_in

Slots = Sequence[tuple[float, float]]


def song_beats(song: Song, start: float, end: float) -> tuple[float, ...]:
    """Return the beats strictly inside the part."""
    return tuple(round(beat - start, 6) for beat in song.grid.get("beats", ()) if start < beat < end)


def song_slots(song: Song, start: float, end: float, *, number_of_scenes: int | None, pace: ScenePace) -> Slots:
    """Return scene slots that fill the part and are cut on its beats; dense passages get shorter ones."""
    shape = song_shape(song, start, end)
    return scene_slots(shape, pace=pace.pace, number_of_scenes=number_of_scenes, clips=pace.clips)


def song_brief(song: Song, start: float, end: float) -> SongBrief:
    return SongBrief(
        duration_seconds=end - start,
        tempo_bpm=song.grid.get("tempo_bpm"),
        sections=tuple(
            SongSection(
                label=section.label,
                start_seconds=max(0.0, section.start_seconds - start),
                end_seconds=min(end, section.end_seconds) - start,
                energy=section.energy,
            )
            for section in song_sections(song)
            if section.start_seconds < end and section.end_seconds > start
        ),
        title=song.title,
        lines=_lines(song, start, end),
        sung=_sung(song, start, end),
    )


def _lines(song: Song, start: float, end: float) -> tuple[SongLine, ...]:
    timed = ((line.text, line.span) for line in song_lines(song.pk) if line.span)
    return tuple(
        SongLine(text, round(span[0] - start, 3), round(span[1] - start, 3))
        for text, span in timed
        if is_sung_in(span, start, end)
    )


def _sung(song: Song, start: float, end: float) -> tuple[tuple[float, float], ...] | None:
    """Return where somebody surely sings; None before the analysis."""
    found = sung_map(song)
    if found is None:
        return None
    parts = ((max(0.0, first - start), min(end, last) - start) for first, last in found.ranges)
    return tuple((round(first, 3), round(last, 3)) for first, last in parts if last > first)
