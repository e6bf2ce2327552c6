"""What a failed call says: whether the request may have been accepted, and when to try again.

Read from a response's status or from the exception that the HTTP client raised.
"""

import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from apps.core.errors import ProviderError
from apps.core.json import JsonObject, storable

SAFE_METHODS = frozenset({"GET", "HEAD"})
RESPONSE_MAX_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
# How much of an error response is kept for diagnosis.
EVIDENCE_BYTES = 4096
# Everything that sending a request or reading its response can raise.
NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError)


class FailureKind(StrEnum):
    """What is known about a failed request."""

    NOT_SENT = "not_sent"  # no connection: certainly not accepted
    THROTTLED = "throttled"  # 429: certainly not accepted, may be sent again later
    REFUSED = "refused"  # another 4xx: certainly not accepted, and retrying it unchanged can't help
    MAYBE_SENT = "maybe_sent"  # a timeout after sending, a lost connection, 3xx, 5xx, an unreadable response
    TOO_LARGE = "too_large"  # the response was above the size cap


class HttpFailure(ProviderError):
    """A failed call. `status` is None if there was no response; `body` has the first bytes of an error response.

    `outcome_unknown` is set for unsafe methods that may have been accepted, so a caller can simply let the failure
    through.
    """

    default_code = "http_failure"

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        method: str,
        status: int | None = None,
        body: bytes = b"",
        retry_after: float | None = None,
        evidence: JsonObject | None = None,
    ) -> None:
        super().__init__(
            message,
            permanent=kind in {FailureKind.REFUSED, FailureKind.TOO_LARGE},
            outcome_unknown=method not in SAFE_METHODS and kind in {FailureKind.MAYBE_SENT, FailureKind.TOO_LARGE},
            retry_after=retry_after,
            raw={"status": status, "body": body.decode("utf-8", "replace")},
            evidence=evidence,
        )
        self.kind = kind
        self.status = status
        self.body = body

    def json(self) -> Any:
        """Return the error response's parsed body, or None if it isn't JSON."""
        try:
            return read_json(self.body)
        except (ValueError, RecursionError):
            return None


def host_of(url: str) -> str:
    """Return the host for messages and logs, without user name, path or query."""
    return urlsplit(url).hostname or "the service"


def without_secrets(url: str) -> str:
    """Return the URL for logs, without the query (signatures) and without user name and password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def body_chunks(response: requests.Response, *, deadline: float, max_bytes: int) -> Iterator[bytes]:
    """Yield the body in chunks. Raises TimeoutError past `deadline` (monotonic seconds), HttpFailure past the cap."""
    # `read1` returns whatever has arrived, so a server that sends a few bytes at a time can't outlast the deadline.
    total = 0
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
        total += len(chunk)
        if total > max_bytes:
            raise too_large(response, max_bytes)
        yield chunk
        if time.monotonic() > deadline:
            raise TimeoutError("the whole call took too long")


def too_large(response: requests.Response, max_bytes: int) -> HttpFailure:
    return HttpFailure(
        f"{host_of(response.url)} sent more than the allowed {max_bytes // 1024 // 1024} MB.",
        kind=FailureKind.TOO_LARGE,
        method=response.request.method or "",
        status=response.status_code,
    )


def failure_of_status(response: requests.Response, *, method: str, deadline: float) -> HttpFailure:
    """Return the failure for a 3xx, 4xx or 5xx response, with the first bytes of its body."""
    body = b""
    try:
        for chunk in body_chunks(response, deadline=deadline, max_bytes=RESPONSE_MAX_BYTES):
            body += chunk
            if len(body) >= EVIDENCE_BYTES:
                break
    except (OSError, HttpFailure, urllib3.exceptions.HTTPError):
        pass  # the status already says enough
    status = response.status_code
    return HttpFailure(
        f"{host_of(response.url)} responded with {status} {response.reason or ''}".strip() + ".",
        kind=_kind_of_status(status),
        method=method,
        status=status,
        body=body[:EVIDENCE_BYTES],
        retry_after=retry_after_seconds(response.headers),
    )


def failure_of_exception(error: Exception, *, method: str, url: str) -> HttpFailure:
    """Return the failure for a network exception, without the exception's text, which repeats the signed URL."""
    kind = FailureKind.NOT_SENT if _certainly_not_sent(error) else FailureKind.MAYBE_SENT
    what = _why_not_sent(error) if kind is FailureKind.NOT_SENT else "was reached, but its response was lost"
    return HttpFailure(
        f"{host_of(url)} {what}.",
        kind=kind,
        method=method,
        evidence={"url": without_secrets(url), "exception": type(error).__name__, "cause": type(_root(error)).__name__},
    )


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the Retry-After header in seconds from now, or None if it is missing or unreadable."""
    value = CaseInsensitiveDict(headers).get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,6}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def _kind_of_status(status: int) -> FailureKind:
    if status == 429:
        return FailureKind.THROTTLED
    # 408: the server gave up on a request that it had started to read.
    if 400 <= status < 500 and status != 408:
        return FailureKind.REFUSED
    return FailureKind.MAYBE_SENT


def _root(error: BaseException) -> BaseException:
    """Return the original exception, which requests and urllib3 wrap in `reason` and in their arguments."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = getattr(error, "reason", None) or next(
            (part for part in error.args if isinstance(part, Exception)), None
        )
        if not isinstance(inner, BaseException):
            break
        error = inner
    return error


def _why_not_sent(error: Exception) -> str:
    """Return what kept the request from leaving, to follow the host's name in a sentence."""
    root = _root(error)
    if isinstance(root, urllib3.exceptions.NameResolutionError):
        return "could not be found; check the address"
    if isinstance(root, ssl.SSLCertVerificationError):
        return "could not be reached: its certificate is not valid"
    # urllib3 calls it a kind of ConnectTimeoutError.
    if isinstance(root, urllib3.exceptions.NewConnectionError):
        return "could not be reached: it did not accept the connection"
    if isinstance(error, requests.ConnectTimeout) or isinstance(root, urllib3.exceptions.ConnectTimeoutError):
        return "could not be reached: it did not respond in time"
    return "could not be reached; check the address"


def _certainly_not_sent(error: Exception) -> bool:
    root = _root(error)
    never_connected = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.LocationParseError,
        ssl.SSLCertVerificationError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidHeader,
        UnicodeError,
    )
    return isinstance(root, never_connected) or isinstance(error, requests.ConnectTimeout)


def read_json(body: bytes) -> Any:
    """Parse JSON, without the values that PostgreSQL can't store. Raises ValueError or RecursionError."""
    return storable(json.loads(body))
