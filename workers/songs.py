"""Tasks of songs."""

from celery import shared_task

from apps.jobs.kinds import SONGS_TASK, Kind
from apps.songs.handlers import analysis_run
from workers.base import job_run

HANDLERS = {Kind.AUDIO_ANALYSIS: analysis_run}


@shared_task(name=SONGS_TASK)
def run(*, job_id: str, claim_from: str, **_: object) -> None:
    job_run(HANDLERS, job_id=job_id, claim_from=claim_from)
