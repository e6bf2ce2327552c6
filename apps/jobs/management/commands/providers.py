"""`manage.py providers`: what each provider can do, whether it is configured, and whether its key works."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.errors import ProviderError
from apps.providers.base import Provider, RemoteProvider
from apps.providers.registry import PROVIDERS


class Command(BaseCommand):
    help = "List the providers, what they can do, and whether their keys work (one free call each)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--offline", action="store_true", help="don't call any service")

    def handle(self, *_: Any, offline: bool, **__: Any) -> None:
        width = max(len(name) for name in PROVIDERS)
        for name, provider in PROVIDERS.items():
            abilities = ", ".join(sorted(capability.value for capability in provider.capabilities))
            self.stdout.write(f"{name:<{width}}  {provider_state(provider, offline=offline)}")
            self.stdout.write(f"{'':<{width}}  can: {abilities}")


def provider_state(provider: Provider, *, offline: bool) -> str:
    """Return one sentence: not configured and why, configured, or the result of a free call."""
    if not provider.configured():
        return f"not configured. {provider.missing_configuration()}"
    if offline or not isinstance(provider, RemoteProvider):
        return "ready" if provider.local else "configured"
    try:
        return f"ready: {provider.check_key()}"
    except ProviderError as error:
        return f"configured, but: {error.message}"
