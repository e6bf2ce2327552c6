"""Tasks for the Pro editor."""

from celery import shared_task

from apps.pro.completion import open_pro_jobs_check


@shared_task(name="workers.pro.check_pro_job_completion")
def check_pro_job_completion(**_: object) -> None:
    open_pro_jobs_check()
