"""Asking a hosted model for the vocals alone of a song; they become its vocal stem."""

from uuid import UUID

from apps.accounts.models import User
from apps.generation.songs.choice import NOTHING_PICKED, SongCall, song_choice, song_work, song_work_start
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.providers.capabilities import Capability
from apps.songs.models import Song
from apps.songs.selectors import song_get
from apps.songs.stems import refuse_second_stem
from apps.work.choice import Picked
from apps.work.frozen import VocalsValues
from apps.work.work import Work


def vocals_work(*, by: User, audio_id: UUID, picked: Picked = NOTHING_PICKED, flavor: str = "") -> Work:
    """Quote the separation of the song's vocals. Raises InputError without a provider that is set up."""
    song = song_get(by=by, audio_id=audio_id)
    choice = song_choice(Capability.VOCALS, picked, flavor=flavor)
    values = VocalsValues(settings=dict(choice.config.values))
    return song_work(by=by, kind=Kind.STEM, song=song, sound=song.asset, values=values, choice=choice)


def vocals_start(*, by: User, audio_id: UUID, call: SongCall) -> Job:
    """Start the separation. Raises ConflictError while another stem of the song is being made or checked."""

    def quoted(song: Song) -> Work:
        refuse_second_stem(song)
        return vocals_work(by=by, audio_id=audio_id, picked=call.picked, flavor=call.flavor)

    return song_work_start(quoted, by=by, audio_id=audio_id, call=call)
