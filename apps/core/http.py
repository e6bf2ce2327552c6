"""The HTTP client for services we chose. URLs from users or providers go through `guarded_fetch`.

Every call has time limits and a size cap, writes one log line without query strings or headers, and fails
with `HttpFailure`, which says whether the request may have been accepted. Safe calls (GET, HEAD) are retried on
connection errors, 429 and 5xx; every other method is sent exactly once.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import requests
import structlog
from requests.auth import AuthBase

from apps.core.http_failures import (
    EVIDENCE_BYTES,
    NETWORK_ERRORS,
    RESPONSE_MAX_BYTES,
    FailureKind,
    HttpFailure,
    body_chunks,
    failure_of_exception,
    failure_of_status,
    host_of,
    read_json,
    too_large,
    without_secrets,
)
from apps.core.multipart import Multipart, Upload

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

USER_AGENT = "mvsite/1"
# TCP and TLS to a healthy service take well under a second; ten seconds allow for a lost packet or two.
CONNECT_SECONDS = 10.0
CALL_SECONDS = 60.0
SAFE_ATTEMPTS = 4
BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 20.0


@dataclass(frozen=True)
class ServiceResponse:
    """A complete 2xx response."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body. Raises HttpFailure(MAYBE_SENT) if it isn't JSON."""
        try:
            return read_json(self.body)
        except (ValueError, RecursionError) as error:
            raise HttpFailure(
                f"{host_of(self.url)} returned something that isn't JSON.",
                kind=FailureKind.MAYBE_SENT,
                method=self.method,
                status=self.status,
                body=self.body[:EVIDENCE_BYTES],
            ) from error


class NoAuth(AuthBase):
    """Keeps `requests` from replacing our headers with a password from ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    time_limit_seconds: float
    arguments: Mapping[str, Any] = field(default_factory=dict)


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str | int] | None = None,
    time_limit_seconds: float = CALL_SECONDS,
    max_bytes: int = RESPONSE_MAX_BYTES,
    attempts: int = SAFE_ATTEMPTS,
) -> ServiceResponse:
    """Read `url`, retrying on connection errors, 429 and 5xx. `time_limit_seconds` limits each attempt.

    Redirects are not followed: if a service has moved, its setting must be changed, and keys must not go elsewhere.
    Raises HttpFailure.
    """
    call = _Call("GET", url, time_limit_seconds, {"headers": headers, "params": params})
    return _retried(call, attempts=attempts, action=lambda: _whole_response(call, max_bytes=max_bytes))


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str | int] | None = None,
    json_body: Any = None,
    fields: Mapping[str, str] | None = None,
    uploads: Mapping[str, Upload] | None = None,
    time_limit_seconds: float = CALL_SECONDS,
    max_bytes: int = RESPONSE_MAX_BYTES,
) -> ServiceResponse:
    """Send a POST, PUT, PATCH or DELETE exactly once, on its own connection.

    The body is `json_body`, or `fields`; with `uploads` it is a multipart form. Raises HttpFailure.
    """
    multipart = Multipart(fields or {}, uploads or {}) if uploads else None
    arguments: dict[str, Any] = {"headers": dict(headers or {}), "params": params}
    if json_body is not None:
        arguments["json"] = json_body
    elif multipart is None and fields is not None:
        arguments["data"] = dict(fields)
    if multipart is not None:
        arguments["headers"]["Content-Type"] = multipart.content_type
        arguments["data"] = multipart
    return _whole_response(_Call(method.upper(), url, time_limit_seconds, arguments), max_bytes=max_bytes)


def post(url: str, **arguments: Any) -> ServiceResponse:
    """`send` with POST."""
    return send("POST", url, **arguments)


def send_file(
    method: str,
    url: str,
    *,
    path: Path,
    content_type: str,
    headers: Mapping[str, str] | None = None,
    time_limit_seconds: float = 600.0,
) -> ServiceResponse:
    """Stream one file as the whole body, once (a PUT to a presigned URL). Raises HttpFailure."""
    with path.open("rb") as stream:
        arguments = {"headers": {**(headers or {}), "Content-Type": content_type}, "data": stream}
        return _whole_response(_Call(method.upper(), url, time_limit_seconds, arguments), max_bytes=RESPONSE_MAX_BYTES)


def download(
    url: str,
    *,
    into: Path,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
    time_limit_seconds: float = 600.0,
    attempts: int = SAFE_ATTEMPTS,
) -> Path:
    """Stream `url` to the file `into`, which appears only once it is complete.

    An interrupted download resumes where it stopped if the server sent an ETag, or else starts over.
    Raises HttpFailure; the `.part` file is removed if all attempts fail.
    """
    part = part_path(into)
    call = _Call("GET", url, time_limit_seconds, {"headers": headers})
    resume = _Resume()
    try:
        _retried(call, attempts=attempts, action=lambda: _download_once(call, part, max_bytes, resume))
        return part.replace(into)
    finally:
        part.unlink(missing_ok=True)


def part_path(path: Path) -> Path:
    """Return the path of an unfinished download of `path`."""
    return path.with_name(path.name + ".part")


def _retried(call: _Call, *, attempts: int, action: Callable[[], Result]) -> Result:
    for attempt in range(1, attempts):
        try:
            return action()
        except HttpFailure as failure:
            wait = _wait_before_next(failure, attempt)
            if wait is None:
                raise
            log.info("http_call_retried", url=without_secrets(call.url), attempt=attempt, wait_seconds=round(wait, 2))
            time.sleep(wait)
    return action()


def _wait_before_next(failure: HttpFailure, attempt: int) -> float | None:
    """Return the seconds to wait before retrying a safe call, or None if that can't help or would take too long."""
    if failure.permanent or (failure.status is not None and failure.status < 400):
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= BACKOFF_MAX_SECONDS else None
    ceiling: float = min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2 ** (attempt - 1))
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


def _whole_response(call: _Call, *, max_bytes: int) -> ServiceResponse:
    def read(response: requests.Response, deadline: float) -> ServiceResponse:
        body = b"".join(body_chunks(response, deadline=deadline, max_bytes=max_bytes))
        return ServiceResponse(call.method, call.url, response.status_code, response.headers, body)

    return _exchange(call, read)


def _exchange(call: _Call, read: Callable[[requests.Response, float], Result]) -> Result:
    """Send the call once, pass a 2xx response to `read`, translate every failure, and write the log line."""
    started = time.monotonic()
    deadline = started + call.time_limit_seconds
    status: int | None = None
    outcome = "ok"
    try:
        with _session() as session, _open(session, call) as response:
            status = response.status_code
            if not response.ok or 300 <= status < 400:
                raise failure_of_status(response, method=call.method, deadline=deadline)
            return read(response, deadline)
    except HttpFailure as failure:
        outcome = failure.kind.value
        raise
    except NETWORK_ERRORS as error:
        lost = failure_of_exception(error, method=call.method, url=call.url)
        outcome = lost.kind.value
        # Not `from error`: its text and traceback would put the signed URL into the log.
        raise lost from None
    finally:
        log.info(
            "http_call",
            method=call.method,
            url=without_secrets(call.url),
            status=status,
            outcome=outcome,
            duration_ms=round((time.monotonic() - started) * 1000),
        )


def _session() -> requests.Session:
    # A new one per call: on a stale keep-alive connection, a POST that was never sent would look like one of unknown
    # outcome.
    session = requests.Session()
    session.auth = NoAuth()
    session.headers["User-Agent"] = USER_AGENT
    return session


def _open(session: requests.Session, call: _Call) -> requests.Response:
    return session.request(
        call.method,
        call.url,
        stream=True,
        allow_redirects=False,
        timeout=(min(CONNECT_SECONDS, call.time_limit_seconds), call.time_limit_seconds),
        **call.arguments,
    )


@dataclass
class _Resume:
    """The ETag of the file whose beginning is in the `.part` file."""

    etag: str = ""


def _download_once(call: _Call, part: Path, max_bytes: int, resume: _Resume) -> None:
    have = part.stat().st_size if resume.etag and part.exists() else 0
    headers = {**(call.arguments.get("headers") or {}), "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": resume.etag}

    def read(response: requests.Response, deadline: float) -> None:
        appending = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {have}-"
        )
        etag = response.headers.get("ETag", "")
        resume.etag = "" if etag.startswith("W/") else etag
        already = have if appending else 0
        if already + int(response.headers.get("Content-Length") or 0) > max_bytes:
            raise too_large(response, max_bytes)
        with part.open("ab" if appending else "wb") as stream:
            _copy(response, stream, deadline=deadline, max_bytes=max_bytes - already)

    _exchange(_Call(call.method, call.url, call.time_limit_seconds, {"headers": headers}), read)


def _copy(response: requests.Response, stream: BinaryIO, *, deadline: float, max_bytes: int) -> None:
    for chunk in body_chunks(response, deadline=deadline, max_bytes=max_bytes):
        stream.write(chunk)
