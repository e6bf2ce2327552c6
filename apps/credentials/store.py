"""Keys and addresses of providers that were entered in the studio, for single-user installations on this machine.

The environment comes first; only what it leaves unset is looked up here. Every process asks once a second whether
anything changed (one aggregate query), so workers pick up a new key without a restart.
"""

import threading
import time
from collections.abc import Mapping

import structlog
from django.conf import settings
from django.db.models import Count, Max, Sum

from apps.core.errors import ConflictError
from apps.credentials.models import StoredValue
from apps.credentials.sealing import seal, unseal

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0


def values_may_be_entered() -> bool:
    """Return whether this installation belongs to one person: embedded database, local owner."""
    return bool(settings.SINGLE_USER and settings.EMBEDDED_DATABASE)


def stored_value(name: str) -> str:
    """Return what was entered for this variable, or ""."""
    return _cache.values().get(name, "") if values_may_be_entered() else ""


def value_store(*, name: str, value: str) -> None:
    """Encrypt and store the value. Raises ConflictError if values can't be entered here."""
    if not values_may_be_entered():
        raise ConflictError("Keys can only be entered on a single-user installation. Set them in the environment.")
    row, created = StoredValue.objects.get_or_create(name=name, defaults={"sealed": seal(value)})
    if not created:
        row.sealed = seal(value)
        row.version += 1
        row.save(update_fields=["sealed", "version", "updated_at"])
    _cache.forget()
    log.info("stored_value_set", name=name)


def value_remove(*, name: str) -> None:
    """Delete what was entered. Does nothing if there is nothing."""
    StoredValue.objects.filter(name=name).delete()
    _cache.forget()
    log.info("stored_value_removed", name=name)


class _Cache:
    """The decrypted values of one process; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: Mapping[str, str] = {}
        self._fingerprint: tuple[int, int, int] | None = None
        self._checked_at = float("-inf")

    def values(self) -> Mapping[str, str]:
        with self._lock:
            if time.monotonic() - self._checked_at >= POLL_SECONDS:
                self._refresh()
            return self._values

    def forget(self) -> None:
        with self._lock:
            self._fingerprint, self._checked_at = None, float("-inf")

    def _refresh(self) -> None:
        found = StoredValue.objects.aggregate(count=Count("id"), versions=Sum("version"), newest=Max("id"))
        fingerprint = (found["count"], found["versions"] or 0, found["newest"] or 0)
        if fingerprint != self._fingerprint:
            self._values = dict(self._read())
            self._fingerprint = fingerprint
        self._checked_at = time.monotonic()

    def _read(self) -> list[tuple[str, str]]:
        values = []
        for row in StoredValue.objects.all():
            if value := unseal(row.sealed):
                values.append((row.name, value))
            else:
                log.error("stored_value_unreadable", name=row.name, reason="encrypted with another SECRET_KEY")
        return values


_cache = _Cache()
