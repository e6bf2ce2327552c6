from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.flavors.discovery import discover


def check_flavors(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """One error for each problem of a flavor on disk, read afresh."""
    return [
        Error(
            f"The flavor {name} is left out: {problem}",
            hint="Correct the file and start again.",
            id="flavors.E001",
        )
        for name, problems in discover(settings.CONFIGS_DIR).problems.items()
        for problem in problems
    ]
