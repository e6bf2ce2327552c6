from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.archive.projects import project_import
from apps.core.errors import StudioError


class Command(BaseCommand):
    help = (
        "Import a project from a zip written by export_project, owned by the user you name. All or nothing. "
        "The zip may come from anyone: it only adds a project and its files, never accounts, permissions or work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--owner", required=True, help="user name of the new owner")

    def handle(self, *_: Any, **options: Any) -> None:
        owner = User.objects.filter(username=options["owner"]).first()
        if owner is None:
            raise CommandError(f"There is no user {options['owner']!r}. Create one with createsuperuser.")
        try:
            project = project_import(owner=owner, path=options["file"])
        except StudioError as error:
            raise CommandError(f"{error.message} {error.evidence or ''}".strip()) from error
        self.stdout.write(f"{project.pk}: {project.title}")
