"""Use cases of songs: take one in, correct its beat grid, give it a vocal stem, let it go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.assets.models import Kind as AssetKind
from apps.assets.services import asset_delete, asset_from_upload
from apps.core.errors import ConflictError, InputError
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.songs.analysis.grid import BeatGrid
from apps.songs.models import AnalysisState, Song
from apps.songs.selectors import song_get

log = structlog.get_logger(__name__)

# A stem is laid over the song sample by sample; encoders pad by some hundredths of a second.
STEM_LENGTH_TOLERANCE_SECONDS = 0.25


def song_upload(*, by: User, upload: "UploadedFile[Any]", title: str = "", artist: str = "") -> tuple[Song, Job]:
    """Take in a song and start its analysis. Raises InputError for what is no song."""
    asset = asset_from_upload(by=by, upload=upload, kind=AssetKind.AUDIO)
    with transaction.atomic():
        return song_create(by=by, asset=asset, title=title, artist=artist)


def song_create(*, by: User, asset: Asset, title: str = "", artist: str = "", source_url: str = "") -> tuple[Song, Job]:
    """The row of a song whose file is stored, and its analysis job. Call it inside a transaction."""
    name = title.strip() or asset.original_name.rpartition(".")[0] or "Untitled song"
    song = Song.objects.create(owner=by, asset=asset, title=name[:200], artist=artist[:200], source_url=source_url)
    return song, song_analyse(by=by, song=song)


def song_analyse(*, by: User, song: Song) -> Job:
    """Start the analysis. Raises ConflictError while one runs. Call it inside a transaction."""
    new = NewJob(kind=Kind.AUDIO_ANALYSIS, parameters={"song_id": str(song.pk)}, dedupe_key=f"audio_analysis:{song.pk}")
    job = job_create(by=by, new=new)
    Song.objects.filter(pk=song.pk).update(analysis_state=AnalysisState.WAITING, analysis_error="")
    return job


def song_update(*, by: User, audio_id: UUID, changes: Mapping[str, Any]) -> Song:
    """Change title, artist or grid. The projects that use the song plan their scenes anew when asked."""
    with transaction.atomic(durable=True):
        song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
        for field in ("title", "artist"):
            if field in changes:
                setattr(song, field, changes[field])
        if grid := changes.get("grid"):
            song.grid = grid_stored(grid)
        song.save()
        return song


def grid_stored(grid: BeatGrid) -> dict[str, Any]:
    """The grid as the row keeps it: its rule, and the times that readers want without working them out."""
    return {
        "rule": grid.to_dict(),
        "tempo_bpm": round(grid.tempo_bpm, 3) if grid.tempo_bpm else None,
        "confidence": grid.confidence,
        "beats": [round(float(beat), 4) for beat in grid.beats()],
        "downbeats": [round(float(beat), 4) for beat in grid.downbeats()],
    }


def song_stem_upload(*, by: User, audio_id: UUID, upload: "UploadedFile[Any]") -> Song:
    """Keep the song's vocals alone, for lip-sync. Raises InputError when they are not as long as the song."""
    song = song_get(by=by, audio_id=audio_id)
    stem = asset_from_upload(by=by, upload=upload, kind=AssetKind.AUDIO)
    difference = abs((stem.duration_seconds or 0.0) - (song.asset.duration_seconds or 0.0))
    with transaction.atomic():
        if difference > STEM_LENGTH_TOLERANCE_SECONDS:
            asset_delete(by=by, asset=stem)
            problem = f"The stem is {difference:.1f} s off the song's length. Export it over the whole song."
        else:
            problem = ""
            Song.objects.filter(pk=song.pk).update(stem=stem)
    if problem:
        raise InputError(problem, code="stem_length", errors={"file": [problem]})
    song.refresh_from_db()
    return song


def song_delete(*, by: User, audio_id: UUID) -> None:
    """Remove the song and its files. Raises ConflictError while a project uses it."""
    song = song_get(by=by, audio_id=audio_id)
    try:
        with transaction.atomic():
            song.delete()
            for asset in filter(None, (song.asset, song.stem)):
                asset_delete(by=by, asset=asset)
    except ProtectedError as error:
        raise ConflictError("A project uses this song. Delete the project, or choose another song there.") from error
