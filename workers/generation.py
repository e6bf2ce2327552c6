"""Tasks that generate: scenes, images, clips, lip-sync."""

from functools import partial

from celery import shared_task

from apps.jobs.dispatch import KEEP_LATE_RESULT_TASK
from apps.jobs.execution import Handler
from apps.jobs.kinds import GENERATION_TASK, Kind
from apps.pro.destination import pro_result_receive
from apps.pro.handlers import pro_run
from apps.scenes.handlers import HANDLERS as SCENE_HANDLERS
from workers.base import job_run, late_result_keep
from workers.songs import HANDLERS as SONG_HANDLERS

HANDLERS: dict[str, Handler] = {**SCENE_HANDLERS, Kind.PRO_LIPSYNC: partial(pro_run, receive=pro_result_receive)}


@shared_task(name=GENERATION_TASK)
def run(*, job_id: str, claim_from: str, **_: object) -> None:
    job_run(HANDLERS, job_id=job_id, claim_from=claim_from)


@shared_task(name=KEEP_LATE_RESULT_TASK)
def keep_late_result(*, run_id: int, **_: object) -> None:
    late_result_keep({**HANDLERS, **SONG_HANDLERS}, run_id=run_id)
