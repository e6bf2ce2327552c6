"""Use cases of songs: upload, import, correct the beat grid, delete."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.services import asset_create, asset_delete, upload_store
from apps.assets.uploading.uploads import upload_received
from apps.core.errors import ConflictError, InputError
from apps.core.text import one_line
from apps.jobs import dispatch
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind, Queue
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create, job_lock
from apps.jobs.states import State
from apps.songs.formats import song_checked
from apps.songs.grid_edits import GridEdit, grid_edit
from apps.songs.models import AnalysisState, Song
from apps.songs.named_sections import song_sections
from apps.songs.parameters import AnalysisParameters, ImportParameters
from apps.songs.section_edits import sections_changed, sections_restored
from apps.songs.selectors import beat_grid, song_get, song_of_content
from apps.songs.stems import stem_files
from apps.songs.stored import damage_stored, grid_stored, onsets_read
from apps.songs.sung import SungEdit, sung_changed
from engines.listening.grid import BeatGrid
from engines.media.packets import Gap

log = structlog.get_logger(__name__)

# Each project of a song is notified when the song's beats change, so that it plans its scenes again.
SONG_CHANGED_TASK = "workers.followup.project_song_changed"
SECTIONS_CHANGED_TASK = "workers.followup.project_sections_changed"


@dataclass(frozen=True)
class SongChanges:
    """A person's changes; None leaves a value unchanged. `forget_edits` restores the detected grid, empty `sections`
    the detected ones. `seen_at` is the song's `updated_at` that the person saw."""

    title: str | None = None
    artist: str | None = None
    grid: GridEdit | None = None
    forget_edits: bool = False
    sections: Sequence[tuple[str, float]] | None = None
    sung: SungEdit | None = None
    seen_at: datetime | None = None


class UploadedSong(NamedTuple):
    """`existing`: the same file was there already, so this is the song of then, with the job that analyzed it."""

    song: Song
    job: Job
    existing: bool


def song_upload(*, by: User, upload: "UploadedFile[Any]", title: str = "", artist: str = "") -> UploadedSong:
    """Store a song and start its analysis; a file that the user uploaded before is the same song.

    Raises InputError for a file that isn't a song."""
    with upload_received(upload, AssetKind.AUDIO) as received:
        if known := song_of_content(by=by, sha256=received.digest.sha256):
            return UploadedSong(known, _analysis_job(by, known), existing=True)
        checked = song_checked(received.path, received.facts)
        stored = upload_store(by=by, received=received, kind=AssetKind.AUDIO)
    with transaction.atomic(durable=True):
        asset = asset_create(owner=by, stored=stored, kind=AssetKind.AUDIO, original_name=upload.name or "")
        song, job = song_create(
            by=by,
            asset=asset,
            title=title or checked.tags.title,
            artist=artist or checked.tags.artist,
            damage=checked.damage,
        )
    return UploadedSong(song, job, existing=False)


def analysis_jobs(song: Song) -> "QuerySet[Job]":
    """Return the jobs that analyze, or analyzed, the song, newest first."""
    jobs = Job.objects.filter(owner=song.owner_id, kind=Kind.AUDIO_ANALYSIS, parameters__song_id=str(song.pk))
    return jobs.order_by("-created_at")


def _analysis_job(by: User, song: Song) -> Job:
    """Return the job that analyzes, or analyzed, the song; a new one for a song that came without its jobs."""
    if job := analysis_jobs(song).first():
        return job
    with transaction.atomic(durable=True):
        return song_analysis_create(by=by, song=song)


def song_create(
    *,
    by: User,
    asset: Asset,
    title: str = "",
    artist: str = "",
    source_url: str = "",
    damage: Sequence[Gap] = (),
) -> tuple[Song, Job]:
    """Create the row of a stored song and its analysis job. Call it inside a transaction."""
    name = one_line(title) or one_line(asset.original_name.rpartition(".")[0]) or "Untitled song"
    song = Song.objects.create(
        owner=by,
        asset=asset,
        title=name[:200],
        artist=one_line(artist)[:200],
        source_url=source_url,
        analysis=damage_stored(damage) if damage else {},
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


def song_voice_listen(*, by: User, audio_id: UUID) -> Job:
    """Start listening for where somebody sings, for a song that an earlier release analyzed; all else stays.

    Raises ConflictError while the song is being analyzed, and if it has a vocal stem, which is exact."""
    with transaction.atomic(durable=True):
        song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
        if song.stem_id is not None:
            raise ConflictError("The vocal stem says where somebody sings. There is nothing to listen for.")
        if song.analysis_state != AnalysisState.DONE:
            raise ConflictError("The song isn't analyzed yet. Listen again when that has finished.")
        new = NewJob(
            kind=Kind.AUDIO_ANALYSIS,
            parameters=AnalysisParameters(song_id=song.pk, voice_only=True),
            dedupe_key=f"audio_analysis:{song.pk}",
        )
        return job_create(by=by, new=new)


def song_import(
    *,
    by: User,
    url: str,
    start_time: float | None = None,
    end_time: float | None = None,
    title: str = "",
    idempotency: Idempotency | None = None,
) -> Job:
    """Fetch a song from a link, cut to [start_time, end_time) seconds, as a job; its analysis follows automatically.

    Raises InputError for a reversed range, ConflictError while the same import is in progress.
    """
    if end_time is not None and end_time <= (start_time or 0):
        raise InputError("The end must come after the start.", errors={"end_time": ["must be after the start"]})
    wish = ImportParameters(url=url, start_time=start_time, end_time=end_time, title=title)
    digest = hashlib.sha256(f"{url} {start_time} {end_time}".encode()).hexdigest()[:32]
    new = NewJob(kind=Kind.AUDIO_IMPORT, parameters=wish, dedupe_key=f"audio_import:{by.pk}:{digest}")
    with transaction.atomic(durable=True):
        return job_create(by=by, new=new, idempotency=idempotency)


def song_update(*, by: User, audio_id: UUID, changes: SongChanges) -> Song:
    """Change title, artist, sections, sung map or beat grid; projects that use the song plan their scenes again if the
    grid changes.

    Raises ConflictError if the grid isn't known yet or the song was changed after `seen_at`, InputError for an
    impossible correction.
    """
    with transaction.atomic(durable=True):
        song = Song.objects.select_for_update(of=("self",)).get(pk=song_get(by=by, audio_id=audio_id).pk)
        if changes.seen_at not in {None, song.updated_at}:
            raise ConflictError(
                "This song was changed in the meantime. Look at it again, then repeat your change.", code="stale"
            )
        song.title = one_line(changes.title or "") or song.title
        song.artist = song.artist if changes.artist is None else one_line(changes.artist)
        if changes.forget_edits or changes.grid:
            song.grid = grid_stored(_changed_grid(song, changes))
            song_changed_dispatch(song)
        if changes.sections is not None:
            _change_sections(song, changes.sections)
        if changes.sung is not None:
            song.analysis = sung_changed(song, changes.sung)
        song.save()
    return song_get(by=by, audio_id=audio_id)


def _change_sections(song: Song, wanted: Sequence[tuple[str, float]]) -> None:
    """Change the sections. Cuts stay where they are; scenes named after their section are renamed."""
    if song.analysis_state == AnalysisState.WAITING:
        raise ConflictError("The song is still being analyzed. Change its sections when the analysis has finished.")
    before = song_sections(song)
    duration = song.asset.duration_seconds or song.analysis.get("duration_seconds", 0.0)
    song.analysis = (
        sections_changed(song.analysis, wanted, duration=duration) if wanted else sections_restored(song.analysis)
    )
    labels = sorted({section.label.lower() for section in before})
    for project_id in song.projects.values_list("pk", flat=True):
        dispatch.task_dispatch(SECTIONS_CHANGED_TASK, queue=Queue.IO, project_id=str(project_id), labels=labels)


def song_analysis_ended(job: Job) -> None:
    """Record a failed or cancelled analysis on its song, which is usable without beats."""
    asked = AnalysisParameters.find(job)
    if asked is not None and job.state in (State.FAILED, State.CANCELLED):
        waiting = Song.objects.filter(pk=asked.song_id, analysis_state=AnalysisState.WAITING)
        waiting.update(
            analysis_state=AnalysisState.FAILED,
            analysis_error=job.error or "The analysis was cancelled. Start it again on its job page.",
        )


def analyses_ended_missed() -> None:
    """Record ended analyses whose final message was lost (called by the sweep)."""
    for song in Song.objects.filter(analysis_state=AnalysisState.WAITING):
        last = analysis_jobs(song).first()
        if last is not None and last.state in (State.FAILED, State.CANCELLED):
            with transaction.atomic():
                # It may be retried at this moment.
                song_analysis_ended(job_lock(last.pk))


def song_changed_dispatch(song: Song) -> None:
    """After the commit, notify the song's projects of its new beats."""
    for project_id in song.projects.values_list("pk", flat=True):
        dispatch.task_dispatch(SONG_CHANGED_TASK, queue=Queue.IO, project_id=str(project_id))


def song_delete(*, by: User, audio_id: UUID) -> None:
    """Delete the song and its files, also those of a stem in progress. Raises ConflictError while a project uses it."""
    song = song_get(by=by, audio_id=audio_id)
    try:
        with transaction.atomic():
            files = [song.asset, *([song.cover] if song.cover else []), *stem_files(song)]
            song.delete()
            for asset in files:
                asset_delete(by=by, asset=asset)
    except ProtectedError as error:
        raise ConflictError("A project uses this song. Delete the project, or choose another song there.") from error


def _changed_grid(song: Song, changes: SongChanges) -> BeatGrid:
    if song.analysis_state == AnalysisState.WAITING:
        raise ConflictError("The song is still being analyzed. Correct its beats when the analysis has finished.")
    if changes.forget_edits:
        if "grid" not in song.analysis:
            raise ConflictError("The analysis found no beats to go back to.")
        grid = BeatGrid.from_dict(song.analysis["grid"])
    else:
        # Without an analysis, a tempo can still be tapped or set.
        grid = beat_grid(song) or BeatGrid((), song.asset.duration_seconds or 0.0, 0.0)
    return grid_edit(grid, changes.grid, onsets_read(song.analysis)) if changes.grid else grid
