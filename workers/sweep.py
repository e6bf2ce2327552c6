"""Tasks that bring back what was lost."""

from celery import shared_task

from apps.jobs import sweep


@shared_task(name="workers.sweep.tick")
def tick(**_: object) -> None:
    sweep.jobs_ring_due()


@shared_task(name="workers.sweep.jobs")
def jobs(**_: object) -> None:
    sweep.jobs_recover_lost()
    sweep.jobs_ring_silent()
    sweep.late_results_ring()
    sweep.abandoned_submits_ring()
