"""What the providers behind an HTTP API share: sending, and what a refusal means for the job and for the user.

A provider says where its service is, how a key travels and how the service words its errors; the flags of the
resulting `ProviderError` are decided here, in one table, so that they agree for all of them.
"""

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings

from apps.core import http
from apps.core.errors import ProviderError
from apps.core.http import FailureKind, HttpFailure
from apps.providers.base import RemoteProvider

# Polls are repeated by the engine's own schedule, so one immediate second try is enough for a hiccup.
READ_ATTEMPTS = 2
# Longest text of a vendor's that is shown to a user.
WORDS_LIMIT = 400


@dataclass(frozen=True)
class VendorRefusal:
    """How a service worded a failure. `code` is its own stable word, "" where it has none."""

    words: str = ""
    code: str = ""
    retry_after: float | None = None


class HttpProvider(RemoteProvider):
    """A service behind an HTTP API, with its address and key in the settings."""

    title: ClassVar[str]
    url_setting: ClassVar[str]
    key_setting: ClassVar[str | None]

    @property
    def base_url(self) -> str:
        return str(getattr(settings, self.url_setting)).rstrip("/")

    @property
    def key(self) -> str:
        return str(getattr(settings, self.key_setting)) if self.key_setting else ""

    def configured(self) -> bool:
        return not self.missing_configuration()

    def missing_configuration(self) -> str:
        names = [name for name in (self.url_setting, self.key_setting) if name and not getattr(settings, name)]
        return f"Set {' and '.join(names)} to use {self.title}." if names else ""

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """The headers that carry the key."""

    @abstractmethod
    def read_refusal(self, body: Any) -> VendorRefusal:
        """The service's own words in an error body, which may be any JSON value."""

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        """A failure that means something of its own at this service, or None for the table below."""
        return None

    def read(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """GET JSON. Raises ProviderError; a failed read says nothing about the work."""
        try:
            return http.get(self._url(path), headers=self.headers(), params=params, attempts=READ_ATTEMPTS).json()
        except HttpFailure as failure:
            raise self.error_of(failure, paid=False) from failure

    def write(  # noqa: D417
        self, method: str, path: str, *, paid: bool = False, time_limit_seconds: float = http.CALL_SECONDS, **facts: Any
    ) -> Any:
        """Send once, answer JSON (None for an empty body). `paid`: a lost answer is an unknown outcome.

        Raises ProviderError. More arguments as in `http.send`.
        """
        headers = self.headers() | facts.pop("headers", {})
        try:
            answer = http.send(method, self._url(path), headers=headers, time_limit_seconds=time_limit_seconds, **facts)
            return answer.json() if answer.body.strip() else None
        except HttpFailure as failure:
            raise self.error_of(failure, paid=paid) from failure

    def error_of(self, failure: HttpFailure, *, paid: bool) -> ProviderError:
        """The failure in our terms: may it be sent again, and what should the user do."""
        refusal = self.read_refusal(failure.json())
        error = self.special_error(failure, refusal) or self._table(failure, refusal, paid=paid)
        error.raw = self.without_key(failure.raw)
        error.evidence = {**failure.evidence, "status": failure.status, "vendor_code": refusal.code}
        return error

    def without_key(self, value: Any) -> Any:
        """A JSON value in which our key, should a service repeat it, is blotted out."""
        if not self.key:
            return value
        # As JSON text, since the key may stand anywhere; it is escaped there as it is in the text.
        return json.loads(json.dumps(value, default=str).replace(json.dumps(self.key)[1:-1], "[key]"))

    def unclear(self, raw: Any, *, paid: bool) -> ProviderError:
        """A good status with a body that is not what the service documents."""
        return ProviderError(
            f"{self.title} gave an answer that is not understood.",
            outcome_unknown=paid,
            raw=self.without_key(raw),
            code="unclear_answer",
        )

    def _url(self, path: str) -> str:
        """`path` on the service, or a full URL of the service's own (a next page). Raises ProviderError."""
        if not path.startswith(("http://", "https://")):
            return f"{self.base_url}{path}"
        if urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise ProviderError(f"{self.title} pointed to another host, where its key is not sent.", permanent=True)
        return path

    def _table(self, failure: HttpFailure, refusal: VendorRefusal, *, paid: bool) -> ProviderError:
        name, words = self.title, self.shown(refusal.words)
        said = f" It said: {words}" if words else ""
        match failure.kind, failure.status:
            case FailureKind.NOT_SENT, _:
                return ProviderError(f"{name} could not be reached. Nothing was sent.", code="unreachable")
            case FailureKind.THROTTLED, _:
                wait = failure.retry_after or refusal.retry_after
                return ProviderError(f"{name} asks to slow down.{said}", code="rate_limited", retry_after=wait)
            case FailureKind.REFUSED, 401 | 403:
                cure = f"Check {self.key_setting}." if self.key_setting else "Check its access rules."
                return ProviderError(f"{name} did not accept the key. {cure}{said}", permanent=True, code="key_refused")
            case FailureKind.REFUSED, 402:
                return ProviderError(
                    f"The account at {name} has no credit left. Add credit there, then retry.{said}",
                    permanent=True,
                    code="no_credit",
                )
            case FailureKind.REFUSED, 404:
                return ProviderError(f"{name} does not know what was asked for.{said}", permanent=True, code="unknown")
            case FailureKind.REFUSED, status:
                text = words or f"status {status}, without a reason"
                return ProviderError(f"{name} refused the request: {text}", permanent=True, code="refused")
            case FailureKind.TOO_LARGE, _:
                return ProviderError(failure.message, permanent=not paid, outcome_unknown=paid, code="too_large")
        if paid:
            message = f"The answer of {name} was lost, so it is not known whether the request was accepted."
            return ProviderError(message, outcome_unknown=True, code="outcome_unknown")
        return ProviderError(f"{name} is having trouble. It is asked again later.{said}", code="unavailable")

    def shown(self, words: str) -> str:
        """A vendor's words as a user may see them: on one line, of bounded length, without our key."""
        text = " ".join(words.split())
        text = text.replace(self.key, "[key]") if self.key else text
        return text if len(text) <= WORDS_LIMIT else f"{text[:WORDS_LIMIT]}…"


def upload_part(path: Path, content_type: str) -> http.Upload:
    """A multipart part for one of our files, under a name that says nothing of ours but its kind."""
    return http.Upload(path, f"input{path.suffix or extension_of(content_type)}", content_type)


EXTENSIONS = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
CONTENT_TYPES = {extension: content_type for content_type, extension in reversed(EXTENSIONS.items())}


def extension_of(content_type: str) -> str:
    """".mp4" for "video/mp4"; "" for a type that no provider takes."""
    return EXTENSIONS.get(content_type.split(";")[0].strip().lower(), "")
