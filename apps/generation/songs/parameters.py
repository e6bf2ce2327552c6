"""The parameters of paid work on a song."""

from uuid import UUID

from apps.work.parameters import WorkParameters


class SongWorkParameters(WorkParameters):
    song_id: UUID
