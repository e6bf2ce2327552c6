"""The one family of errors. Each carries a sentence for the user and evidence for the log.

`http_errors.py` turns them into pages and JSON, `workers/base.py` into job outcomes.
"""

from collections.abc import Mapping
from typing import Any


class StudioError(Exception):
    """Base of every error that we raise on purpose.

    `message` is shown to the user and says what to do; `code` is a stable word for programs;
    `evidence` goes to the log only.
    """

    status_code = 500
    default_code = "error"

    def __init__(self, message: str, *, code: str = "", evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.evidence = dict(evidence or {})


class _DetailedError(StudioError):
    """One that says more in `errors`: by field, or by what it is about."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        errors: Mapping[str, Any] | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, evidence=evidence)
        self.errors = dict(errors or {})


class InputError(_DetailedError):
    """What was asked for cannot be done as asked. `errors` maps field names to sentences."""

    status_code = 400
    default_code = "invalid_input"


class NotFound(StudioError):
    """No such object, or it belongs to somebody else."""

    status_code = 404
    default_code = "not_found"


class ConflictError(_DetailedError):
    """The object's present state does not allow it. `errors` may say more, by what it is about."""

    status_code = 409
    default_code = "conflict"


class BudgetExceeded(StudioError):
    """A spending cap, or a cost that was not confirmed, stands in the way. Nothing was sent."""

    status_code = 402
    default_code = "budget_exceeded"


class ProviderError(StudioError):
    """A provider refused or failed.

    `permanent`: asking again unchanged cannot help. `outcome_unknown`: a paid request may have been
    accepted, so it must not be sent again. `retry_after` is in seconds, when the provider named it.
    `raw` is the provider's own answer, for the operator.
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
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, evidence=evidence)
        self.permanent = permanent
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self.raw = raw


class MediaToolError(StudioError):
    """ffmpeg, or a decoder, failed on a file. `evidence["stderr"]` holds the tool's last words."""

    status_code = 422
    default_code = "media_error"


class WorkCancelled(Exception):
    """Raised inside long work when its job was cancelled or taken over; not an error."""
