"""Tasks that poll, cancel and settle remote work."""

from celery import shared_task

from apps.jobs import polling


@shared_task(name="workers.polling.poll_due")
def poll_due(**_: object) -> None:
    polling.runs_poll_due()


@shared_task(name="workers.polling.cancel_run")
def cancel_run(*, run_id: int, **_: object) -> None:
    polling.run_cancel(run_id)


@shared_task(name="workers.polling.settle_abandoned")
def settle_abandoned(*, run_id: int, **_: object) -> None:
    polling.run_settle_abandoned(run_id)
