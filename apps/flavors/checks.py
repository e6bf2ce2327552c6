from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from apps.flavors.discovery import discover


def check_flavors(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """One error for each problem of a flavor on disk, and a warning for each file that is not read."""
    found = discover(settings.CONFIGS_DIR)
    ignored = [Warning(str(problem), hint="Correct the file's name.", id="flavors.W001") for problem in found.ignored]
    return ignored + [
        Error(
            f"The flavor {name} is left out: {problem}",
            hint="Correct the file and start again.",
            id="flavors.E001",
        )
        for name, problems in found.problems.items()
        for problem in problems
    ]
