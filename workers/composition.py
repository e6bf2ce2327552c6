"""Tasks that compose videos."""

from celery import shared_task

from apps.composition.handlers import HANDLERS
from apps.jobs.kinds import COMPOSITION_TASK
from workers.base import job_run


@shared_task(name=COMPOSITION_TASK)
def run(*, job_id: str, claim_from: str, **_: object) -> None:
    job_run(HANDLERS, job_id=job_id, claim_from=claim_from)
