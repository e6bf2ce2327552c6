"""Shared code of providers behind an HTTP API: sending, and what an error means for the job and the user.

A provider defines the service's address, how the key is sent and how errors are worded. The flags of the resulting
`ProviderError` are decided here, in one table, so that they are the same for all providers.
"""

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from apps.core import http
from apps.core.errors import InputError, MediaToolError, ProviderError
from apps.core.guarded_fetch import FetchRefused, fetch_url
from apps.core.http_failures import FailureKind, HttpFailure
from apps.core.multipart import Upload
from apps.credentials.store import stored_value
from apps.providers.base import RemoteProvider
from apps.providers.moderation import CONTENT_REFUSED, content_refused, refused_inputs
from apps.providers.variables import Number, Secret, Url, Variable, declared_variables
from engines.media.facts import MediaFacts
from engines.media.untrusted import probe_untrusted

# The engine repeats polls on its own schedule, so a single immediate retry is enough.
READ_ATTEMPTS = 2
# A person waits for the check of a key.
KEY_CHECK_SECONDS = 10.0
# Ten minutes of 4K at 25 Mbit/s.
RESULT_MAX_BYTES = 2 * 1024**3
# Failures to fetch a result that a new link may fix.
FRESH_LINK_HELPS = frozenset({"link_refused", "result_unusable"})
# Anything shorter isn't a secret but a placeholder for a local server ("ollama"), and may be an ordinary word.
SHORTEST_SECRET = 8
# The longest vendor text shown to a user.
WORDS_LIMIT = 400


@dataclass(frozen=True)
class VendorRefusal:
    """A service's error message. `code` is its own stable error code; `work_id` is the work that it says was created
    anyway. Both may be ""."""

    words: str = ""
    code: str = ""
    retry_after: float | None = None
    work_id: str = ""


class HttpProvider(RemoteProvider):
    """A service behind an HTTP API, with its address and key in the settings."""

    # Names of settings declared in the provider's `settings.py`; None if the service has no such thing.
    url_setting: ClassVar[str]
    key_setting: ClassVar[str | None]
    webhook_setting: ClassVar[str | None] = None
    submits_setting: ClassVar[str | None] = None

    def variables(self) -> tuple[Variable, ...]:
        """Return what its `settings.py` declares."""
        return declared_variables(self.name)

    def setting(self, name: str) -> str:
        """Return a text setting: the environment's, or else what was entered on the Connect page."""
        given = str(getattr(settings, name))
        variable = next(one for one in self.variables() if one.name == name)
        return (stored_value(name) if self.may_be_entered(variable) else "") or given

    def may_be_entered(self, variable: Variable) -> bool:
        """Whether a value from the Connect page counts: only one that the environment leaves unset. A key from the
        environment is never sent to an address that was typed in."""
        if isinstance(variable, Number) or not variable.label or from_environment(variable):
            return False
        return not isinstance(variable, Url) or not any(
            from_environment(one) for one in self.variables() if isinstance(one, Secret)
        )

    @property
    def base_url(self) -> str:
        return self.setting(self.url_setting).rstrip("/")

    @property
    def key(self) -> str:
        return self.setting(self.key_setting) if self.key_setting else ""

    @property
    def webhook_secret(self) -> str:
        return str(getattr(settings, self.webhook_setting)) if self.webhook_setting else ""

    @property
    def submits_per_minute(self) -> float | None:
        return float(getattr(settings, self.submits_setting)) if self.submits_setting else None

    def configured(self) -> bool:
        return not self.missing_configuration()

    def missing_configuration(self) -> str:
        names = [name for name in (self.url_setting, self.key_setting) if name and not self.setting(name)]
        return f"Set {' and '.join(names)} to use {self.title}." if names else ""

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """Return the headers with the key."""

    @abstractmethod
    def read_refusal(self, body: Any) -> VendorRefusal:
        """Return the service's message from an error body, which may be any JSON value."""

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        """Return the error for a failure with a special meaning at this service, or None to use the table below."""
        return None

    def read(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        time_limit_seconds: float = http.CALL_SECONDS,
    ) -> Any:
        """GET JSON. Raises ProviderError; a failed read says nothing about the work itself."""
        try:
            return http.get(
                f"{self.base_url}{path}",
                headers=self.headers(),
                params=params,
                attempts=READ_ATTEMPTS,
                time_limit_seconds=time_limit_seconds,
            ).json()
        except HttpFailure as failure:
            raise self.error_of(failure, paid=False) from failure

    def write(
        self, method: str, path: str, *, paid: bool = False, time_limit_seconds: float = http.CALL_SECONDS, **facts: Any
    ) -> Any:
        """Send once and return JSON (None for an empty body). `paid`: a lost response is an unknown outcome.

        Raises ProviderError. The other arguments are those of `http.send`.
        """
        headers = self.headers() | facts.pop("headers", {})
        try:
            response = http.send(
                method, f"{self.base_url}{path}", headers=headers, time_limit_seconds=time_limit_seconds, **facts
            )
            return response.json() if response.body.strip() else None
        except HttpFailure as failure:
            raise self.error_of(failure, paid=paid) from failure

    def error_of(self, failure: HttpFailure, *, paid: bool) -> ProviderError:
        """Convert a failure to our error, which says whether to retry and what the user should do."""
        refusal = self.read_refusal(failure.json())
        error = self.special_error(failure, refusal) or self._table(failure, refusal, paid=paid)
        error.raw = self.without_key(failure.raw)
        error.evidence = {**error.evidence, **failure.evidence, "status": failure.status, "vendor_code": refusal.code}
        if refusal.work_id:
            error.evidence["work_id"] = refusal.work_id
        return error

    def without_key(self, value: Any) -> Any:
        """Return the JSON value with our key masked, in case the service repeated it."""
        if len(self.key) < SHORTEST_SECRET:
            return value
        # As JSON text, since the key may be anywhere in the value; the key is escaped the same way.
        return json.loads(json.dumps(value, default=str).replace(json.dumps(self.key)[1:-1], "[key]"))

    def unclear(self, raw: Any, *, paid: bool) -> ProviderError:
        """Return the error for a success status whose body isn't what the service documents."""
        return ProviderError(
            f"{self.title} sent a response that mvsite doesn't understand.",
            outcome_unknown=paid,
            raw=self.without_key(raw),
            code="unclear_answer",
        )

    def _table(self, failure: HttpFailure, refusal: VendorRefusal, *, paid: bool) -> ProviderError:
        name, words = self.title, self.shown(refusal.words)
        said = f" It said: {words}" if words else ""
        match failure.kind:
            case FailureKind.NOT_SENT:
                return ProviderError(f"{name} could not be reached. Nothing was sent.", code="unreachable")
            case FailureKind.THROTTLED:
                wait = failure.retry_after or refusal.retry_after
                return ProviderError(
                    f"{name} is limiting requests at the moment.{said}", code="rate_limited", retry_after=wait
                )
            case FailureKind.REFUSED:
                return self._refused(failure.status, words, said)
        if paid:
            message = f"The response from {name} was lost, so it is unknown whether the request was accepted."
            return ProviderError(message, outcome_unknown=True, code="outcome_unknown")
        too_large = failure.kind is FailureKind.TOO_LARGE
        message = f"{name} is having trouble.{said}"
        return ProviderError(message, permanent=too_large, code="too_large" if too_large else "unavailable")

    def _refused(self, status: int | None, words: str, said: str) -> ProviderError:
        name = self.title
        if status in {400, 403, 422, 451} and content_refused(words):
            message = f"{name}'s content check refused this: {words} Change the prompt or the image, then try again."
            evidence = {"refused_inputs": ",".join(refused_inputs(words))}
            return ProviderError(message, permanent=True, code=CONTENT_REFUSED, evidence=evidence)
        advice = f"Check {self.key_setting}." if self.key_setting else "Check its access rules."
        message, code = {
            401: (f"{name} did not accept the key. {advice}{said}", "key_refused"),
            402: (f"The account at {name} has no credit left. Add credit there, then retry.{said}", "no_credit"),
            403: (f"{name} does not allow this with the key. {advice}{said}", "key_refused"),
            404: (f"{name} could not find what was requested.{said}", "unknown"),
        }.get(status or 0, (f"{name} refused the request: {words or f'status {status}, without a reason'}", "refused"))
        return ProviderError(message, permanent=True, code=code)

    def delivers_to(self, address: str) -> bool:
        """Whether the service calls webhooks there: only over https, unless it is itself a stand-in over plain http."""
        return address.startswith("https://") or self.base_url.startswith("http://")

    def shown(self, words: str) -> str:
        """Return a vendor's message for display: on one line, limited in length, without our key."""
        text = " ".join(words.split())
        text = text.replace(self.key, "[key]") if len(self.key) >= SHORTEST_SECRET else text
        return text if len(text) <= WORDS_LIMIT else f"{text[:WORDS_LIMIT]}…"


def from_environment(variable: Variable) -> bool:
    """Whether the environment sets it to something else than its default."""
    return bool(getattr(settings, variable.name) != variable.default)


def result_fetch(title: str, url: str, *, into: Path, kind: str) -> MediaFacts:
    """Download a result, a "video", an "image" or an "audio", to the file `into`, and return what it is.

    Raises ProviderError with a code: `download_failed` (fetch it again), `link_refused` or `result_unusable` (the link
    is dead, or the file isn't such a medium: get a new link), `result_refused` (the link leads to a forbidden address).
    """
    try:
        fetch_url(url, into=into, max_bytes=RESULT_MAX_BYTES)
    except FetchRefused as refused:
        private = refused.code == "private_address"
        reason = "its link leads to an address that is not public." if private else refused.message
        message = f"The result of {title} can't be fetched: {reason}"
        raise ProviderError(message, permanent=True, code="result_refused") from refused
    except HttpFailure as failure:
        code = "link_refused" if failure.kind is FailureKind.REFUSED else "download_failed"
        message = f"The download from {title} failed. Fetching it again costs nothing."
        raise ProviderError(message, code=code, raw={"status": failure.status}) from failure
    with into.open("rb") as stream:
        head = stream.read(256)
    if head.lstrip()[:1] in {b"<", b"{"}:
        # A web page from a proxy or bucket with status 200; no media file starts like this.
        into.unlink()
        message = f"{title} returned a web page instead of the result. Fetching it again costs nothing."
        raise ProviderError(message, code="link_refused", raw={"body": head.decode("utf-8", "replace")})
    return _playable(title, into, kind)


def _playable(title: str, path: Path, kind: str) -> MediaFacts:
    try:
        facts = probe_untrusted(path)
        found = str(facts.kind)
        if found == kind:
            return facts
    except (InputError, MediaToolError) as error:
        found = error.message
    path.unlink()
    message = f"{title} finished, but returned a file that isn't a playable {kind}."
    raise ProviderError(message, permanent=True, code="result_unusable", raw={"found": found})


def upload_part(path: Path, content_type: str) -> Upload:
    """Return a multipart part for one of our files, under a name that reveals only its type."""
    return Upload(path, f"input{path.suffix or extension_of(content_type)}", content_type)


EXTENSIONS = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
CONTENT_TYPES = {extension: content_type for content_type, extension in reversed(EXTENSIONS.items())}


def extension_of(content_type: str) -> str:
    """Return ".mp4" for "video/mp4", etc.; "" for a type that no provider accepts."""
    return EXTENSIONS.get(content_type.split(";", maxsplit=1)[0].strip().lower(), "")
