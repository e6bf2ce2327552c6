from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.assets.store.moving import media_move


class Command(BaseCommand):
    help = (
        "Upload this machine's files to the bucket, verify each, then remove the local copy. The studio can keep "
        "running meanwhile. If interrupted, run it again to resume."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the files without moving them")

    def handle(self, *_: Any, **options: Any) -> None:
        if not settings.STORAGE_BUCKET:
            raise CommandError("STORAGE_BUCKET is not set. Set it, run check_storage, then run this again.")
        moved, failed, size = 0, 0, 0
        for step in media_move(dry_run=options["dry_run"]):
            moved, failed = moved + (not step.error), failed + bool(step.error)
            size += 0 if step.error else step.size_bytes
            self.stdout.write(f"{step.number}/{step.total} {step.key}: {step.error or 'moved'}")
        verb = "would be moved" if options["dry_run"] else "moved"
        self.stdout.write(f"{moved} files, {size / 1e6:.1f} MB {verb}; {failed} failed.")
        if failed:
            raise CommandError("The failed files stay on the disk and are served from there. Run this again later.")
