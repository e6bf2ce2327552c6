from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning

from apps.flavors.discovery import discover


def check_flavors(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Return a warning for each problem of a flavor on disk and for each ignored file.

    These aren't errors, since an error would stop every command (migrate, createsuperuser) although the studio
    can run without the flavor. `manage.py check` itself fails on them (see the command in this app).
    """
    found = discover(settings.CONFIGS_DIR)
    ignored: list[CheckMessage] = [
        Warning(str(problem), hint="Correct the file's name.", id="flavors.W001") for problem in found.ignored
    ]
    return ignored + [
        Warning(
            f"The flavor {name} is skipped: {problem}",
            hint="Correct the file and restart.",
            id="flavors.W002",
        )
        for name, problems in found.problems.items()
        for problem in problems
    ]
