"""Checks of the environment, reported by `manage.py check` and when the studio starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from engines.faces.files import networks_problem

PLAIN_HTTP = (
    "PUBLIC_URL is plain http: others can read the links to your inputs in transit, and services send webhooks only "
    "to https, so their work is found by polling. Use https if you can."
)


def public_url_warning() -> str:
    """Return the warning, or "" if it does not apply."""
    return PLAIN_HTTP if settings.PUBLIC_URL.startswith("http://") else ""


def check_public_url(**_: Any) -> list[CheckMessage]:
    warning = public_url_warning()
    return [Warning(warning, id="core.W001")] if warning else []


def check_face_networks(**_: Any) -> list[CheckMessage]:
    problem = networks_problem()
    return [Warning(problem, id="core.W002")] if problem else []
