import time
from argparse import ArgumentParser
from uuid import UUID

from celery import current_app
from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import StudioError
from apps.jobs.kinds import SPECS
from apps.jobs.models import Job
from apps.jobs.pages import job_page
from apps.jobs.states import State
from apps.pro.completion import pro_job_check

# A worker may already be collecting the result; fetching and storing a long one takes minutes.
LONGEST_WAIT_SECONDS = 600.0


class Command(BaseCommand):
    help = "Polls the provider for a Pro job and, if it is done, downloads and stores the result in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job_id", type=UUID)

    def handle(self, *_: object, job_id: UUID, **__: object) -> None:
        try:
            job = pro_job_check(job_id)
        except StudioError as error:
            raise CommandError(error.message) from error
        if job.state == State.WAITING:
            # Runs the worker's own task here. It claims the job first, so a worker already on it isn't disturbed.
            current_app.loader.import_default_modules()
            current_app.tasks[SPECS[job.kind].task](job_id=str(job.pk), claim_from=str(State.WAITING))
        _await_worker(job)
        self.stdout.write(f"{job.pk}: {job.state} ({job.code})")
        if url := job.result.get("output_url"):
            self.stdout.write(url)
        if job.state != State.SUCCEEDED:
            raise CommandError(f"{job.error or 'No result yet.'}\n{job_page(job.pk)}")


def _await_worker(job: Job) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    job.refresh_from_db()
    while job.state == State.RUNNING and time.monotonic() < deadline:
        time.sleep(0.5)
        job.refresh_from_db()
