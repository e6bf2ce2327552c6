"""Tasks that import and analyze songs, their vocal stems and their lyrics."""

from collections.abc import Mapping

from celery import shared_task

from apps.generation.songs.transcription import transcription_or_alignment_run
from apps.generation.songs.vocals_making import vocals_or_stem_run
from apps.jobs.execution import Handler
from apps.jobs.kinds import SONGS_TASK, Kind
from apps.songs.handlers import analysis_run, import_run
from workers.base import job_run

HANDLERS: Mapping[str, Handler] = {
    Kind.AUDIO_ANALYSIS: analysis_run,
    Kind.AUDIO_IMPORT: import_run,
    Kind.STEM: vocals_or_stem_run,
    Kind.LYRICS_ALIGNMENT: transcription_or_alignment_run,
}


@shared_task(name=SONGS_TASK)
def run(*, job_id: str, claim_from: str, **_: object) -> None:
    job_run(HANDLERS, job_id=job_id, claim_from=claim_from)
