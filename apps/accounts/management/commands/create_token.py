"""`manage.py create_token`: create an API token for a user without a browser."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.accounts.services import token_create
from apps.core.errors import InputError


class Command(BaseCommand):
    help = "Create an API token for a user and print it once. It can be revoked on the account page and in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *_: Any, username: str, name: str, **__: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}. Create one with: manage.py createsuperuser")
        try:
            _row, token = token_create(by=user, name=name)
        except InputError as error:
            raise CommandError(error.message) from error
        self.stdout.write(token)
