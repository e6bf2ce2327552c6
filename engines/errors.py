"""The errors engines raise: a sentence for the user and evidence for the log. Engines know nothing about HTTP."""

from collections.abc import Mapping
from typing import Any


class StudioError(Exception):
    """Base of every error raised on purpose.

    `message` is shown to the user and says what to do; `code` is a stable word for programs;
    `evidence` goes to the log only.
    """

    default_code = "error"

    def __init__(self, message: str, *, code: str = "", evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.evidence = dict(evidence or {})


class DetailedError(StudioError):
    """An error with details in `errors`, by field or by subject."""

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


class InputError(DetailedError):
    """The request can't be carried out as given. `errors` maps field names to sentences."""

    default_code = "invalid_input"


class MediaToolError(StudioError):
    """ffmpeg or a decoder failed on a file. `evidence["stderr"]` holds the end of the tool's output."""

    default_code = "media_error"


class WorkCancelled(Exception):
    """Raised inside long work when its job was cancelled or taken over. Not an error."""
