"""The embedded services that the settings ask for; none where DATABASE_URL and REDIS_URL name others."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from django.conf import settings

import embedded


@contextlib.contextmanager
def services() -> Iterator[None]:
    """Embedded PostgreSQL and Redis run inside this block, where no others are named."""
    if settings.EMBEDDED_DATABASE and not (settings.DATA_DIR / "postgres").exists():
        sys.stderr.write("Making the database …\n")
    try:
        _services_start()
        yield
    finally:
        if settings.EMBEDDED_REDIS:
            embedded.redis_stop(settings.DATA_DIR)
        if settings.EMBEDDED_DATABASE:
            embedded.postgres_stop(settings.DATA_DIR)


def services_look(say: Callable[[str], None]) -> None:
    """Start an embedded service again that died. One that cannot start now is tried again at the next look."""
    gone = []
    if settings.EMBEDDED_DATABASE and not embedded.postgres_running(settings.DATA_DIR):
        gone.append("PostgreSQL")
    if settings.EMBEDDED_REDIS and not embedded.redis_running(settings.DATA_DIR):
        gone.append("Redis")
    if not gone:
        return
    say(f"{' and '.join(gone)} died; starting again")
    try:
        _services_start()
    except embedded.EmbeddedServiceError as error:
        say(str(error))


def _services_start() -> None:
    if settings.EMBEDDED_DATABASE:
        embedded.postgres_start(settings.DATA_DIR)
    if settings.EMBEDDED_REDIS:
        embedded.redis_start(settings.DATA_DIR)
