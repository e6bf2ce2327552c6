"""What a song's analysis and words say about where scenes may be cut."""

from collections.abc import Iterable

from apps.songs.lyrics.versions import song_lines
from apps.songs.models import Song
from apps.songs.named_sections import song_sections
from apps.songs.selectors import song_energy
from engines.listening.pacing import song_drive
from engines.listening.scene_slots import SongShape


def song_shape(song: Song, start: float, end: float) -> SongShape:
    """Return what `scene_slots` needs to know about [start, end); times are seconds from `start`. Lines whose times are
    uncertain are left out."""

    def inside(times: Iterable[float]) -> tuple[float, ...]:
        return tuple(round(time - start, 6) for time in times if start < time < end)

    lines = song_lines(song.pk)
    salience = song.analysis.get("onsets", {}).get("salience", ())
    return SongShape(
        length=end - start,
        beats=inside(song.grid.get("beats", ())),
        downbeats=inside(song.grid.get("downbeats", ())),
        section_starts=inside(section.start_seconds for section in song_sections(song, lines)),
        energy=song_energy(song, start, end),
        drive=song_drive(salience, song.analysis.get("duration_seconds", 0.0)),
        lines=[
            (round(line.span[0] - start, 3), round(line.span[1] - start, 3))
            for line in lines
            if line.sure and line.span and line.span[1] > start and line.span[0] < end
        ],
    )
