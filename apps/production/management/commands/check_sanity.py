from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.production.sanity import sanity_check


class Command(BaseCommand):
    help = "Compare rows that must agree: accounts and ledger, reservations and requests, jobs and what they wait for."

    def handle(self, *_: Any, **__: Any) -> None:
        found = sanity_check(now=timezone.now())
        for one in found:
            self.stdout.write(f"{one.name} {one.subject}: {one.detail}")
        if found:
            raise CommandError(f"Problems found: {len(found)}. Each is a fault of mvsite: keep the log, and report it.")
        self.stdout.write(self.style.SUCCESS("All rows agree."))
