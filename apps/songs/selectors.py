"""Reads of songs. Every one names whose."""

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.songs.analysis.grid import BeatGrid
from apps.songs.models import Song


def songs_of(user: User) -> "QuerySet[Song]":
    """The user's songs with their files, newest first."""
    return Song.objects.filter(owner=user).select_related("asset")


def song_get(*, by: User, audio_id: UUID) -> Song:
    """The song whose audio file has that id. Raises NotFound for an unknown one and for somebody else's."""
    song = songs_of(by).filter(asset_id=audio_id).first()
    if song is None:
        raise NotFound("There is no such song, or it belongs to somebody else.")
    return song


def beat_grid(song: Song) -> BeatGrid | None:
    """The grid in use; None before the analysis has ended."""
    return BeatGrid.from_dict(song.grid["rule"]) if song.grid else None
