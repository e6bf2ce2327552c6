from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import StudioError
from apps.jobs.pages import job_page
from apps.pro.completion import pro_job_check
from apps.providers.registry import provider_get


class Command(BaseCommand):
    help = "Polls the provider for a Pro job now and prints its status."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job_id", type=UUID)

    def handle(self, *_: object, job_id: UUID, **__: object) -> None:
        try:
            job = pro_job_check(job_id)
        except StudioError as error:
            raise CommandError(error.message) from error
        run = job.remote_runs.filter(attempt=job.attempt).first()
        self.stdout.write(f"{job.pk}: {job.state} ({job.code}) {job.progress_percentage:.0f} %")
        if run is not None:
            title = provider_get(run.provider).title
            self.stdout.write(f"{title} {run.remote_id or 'without an id'}: {run.status} {run.message}".rstrip())
        if job.error:
            self.stdout.write(job.error)
        self.stdout.write(job_page(job.pk))
