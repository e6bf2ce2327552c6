from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.assets.store.storage_probe import storage_probe


class Command(BaseCommand):
    help = "Write, verify, range-read, link, fetch and delete a probe object, and report what is misconfigured."

    def handle(self, *_: Any, **__: Any) -> None:
        marks = {True: self.style.SUCCESS("ok     "), False: self.style.ERROR("FAILED "), None: "note   "}
        failed = 0
        for step in storage_probe():
            self.stdout.write(f"{marks[step.ok]} {step.name}: {step.detail}")
            failed += step.ok is False
        if failed:
            raise CommandError(f"{failed} steps failed. Fix the first one and run this again.")
