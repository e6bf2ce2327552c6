"""Runs the embedded services that the settings ask for: none if DATABASE_URL and REDIS_URL are set."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from django.conf import settings

import embedded


@contextlib.contextmanager
def services() -> Iterator[None]:
    """Run the embedded PostgreSQL and Redis inside this block, unless the settings name others."""
    if settings.EMBEDDED_DATABASE and not (settings.DATA_DIR / "postgres").exists():
        sys.stderr.write("Creating the database…\n")
    try:
        _services_start()
        yield
    finally:
        if settings.EMBEDDED_REDIS:
            embedded.redis_stop(settings.DATA_DIR)
        if settings.EMBEDDED_DATABASE:
            embedded.postgres_stop(settings.DATA_DIR)


def services_check(say: Callable[[str], None]) -> None:
    """Restart an embedded service that died. If that fails, the next check tries again."""
    gone = []
    if settings.EMBEDDED_DATABASE and not embedded.postgres_running(settings.DATA_DIR):
        gone.append("PostgreSQL")
    if settings.EMBEDDED_REDIS and not embedded.redis_running(settings.DATA_DIR):
        gone.append("Redis")
    if not gone:
        return
    say(f"{' and '.join(gone)} died; restarting")
    try:
        _services_start()
    except embedded.EmbeddedServiceError as error:
        say(str(error))


def _services_start() -> None:
    if settings.EMBEDDED_DATABASE:
        embedded.postgres_start(settings.DATA_DIR)
    if settings.EMBEDDED_REDIS:
        embedded.redis_start(settings.DATA_DIR)
