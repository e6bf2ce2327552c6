"""The work that workers do for songs."""

from pathlib import Path
from uuid import uuid4

import structlog

from apps.assets.media_types import media_type
from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, asset_local_copy, file_store
from apps.assets.store.keys import upload_key
from apps.assets.uploading.uploads import upload_limit
from apps.core.errors import InputError, MediaToolError, NotFound, StudioError, WorkCancelled
from apps.jobs.execution import Done, JobRun
from apps.songs.importing import audio_import, imported_type
from apps.songs.models import AnalysisState, Song
from apps.songs.parameters import AnalysisParameters, ImportParameters
from apps.songs.results import AnalysisResult, ImportResult
from apps.songs.section_edits import sections_kept
from apps.songs.services import song_changed_dispatch, song_create
from apps.songs.stored import analysis_stored, grid_stored
from apps.songs.sung import FOUND, sung_kept, voice_stored
from engines.listening.analyze import SongAnalysis, analyze_song, mix_voice
from engines.media.cover import cover_extract
from engines.media.untrusted import probe_untrusted

log = structlog.get_logger(__name__)

# A file whose length differs from its header, such as a truncated mp3.
LENGTH_ERROR_SECONDS = 0.1
LENGTH_SLACK_SECONDS = 60.0
NOT_ANALYZED = "The analysis didn't finish. Retry it on its job page."


def analysis_run(run: JobRun) -> Done:
    """Analyze the job's song. A failure is also recorded on the song, which stays usable without beats."""
    asked = run.read(AnalysisParameters)
    song = Song.objects.select_related("asset").filter(pk=asked.song_id).first()
    if song is None:
        raise NotFound("The song was deleted.")
    if asked.voice_only:
        return _voice_heard(run, song)
    problem = NOT_ANALYZED
    try:
        with asset_local_copy(song.asset, check=run.check) as path:
            found = _analysis(run, song, path)
            cover = None if song.cover_id else cover_extract(path, run.scratch / "cover")
        problem = ""
    except StudioError as error:
        problem = error.message
        raise
    finally:
        if problem:
            waiting = Song.objects.filter(pk=song.pk, analysis_state=AnalysisState.WAITING)
            waiting.update(analysis_state=AnalysisState.FAILED, analysis_error=problem)
    stored = _cover_stored(run, song, cover) if cover else None
    return Done(save=lambda: _save(song, found, stored))


def _voice_heard(run: JobRun, song: Song) -> Done:
    """Listen for where somebody sings; beats, sections and a person's answer stay."""
    words = "Listening for the singing"
    with asset_local_copy(song.asset, check=run.check) as path:
        voice = mix_voice(path, progress=lambda percentage: run.progress(percentage, words), cancelled=run.cancelled)

    def save() -> AnalysisResult:
        locked = Song.objects.select_for_update(of=("self",)).filter(pk=song.pk).first()
        if locked is None:
            raise WorkCancelled("the song was deleted in the meantime")
        if locked.stem_id is None:  # a stem that arrived meanwhile is exact
            locked.analysis = {**locked.analysis, FOUND: voice_stored(voice)}
            locked.save(update_fields=["analysis", "updated_at"])
        tempo, confidence = locked.grid.get("tempo_bpm"), locked.grid.get("confidence", 0.0)
        return AnalysisResult(audio_id=locked.asset_id, tempo_bpm=tempo, confidence=confidence)

    return Done(save=save)


def import_run(run: JobRun) -> Done:
    """Fetch the audio behind the job's link; the song and its analysis are created when the job finishes."""
    wish = run.read(ImportParameters)
    imported = audio_import(
        wish.url,
        start_time=wish.start_time,
        end_time=wish.end_time,
        into=run.scratch,
        progress=run.progress,
        cancelled=run.cancelled,
    )
    owner, (content_type, suffix) = run.job.owner, imported_type(imported)
    run.progress(90, "Storing")
    stored = file_store(
        imported.path,
        key=upload_key(owner.pk, uuid4(), AssetKind.AUDIO, suffix),
        content_type=content_type,
        facts=imported.facts,
    )
    title = wish.title or imported.title

    def save() -> ImportResult:
        asset = asset_create(owner=owner, stored=stored, kind=AssetKind.AUDIO, original_name=f"{title}{suffix}")
        song, job = song_create(by=owner, asset=asset, title=title, artist=imported.artist, source_url=wish.url)
        return ImportResult(
            audio_id=asset.pk,
            title=song.title,
            duration_seconds=asset.duration_seconds,
            analysis_job_id=job.pk,
        )

    return Done(save=save)


def _analysis(run: JobRun, song: Song, path: Path) -> SongAnalysis:
    if song.analysis_state != AnalysisState.WAITING:  # the job's second attempt, after a failure
        Song.objects.filter(pk=song.pk).update(analysis_state=AnalysisState.WAITING, analysis_error="")
    return analyze_song(
        path,
        expected_seconds=song.asset.duration_seconds,
        # A file may contain more than its header says.
        max_seconds=(upload_limit(AssetKind.AUDIO).duration_seconds or 0) + LENGTH_SLACK_SECONDS,
        progress=lambda percentage: run.progress(percentage, "Analyzing the song"),
        cancelled=run.cancelled,
    )


def _cover_stored(run: JobRun, song: Song, cover: Path) -> StoredFile | None:
    """Store the picture from the song's tags, if it can be shown."""
    try:
        facts = probe_untrusted(cover)
        content_type, suffix = media_type(facts)
    except (InputError, MediaToolError) as error:
        log.info("song_cover_skipped", asset_id=str(song.asset_id), reason=error.message)
        return None
    if facts.kind != "image":
        return None
    key = upload_key(run.job.owner.pk, uuid4(), AssetKind.IMAGE, suffix)
    return file_store(cover, key=key, content_type=content_type, facts=facts)


def _save(song: Song, found: SongAnalysis, cover: StoredFile | None) -> AnalysisResult:
    locked = Song.objects.select_for_update(of=("self",)).filter(pk=song.pk).first()
    if locked is None:
        raise WorkCancelled("the song was deleted in the meantime")
    kept = sections_kept(locked.analysis, analysis_stored(found))
    locked.analysis = sung_kept(locked.analysis, kept, stem=locked.stem_id is not None)
    locked.analysis_state, locked.analysis_error = AnalysisState.DONE, ""
    before = locked.grid
    # Analyzing again keeps a grid that a person corrected.
    if not before.get("edited"):
        locked.grid = grid_stored(found.grid)
    if cover is not None and locked.cover_id is None:
        locked.cover = asset_create(owner=song.owner, stored=cover, kind=AssetKind.IMAGE, original_name="cover")
    locked.save()
    _correct_length(song.asset, found.duration_seconds)
    if locked.grid != before:
        song_changed_dispatch(locked)
    return AnalysisResult(
        audio_id=locked.asset_id, tempo_bpm=locked.grid["tempo_bpm"], confidence=found.grid.confidence
    )


def _correct_length(asset: Asset, seconds: float) -> None:
    declared = asset.duration_seconds
    if declared is None or abs(declared - seconds) > LENGTH_ERROR_SECONDS:
        log.info("song_length_corrected", asset_id=str(asset.pk), declared_seconds=declared, seconds=seconds)
        Asset.objects.filter(pk=asset.pk).update(duration_seconds=seconds)
