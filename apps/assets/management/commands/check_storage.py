from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.assets.store.storage_probe import storage_probe


class Command(BaseCommand):
    help = "Write, verify, read by range, link, fetch and delete a probe object, and say what is misconfigured."

    def handle(self, *_: Any, **__: Any) -> None:
        marks = {True: self.style.SUCCESS("ok     "), False: self.style.ERROR("FAILED "), None: "note   "}
        failed = 0
        for step in storage_probe():
            self.stdout.write(f"{marks[step.ok]} {step.name}: {step.detail}")
            failed += step.ok is False
        if failed:
            raise CommandError(f"{failed} of the steps failed. Correct what the first one names and run this again.")
