from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.archive.projects import project_export
from apps.core.errors import StudioError


class Command(BaseCommand):
    help = "Write one project (rows and media) to a zip for import_project to read in another installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project_id", type=UUID)
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            size = project_export(project_id=options["project_id"], into=options["file"])
        except StudioError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{options['file']}: {size / 1e6:.1f} MB of media.")
