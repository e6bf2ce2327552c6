"""`manage.py models_check`: whether the providers still run the models that the flavors offer."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.catalog.models import ModelCheck
from apps.catalog.services import ProviderCheck, models_check
from apps.catalog.writing import checks_write
from apps.core.errors import InputError


class Command(BaseCommand):
    help = "Ask each configured provider, free of charge, about every model of every flavor. Exits 1 if one can't work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", default="", help="check only this one")
        parser.add_argument(
            "--write", action="store_true", help="note the date, retirements and successors in the flavors' files"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, provider: str, **options: Any) -> None:
        try:
            found = models_check(provider)
        except InputError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps({one.provider: _as_json(one) for one in found}))
        else:
            for one in found:
                self._print(one)
        if options["write"]:
            self._write(found)
        if not all(one.works for one in found):
            sys.exit(1)

    def _write(self, found: list[ProviderCheck]) -> None:
        """Say on stderr what was written, so that --json stays readable by programs."""
        for one in checks_write(found, today=timezone.localdate()):
            if one.entries:
                self.stderr.write(f"{one.path}: {one.entries} entries written. Restart the studio to use them.")
            if one.patch:
                self.stderr.write(f"{one.path} can't be written. Apply this patch:\n{one.patch}")
            for words in one.by_hand:
                self.stderr.write(f"{one.path}: set by hand: {words}")

    def _print(self, found: ProviderCheck) -> None:
        if found.skipped:
            self.stdout.write(f"{found.provider}: not checked. {found.skipped}")
            return
        self.stdout.write(f"{found.provider}:")
        for check in found.checks:
            self.stdout.write(
                f"  {check.model or '(its only model)'} ({check.capability}): {check.get_result_display()}"
            )
            for finding in check.findings:
                self.stdout.write(f"    {finding['message']}")


def _as_json(found: ProviderCheck) -> dict[str, Any]:
    return {"skipped": found.skipped, "models": [_row_json(check) for check in found.checks]}


def _row_json(check: ModelCheck) -> dict[str, Any]:
    fields = ("capability", "model", "result", "successor", "flavors", "findings")
    return {name: getattr(check, name) for name in fields}
