from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.archive.whole import backup_restore
from apps.core.errors import StudioError


class Command(BaseCommand):
    help = (
        "Fill an empty installation from a zip written by backup. All or nothing. The zip is trusted: it brings "
        "accounts with their passwords and permissions, API tokens and unfinished jobs. Restore only your own backups."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            count = backup_restore(path=options["file"])
        except StudioError as error:
            raise CommandError(f"{error.message} {error.evidence or ''}".strip()) from error
        self.stdout.write(f"Restored {count} rows.")
