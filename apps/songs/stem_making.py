"""Checking a vocal stem and making it the song's, and the worker's handler for an uploaded one."""

from pathlib import Path

from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.services import asset_delete, asset_local_copy
from apps.core.errors import InputError, NotFound
from apps.jobs.execution import Done, JobRun
from apps.songs.formats import stem_checked
from apps.songs.models import Song
from apps.songs.parameters import StemParameters
from apps.songs.results import StemResult
from apps.songs.sung import stem_heard
from engines.listening.voice import VoiceActivity

# A stem is aligned with the song sample by sample; encoders pad by some hundredths of a second.
LENGTH_TOLERANCE_SECONDS = 0.25


def stem_run(run: JobRun) -> Done:
    """Decode the uploaded stem; if it is as long as the song, it becomes the song's. A stem that can't be used is
    deleted, and the song keeps the one it has."""
    parameters = run.read(StemParameters)
    song = Song.objects.select_related("asset").filter(pk=parameters.song_id).first()
    if song is None:
        raise NotFound("The song was deleted.")
    asset = Asset.objects.filter(pk=parameters.asset_id).first()
    if asset is None:
        raise NotFound("The uploaded stem was deleted. Upload it again.")
    run.progress(10, "Listening to the stem")
    try:
        with asset_local_copy(asset, check=run.check) as path:
            voice = stem_fitting(path, song)
    except InputError:
        run.fence()
        with transaction.atomic():
            asset_delete(by=run.job.owner, asset=asset)
        raise
    return Done(save=lambda: stem_use(song, asset, voice, by=run.job.owner))


def stem_fitting(path: Path, song: Song) -> VoiceActivity:
    """Return where the stem has sound. Raises InputError if it can't be used, or isn't as long as the song."""
    voice, seconds = stem_checked(path)
    whole = song.asset.duration_seconds or 0.0
    if abs(seconds - whole) > LENGTH_TOLERANCE_SECONDS:
        raise InputError(
            f"The stem is {seconds:.1f} s long, but the song is {whole:.1f} s. Export the stem over the whole song.",
            code="stem_length",
        )
    return voice


def stem_use(song: Song, asset: Asset, voice: VoiceActivity, *, by: User, replacing: bool = True) -> StemResult:
    """Make it the song's stem in place of the one it has, which is deleted. Without `replacing`, only if it has none.
    Call it in a transaction."""
    locked = Song.objects.select_for_update(of=("self",)).select_related("stem").filter(pk=song.pk).first()
    if locked is None:
        raise NotFound("The song was deleted.")
    before = locked.stem
    if before is None or replacing:
        locked.stem = asset
        locked.analysis = stem_heard(locked.analysis, voice)
        locked.save()
        if before is not None and before.pk != asset.pk:
            asset_delete(by=by, asset=before)
    return StemResult(audio_id=locked.asset_id, stem_id=asset.pk, duration_seconds=asset.duration_seconds)
