"""The errors of the apps. Each carries a message for the user and evidence for the log.

`http_errors.py` turns them into pages and JSON, `workers/base.py` into job outcomes.
"""

import errno
from typing import Any

from apps.core.json import JsonObject
from engines.errors import DetailedError, InputError, MediaToolError, StudioError, WorkCancelled

__all__ = [
    "BudgetExceeded",
    "ConflictError",
    "DetailedError",
    "InputError",
    "MediaToolError",
    "NotFound",
    "ProviderError",
    "StudioError",
    "WorkCancelled",
    "http_status",
    "is_disk_full",
]

# The last is what a limit on files' sizes causes.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# Errors raised by an engine have no HTTP status; errors of the apps define `status_code`.
_ENGINE_STATUS = {InputError: 400, MediaToolError: 422}


def is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def http_status(error: StudioError) -> int:
    """Return the HTTP status for `error`."""
    own = getattr(error, "status_code", None)
    if own is not None:
        return int(own)
    return next((status for kind, status in _ENGINE_STATUS.items() if isinstance(error, kind)), 500)


class NotFound(DetailedError):
    """There is no such object, or it belongs to another user. `errors` may name the field that asked for it."""

    status_code = 404
    default_code = "not_found"


class ConflictError(DetailedError):
    """The object's current state does not allow this. `errors` may give details by field."""

    status_code = 409
    default_code = "conflict"


class BudgetExceeded(StudioError):
    """The cost would exceed a cap or was not confirmed. Nothing was sent."""

    status_code = 402
    default_code = "budget_exceeded"


class ProviderError(StudioError):
    """A provider refused or failed.

    `permanent`: retrying the same request can't help. `outcome_unknown`: a paid request may have been accepted, so it
    must not be sent again. `retry_after` is in seconds, if the provider gave it. `raw` is the provider's own
    response, for the operator.
    """

    status_code = 502
    default_code = "provider_error"

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
        raw: Any = None,
        code: str = "",
        evidence: JsonObject | None = None,
    ) -> None:
        super().__init__(message, code=code, evidence=evidence)
        self.permanent = permanent
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self.raw = raw
