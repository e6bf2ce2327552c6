"""Timing a song's words: asking for it, and the job that lays them on the singing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.assets.services import asset_local_copy
from apps.core.errors import ConflictError, InputError, MediaToolError, NotFound
from apps.jobs.execution import Done, JobRun
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.songs.lyrics.versions import NO_LYRICS, SongWords, lyrics_get, song_words, version_add
from apps.songs.models import AnalysisState, Song
from apps.songs.parameters import LyricsAlignmentParameters
from apps.songs.results import LyricsAlignmentResult
from apps.songs.sung import sung_map
from engines.listening.phrases import stem_phrases
from engines.listening.voice import STEM_CONFIDENCE
from engines.lyrics.alignment import MIX_TRUST, Heard, align
from engines.lyrics.speech import call_write, forced_available, lines_forced, words_forced
from engines.lyrics.sung_lines import SungLine
from engines.media.confined import confined

FREE = "free"
# Where it isn't sure that somebody sings at all, no line is sure.
_DOUBTED_TRUST = 0.4
# Listening for a long song's words takes two minutes on a slow core.
_SOUNDS_SECONDS = 400.0

log = structlog.get_logger(__name__)


def lyrics_align(*, by: User, audio_id: UUID, idempotency: Idempotency | None = None) -> Job:
    """Start the job that gives the lines times for free; pinned ones keep theirs.

    Raises NotFound without lyrics, ConflictError before the song is analyzed, if nobody sings in it, and while it is
    being aligned.
    """
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return earlier
    words = lyrics_get(by=by, audio_id=audio_id)
    if words.song.analysis_state == AnalysisState.WAITING:
        raise ConflictError("The song is still being analyzed. Align the lyrics when that has finished.")
    refuse_unsung(words.song)
    new = NewJob(
        kind=Kind.LYRICS_ALIGNMENT,
        parameters=LyricsAlignmentParameters(song_id=words.song.pk),
        dedupe_key=f"lyrics_alignment:{words.song.pk}",
    )
    with transaction.atomic(durable=True):
        return job_create(by=by, new=new, idempotency=idempotency)


def alignment_jobs(song: Song) -> "QuerySet[Job]":
    """Return the jobs that aligned, or align, the song's words, newest first."""
    jobs = Job.objects.filter(owner=song.owner_id, kind=Kind.LYRICS_ALIGNMENT, parameters__song_id=str(song.pk))
    return jobs.filter(imported_at=None).order_by("-created_at")


def alignment_run(run: JobRun) -> Done:
    """Align the current words. Running twice gives the same lines, and no second version."""
    song = Song.objects.select_related("asset", "stem").filter(pk=run.read(LyricsAlignmentParameters).song_id).first()
    if song is None:
        raise NotFound("The song was deleted.")
    words = song_words(song)
    if words is None:
        raise NotFound(NO_LYRICS, code="no_lyrics")
    refuse_unsung(song)
    run.progress(5, "Listening to the voice")
    heard = singing_heard(run, song)
    run.progress(30, "Placing the lines")
    language = words.version.language
    lines = align(words.lines, language, heard, lambda share: run.progress(30 + 65 * share, "Placing the lines"))
    if language.partition("-")[0].lower() == "en" and forced_available():
        run.progress(96, "Listening for the words")
        lines = _by_their_sounds(run, song, lines, heard)
    return Done(save=lambda: _save(words, lines))


def refuse_unsung(song: Song) -> None:
    """Raise ConflictError (`nobody_sings`) if it is known that nobody sings in the song."""
    found = sung_map(song)
    if found is not None and found.sings is False:
        raise ConflictError(
            "Nobody sings in this song, as far as its analysis says. Say where they sing on the song's page, then "
            "align the lyrics.",
            code="nobody_sings",
        )


def singing_heard(run: JobRun, song: Song) -> Heard:
    """Return where somebody sings and where notes start: precisely in a stem, roughly in a mix."""
    found = sung_map(song)
    seconds = float(song.asset.duration_seconds or song.analysis.get("duration_seconds", 0.0))
    if song.stem is not None and not (found and found.by_hand):
        with asset_local_copy(song.stem, check=run.check) as path:
            phrases = stem_phrases(path)
        if phrases.passages:
            passages = tuple((start, min(end, seconds), STEM_CONFIDENCE) for start, end in phrases.passages)
            return Heard(seconds, tuple(span for span in passages if span[1] > span[0]), phrases.notes)
    trust = 1.0 if found and found.by_hand else MIX_TRUST if found and found.sings else _DOUBTED_TRUST
    spans = tuple((span.start, span.end, span.confidence * trust) for span in found.spans) if found else ()
    return Heard(seconds, spans, _notes(song.analysis))


def _by_their_sounds(run: JobRun, song: Song, lines: tuple[SungLine, ...], heard: Heard) -> tuple[SungLine, ...]:
    """Return the lines at the times at which their words are heard, where that succeeds."""
    call = run.scratch / "words.json"
    with asset_local_copy(song.stem or song.asset, check=run.check) as path:
        call_write(call, path, lines, [(start, end) for start, end, _ in heard.passages])
        try:
            times = confined(words_forced, str(call.resolve()), seconds=_SOUNDS_SECONDS)["times"]
        except (InputError, MediaToolError) as error:
            log.warning("words_not_forced", song_id=str(song.pk), reason=error.message)
            return lines
    return lines_forced(lines, times, stem=song.stem is not None) if times else lines


def _notes(analysis: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    onsets = analysis.get("onsets", {})
    return tuple(zip(onsets.get("times", ()), onsets.get("salience", ()), strict=False))


def _save(words: SongWords, lines: tuple[SungLine, ...]) -> LyricsAlignmentResult:
    song = Song.objects.select_for_update(of=("self",)).filter(pk=words.song.pk).first()
    if song is None:
        raise NotFound("The song was deleted.")
    now = song_words(song)
    if now is None or now.version.number != words.version.number:
        raise ConflictError("The lyrics were changed in the meantime. Align them again.", code="stale")
    saved = now if now.lines == lines else version_add(song, now, lines, change="timed the lines")
    return LyricsAlignmentResult(
        audio_id=song.asset_id, lines=len(lines), sure=saved.sure, to_check=saved.to_check, method=FREE
    )
