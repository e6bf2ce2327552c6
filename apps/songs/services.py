"""Use cases of songs: take one in, import one, correct its beat grid, give it a vocal stem, let it go."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.assets.media_types import media_type
from apps.assets.models import Asset, AssetKind
from apps.assets.services import asset_create, asset_delete, file_store
from apps.assets.store.keys import upload_key
from apps.assets.uploading.uploads import ReceivedFile, upload_received
from apps.core.errors import ConflictError, InputError
from apps.core.text import one_line
from apps.jobs import dispatch
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import Idempotency, NewJob, job_create
from apps.jobs.states import State
from apps.songs.formats import song_checked, stem_checked
from apps.songs.grid_edits import GridEdit, grid_edit
from apps.songs.models import AnalysisState, Song
from apps.songs.parameters import AnalysisParameters, ImportParameters
from apps.songs.section_edits import sections_changed, sections_restored
from apps.songs.selectors import beat_grid, song_get
from apps.songs.stored import grid_stored, onsets_read, voice_stored
from engines.listening.grid import BeatGrid

log = structlog.get_logger(__name__)

# Each project of a song is told when the song's beats change, so that it plans its scenes anew.
SONG_CHANGED_TASK = "workers.followup.project_song_changed"
SECTIONS_CHANGED_TASK = "workers.followup.project_sections_changed"
# A stem is laid over the song sample by sample; encoders pad by some hundredths of a second.
STEM_LENGTH_TOLERANCE_SECONDS = 0.25


@dataclass(frozen=True)
class SongChanges:
    """What a person changes; None leaves a thing as it is. `forget_edits` goes back to the grid that was found, and no
    `sections` at all to those that were found. `seen_at` is the song's `updated_at` that the person looked at."""

    title: str | None = None
    artist: str | None = None
    grid: GridEdit | None = None
    forget_edits: bool = False
    sections: Sequence[tuple[str, float]] | None = None
    seen_at: datetime | None = None


def song_upload(*, by: User, upload: "UploadedFile[Any]", title: str = "", artist: str = "") -> tuple[Song, Job]:
    """Take in a song and start its analysis. Raises InputError for what is no song."""
    with upload_received(upload, AssetKind.AUDIO) as received:
        tags = song_checked(received.path, received.facts)
        stored = _stored(by, received)
    with transaction.atomic(durable=True):
        asset = asset_create(owner=by, stored=stored, kind=AssetKind.AUDIO, original_name=upload.name or "")
        return song_create(by=by, asset=asset, title=title or tags.title, artist=artist or tags.artist)


def song_create(*, by: User, asset: Asset, title: str = "", artist: str = "", source_url: str = "") -> tuple[Song, Job]:
    """The row of a song whose file is stored, and its analysis job. Call it inside a transaction."""
    name = one_line(title) or one_line(asset.original_name.rpartition(".")[0]) or "Untitled song"
    song = Song.objects.create(
        owner=by, asset=asset, title=name[:200], artist=one_line(artist)[:200], source_url=source_url
    )
    return song, song_analysis_create(by=by, song=song)


def song_analysis_create(*, by: User, song: Song) -> Job:
    """Start the analysis. Raises ConflictError while one runs. Call it inside a transaction."""
    new = NewJob(
        kind=Kind.AUDIO_ANALYSIS,
        parameters=AnalysisParameters(song_id=song.pk),
        dedupe_key=f"audio_analysis:{song.pk}",
    )
    job = job_create(by=by, new=new)
    Song.objects.filter(pk=song.pk).update(analysis_state=AnalysisState.WAITING, analysis_error="")
    return job


def song_import(
    *,
    by: User,
    url: str,
    start_time: float | None = None,
    end_time: float | None = None,
    title: str = "",
    idempotency: Idempotency | None = None,
) -> Job:
    """Fetch a song by its link, cut to [start_time, end_time) seconds, as a job; its analysis follows by itself.

    Raises InputError for a range that runs backwards, ConflictError while the same is being imported.
    """
    if end_time is not None and end_time <= (start_time or 0):
        raise InputError("end_time must lie after start_time.", errors={"end_time": ["not after start_time"]})
    wish = ImportParameters(url=url, start_time=start_time, end_time=end_time, title=title)
    digest = hashlib.sha256(f"{url} {start_time} {end_time}".encode()).hexdigest()[:32]
    new = NewJob(kind=Kind.AUDIO_IMPORT, parameters=wish, dedupe_key=f"audio_import:{by.pk}:{digest}")
    with transaction.atomic(durable=True):
        return job_create(by=by, new=new, idempotency=idempotency)


def song_update(*, by: User, audio_id: UUID, changes: SongChanges) -> Song:
    """Change title, artist or beat grid; projects that use the song plan their scenes anew when the grid changes.

    Raises ConflictError for a grid that is not known yet and for a song that was changed after `seen_at`, InputError
    for a correction that cannot be.
    """
    with transaction.atomic(durable=True):
        song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
        if changes.seen_at not in {None, song.updated_at}:
            raise ConflictError(
                "This song was changed meanwhile. Look at it as it is now, then try again.", code="stale"
            )
        song.title = one_line(changes.title or "") or song.title
        song.artist = song.artist if changes.artist is None else one_line(changes.artist)
        if changes.forget_edits or changes.grid:
            song.grid = grid_stored(_changed_grid(song, changes))
            song_changed_dispatch(song)
        if changes.sections is not None:
            _change_sections(song, changes.sections)
        song.save()
    return song_get(by=by, audio_id=audio_id)


def _change_sections(song: Song, wanted: Sequence[tuple[str, float]]) -> None:
    """Cuts stay where they are; scenes that were named after their part of the song are named anew."""
    if song.analysis_state == AnalysisState.WAITING:
        raise ConflictError("The song is still being listened to. Change its sections when that has ended.")
    before = song.analysis.get("sections", [])
    duration = song.asset.duration_seconds or song.analysis.get("duration_seconds", 0.0)
    song.analysis = (
        sections_changed(song.analysis, wanted, duration=duration) if wanted else sections_restored(song.analysis)
    )
    labels = sorted({str(part["label"]).lower() for part in before})
    for project_id in song.projects.values_list("pk", flat=True):
        dispatch.task_dispatch(SECTIONS_CHANGED_TASK, queue=Queue.IO, project_id=str(project_id), labels=labels)


def song_analysis_ended(job: Job) -> None:
    """Let the song of an analysis that ended badly say so, whatever ended it; it is usable without beats."""
    asked = AnalysisParameters.find(job)
    if asked is not None and job.state in (State.FAILED, State.CANCELLED):
        waiting = Song.objects.filter(pk=asked.song_id, analysis_state=AnalysisState.WAITING)
        waiting.update(
            analysis_state=AnalysisState.FAILED,
            analysis_error=job.error or "The analysis was cancelled. Start it again on the page of its job.",
        )


def song_changed_dispatch(song: Song) -> None:
    """After commit, let the projects of the song look at its new beats."""
    for project_id in song.projects.values_list("pk", flat=True):
        dispatch.task_dispatch(SONG_CHANGED_TASK, queue=Queue.IO, project_id=str(project_id))


def song_stem_upload(*, by: User, audio_id: UUID, upload: "UploadedFile[Any]") -> Song:
    """Keep the song's vocals alone, for lip-sync. Raises InputError when they are not as long as the song."""
    song = song_get(by=by, audio_id=audio_id)
    with upload_received(upload, AssetKind.AUDIO) as received:
        voice, seconds = stem_checked(received.path, received.facts)
        difference = abs(seconds - (song.asset.duration_seconds or 0.0))
        if difference > STEM_LENGTH_TOLERANCE_SECONDS:
            problem = f"The stem is {difference:.1f} s off the song's length. Export it over the whole song."
            raise InputError(problem, code="stem_length", errors={"file": [problem]})
        stored = _stored(by, received)
    with transaction.atomic(durable=True):
        locked = Song.objects.select_for_update(of=("self",)).get(pk=song.pk)
        before = locked.stem
        locked.stem = asset_create(owner=by, stored=stored, kind=AssetKind.AUDIO, original_name=upload.name or "")
        locked.analysis = {**locked.analysis, "voice": voice_stored(voice)}
        locked.save()
        if before is not None:
            asset_delete(by=by, asset=before)
    return song_get(by=by, audio_id=audio_id)


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


def _stored(by: User, received: ReceivedFile) -> Any:
    content_type, suffix = media_type(received.facts)
    return file_store(
        received.path,
        key=upload_key(by.pk, uuid4(), AssetKind.AUDIO, suffix),
        content_type=content_type,
        facts=received.facts,
        digest=received.digest,
    )


def _changed_grid(song: Song, changes: SongChanges) -> BeatGrid:
    if song.analysis_state == AnalysisState.WAITING:
        raise ConflictError("The song is still being listened to. Correct its beats when that has ended.")
    if changes.forget_edits:
        if "grid" not in song.analysis:
            raise ConflictError("The analysis found no grid to go back to.")
        grid = BeatGrid.from_dict(song.analysis["grid"])
    else:
        # Without an analysis a person may still tap or set a tempo.
        grid = beat_grid(song) or BeatGrid((), song.asset.duration_seconds or 0.0, 0.0)
    return grid_edit(grid, changes.grid, onsets_read(song.analysis)) if changes.grid else grid
