"""Tasks that recover jobs whose message or worker was lost, and thin old histories."""

from celery import shared_task
from django.utils import timezone

from apps.jobs import families, sweep
from apps.jobs.thinning import events_thin
from apps.production.sanity import sanity_check


@shared_task(name="workers.sweep.tick")
def tick(**_: object) -> None:
    sweep.jobs_dispatch_due()
    families.parents_look()


@shared_task(name="workers.sweep.jobs")
def jobs(**_: object) -> None:
    sweep.jobs_recover_lost()
    sweep.pauses_show_all()
    sweep.jobs_dispatch_again()
    sweep.late_results_dispatch()
    sweep.abandoned_submits_dispatch()
    families.children_drop_unwanted()


@shared_task(name="workers.sweep.events")
def events(**_: object) -> None:
    """Every day, delete the single steps in old jobs' histories."""
    events_thin(now=timezone.now())


@shared_task(name="workers.sweep.sanity")
def sanity(**_: object) -> None:
    """Every day, compare rows that must agree."""
    sanity_check(now=timezone.now())
