"""Writes that survive a restart of the database, which is back within seconds."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

DATABASE_GONE = (OperationalError, InterfaceError)
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 1.0


def written(write: Callable[[], Result]) -> Result:
    """Do a write that may be repeated, and repeat it while the database is away, for a minute. Then raise its error.

    For what only this process knows. Never call it inside a transaction.
    """
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except DATABASE_GONE as error:
            if time.monotonic() > ends_at:
                raise
            log.warning("database_away", reason=str(error))
            connection.close()
            time.sleep(AGAIN_SECONDS)
