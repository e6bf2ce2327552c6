from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.archive.whole import backup_write
from apps.core.errors import StudioError


class Command(BaseCommand):
    help = "Write every row and every file to one zip, as a consistent snapshot. The studio can keep running meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            backup = backup_write(into=options["file"])
        except StudioError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{options['file']}: {backup.rows} rows, {backup.size_bytes / 1e6:.1f} MB of media.")
        for key in backup.missing:
            self.stderr.write(f"File was already missing before this backup: {key}")
