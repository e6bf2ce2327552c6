"""The worker's handler of vocals that are taken out of a song by a hosted model, or uploaded as a stem."""

from functools import partial
from uuid import uuid4

from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import upload_key
from apps.core.errors import NotFound
from apps.generation.songs.parameters import SongWorkParameters
from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.songs.models import Song
from apps.songs.results import StemResult
from apps.songs.stem_making import stem_fitting, stem_run, stem_use
from apps.work.handlers import request_produce
from apps.work.inputs import frozen_opened
from apps.work.receiving import produced
from engines.listening.voice import VoiceActivity


def vocals_or_stem_run(run: JobRun) -> Outcome:
    """Separate the vocals, or check an uploaded stem. What can't be used leaves the song the stem it has."""
    if not run.job.provider:
        return stem_run(run)
    asked = run.read(SongWorkParameters)
    made = request_produce(run, partial(frozen_opened, run, asked.frozen))
    if isinstance(made, HandedOff):
        return made
    song = Song.objects.select_related("asset").filter(pk=asked.song_id).first()
    if song is None:
        raise NotFound("The song was deleted.")
    file = produced(made, "vocals")[0]
    run.progress(95, "Listening to the vocals")
    voice = stem_fitting(file.path, song)
    key = upload_key(run.job.owner.pk, uuid4(), AssetKind.AUDIO, file.path.suffix)
    stored = file_store(file.path, key=key, content_type=file.content_type)
    return Done(save=lambda: _save(run, song, stored, voice), cost=made.cost)


def _save(run: JobRun, song: Song, stored: StoredFile, voice: VoiceActivity) -> StemResult:
    name = f"Vocals of {song.title or 'the song'} by {run.job.provider}"[:255]
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.AUDIO, original_name=name)
    # A late result replaces nothing.
    return stem_use(song, asset, voice, by=run.job.owner, replacing=not run.late)
