"""A song's sections: those a person set, else the heard ones with the names that the song's words give them."""

from collections.abc import Sequence

from apps.songs.lyrics.versions import song_lines
from apps.songs.models import Song
from apps.songs.section_edits import FOUND
from engines.listening.named import sections_named
from engines.listening.sections import Section
from engines.lyrics.parts import word_parts
from engines.lyrics.sung_lines import SungLine


def song_sections(song: Song, lines: Sequence[SungLine] | None = None) -> tuple[Section, ...]:
    """Return the sections in order; none before the analysis. One query, unless the song's timed `lines` are given."""
    stored = stored_sections(song)
    if not stored or FOUND in song.analysis:
        return stored
    known = song_lines(song.pk) if lines is None else lines
    parts = word_parts([line for line in known if line.sure])
    return sections_named(stored, parts, song.grid.get("downbeats", ()))


def stored_sections(song: Song) -> tuple[Section, ...]:
    """Return the sections as heard, or as a person set them."""
    return tuple(
        Section(
            label=str(part.get("label") or f"Section {number}"),
            start_seconds=part["start_seconds"],
            end_seconds=part["end_seconds"],
            energy=part.get("energy", 0.5),
            group=part.get("group", 0),
        )
        for number, part in enumerate(song.analysis.get("sections", ()), start=1)
    )
