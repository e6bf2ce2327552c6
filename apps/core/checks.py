"""What `manage.py check` and the start of the studio say about the environment."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

PLAIN_HTTP = (
    "PUBLIC_URL is plain http: links to inputs can be read on their way, and services send webhooks to https "
    "only, so that their work is found by polling. Use https where you can."
)


def public_url_warning() -> str:
    """The sentence where it applies, else an empty one."""
    return PLAIN_HTTP if settings.PUBLIC_URL.startswith("http://") else ""


def check_public_url(**_: Any) -> list[CheckMessage]:
    warning = public_url_warning()
    return [Warning(warning, id="core.W001")] if warning else []
