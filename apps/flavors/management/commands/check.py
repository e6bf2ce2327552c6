from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import check

from apps.flavors.discovery import discover


class Command(check.Command):
    """Django's check, which also fails if a flavor is skipped. Other commands run without that flavor."""

    def handle(self, *app_labels: Any, **options: Any) -> None:
        super().handle(*app_labels, **options)
        problems = discover(settings.CONFIGS_DIR).problems
        if problems and not options["list_tags"]:
            raise CommandError(f"Skipped flavors: {', '.join(sorted(problems))}. The reasons are listed above.")
