"""Tasks that recover jobs whose message or worker was lost."""

from celery import shared_task

from apps.jobs import sweep


@shared_task(name="workers.sweep.tick")
def tick(**_: object) -> None:
    sweep.jobs_dispatch_due()


@shared_task(name="workers.sweep.jobs")
def jobs(**_: object) -> None:
    sweep.jobs_recover_lost()
    sweep.pauses_show_all()
    sweep.jobs_dispatch_again()
    sweep.late_results_dispatch()
    sweep.abandoned_submits_dispatch()
