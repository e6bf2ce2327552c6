"""Reads of songs, always for one user."""

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.songs.models import Song
from engines.listening.energy import ENERGY_RATE
from engines.listening.grid import BeatGrid


def songs_of(user: User) -> "QuerySet[Song]":
    """Return the user's songs with their files, newest first."""
    return Song.objects.filter(owner=user).select_related("asset", "stem")


def song_get(*, by: User, audio_id: UUID) -> Song:
    """Return the song whose audio file has that id. Raises NotFound for an unknown or another user's song."""
    song = songs_of(by).filter(asset_id=audio_id).first()
    if song is None:
        raise NotFound("There is no such song, or it belongs to another user.")
    return song


def song_of_content(*, by: User, sha256: str) -> Song | None:
    """Return the user's first song with this file; None if there is none."""
    return songs_of(by).filter(asset__sha256=sha256).order_by("created_at").first()


def beat_grid(song: Song) -> BeatGrid | None:
    """Return the grid in use; None before the analysis has finished."""
    return BeatGrid.from_dict(song.grid["rule"]) if "rule" in song.grid else None


def tempo_choices(song: Song) -> list[float]:
    """Return the likely tempos of the song (BPM, ascending), the one in use among them; empty if there is one."""
    others = [float(other["bpm"]) for other in song.grid.get("alternatives", [])]
    return sorted([float(song.grid["tempo_bpm"]), *others]) if others else []


def song_energy(song: Song, start: float, end: float) -> tuple[float, ...]:
    """Return the song's intensity over [start, end), 0…1, ENERGY_RATE samples a second; empty before the analysis."""
    curve = song.analysis.get("energy", [])
    first = int(start * ENERGY_RATE)
    return tuple(curve[first : max(first + 1, round(end * ENERGY_RATE))])
