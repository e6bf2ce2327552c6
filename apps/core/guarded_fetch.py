"""Fetches URLs from users or providers, and only from the public internet.

The address is checked while connecting, so neither a redirect nor a name that resolves differently between check and
use can reach a private service. A library that sends its own requests gets a `guarded_session`.
"""

import contextlib
import ipaddress
import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import requests
import structlog
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter

from apps.core.errors import InputError
from apps.core.http import CONNECT_SECONDS, USER_AGENT, NoAuth, part_path
from apps.core.http_failures import (
    NETWORK_ERRORS,
    HttpFailure,
    body_chunks,
    failure_of_exception,
    failure_of_status,
    without_secrets,
)

log = structlog.get_logger(__name__)

MAX_REDIRECTS = 5
# A single read may wait this long; the whole fetch has the caller's limit.
READ_SECONDS = 30.0
FETCH_SECONDS = 600.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# In addition to what `is_global` refuses: ranges that are missing from Python 3.11's table, or that look public but
# lead to the cloud provider's own hosts.
REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host agent
        "192.0.0.0/24",  # protocol assignments, Oracle's metadata service among them
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b:1::/48",  # NAT64 with local prefixes
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local, deprecated
    )
)
# URL parsers disagree about these: some drop control characters, and for some a backslash ends the host. What one
# parser takes for the host must not be part of the path for another.
AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\]")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class FetchRefused(InputError):
    """The URL may not be fetched because of its form, address, size or content type."""

    default_code = "url_refused"


def fetch_url(
    url: str,
    *,
    into: Path,
    max_bytes: int,
    time_limit_seconds: float = FETCH_SECONDS,
    allowed_content: Sequence[str] | None = None,
) -> Path:
    """Stream `url` to the file `into`, which appears only once it is complete. See `fetch_named`."""
    fetch_named(
        url,
        into=into,
        max_bytes=max_bytes,
        time_limit_seconds=time_limit_seconds,
        allowed_content=allowed_content,
    )
    return into


def fetch_named(
    url: str,
    *,
    into: Path,
    max_bytes: int,
    time_limit_seconds: float = FETCH_SECONDS,
    allowed_content: Sequence[str] | None = None,
) -> str:
    """Stream `url` to the file `into`, which appears only once it is complete, and return the name that the server
    gives it in Content-Disposition, or "".

    `allowed_content` lists prefixes of the Content-Type ("audio/"). Raises FetchRefused (an InputError) if the URL may
    not be fetched, HttpFailure if the fetch fails.
    """
    deadline = time.monotonic() + time_limit_seconds
    part = part_path(into)
    try:
        with guarded_session() as session:
            headers = _follow(
                session, url, part=part, deadline=deadline, max_bytes=max_bytes, allowed_content=allowed_content
            )
        part.replace(into)
        return attachment_name(headers.get("Content-Disposition", ""))
    except ValueError as error:  # the library or our code can't parse the link or a Location
        raise FetchRefused("The link, or its redirect, isn't a valid web address. Use the final address.") from error
    except NETWORK_ERRORS as error:
        if refusal := refusal_within(error):
            raise refusal from None
        # Not `from error`: its text would put the signed URL into the log.
        raise failure_of_exception(error, method="GET", url=url) from None
    finally:
        part.unlink(missing_ok=True)


_EXTENDED_NAME = re.compile(r"filename\*\s*=\s*\"?([\w-]+)'[^']*'([^;\"\s]+)", re.IGNORECASE)


def attachment_name(header: str) -> str:
    """Return the file's name in a Content-Disposition header, without folders, or "".

    Source: RFC 6266: `filename*` (RFC 5987) counts before `filename`, in which some servers send plain UTF-8; HTTP
    libraries read it as Latin-1."""
    name = ""
    if extended := _EXTENDED_NAME.search(header):
        with contextlib.suppress(LookupError):
            name = unquote(extended[2], encoding=extended[1])
    if not name:
        message = Message()
        message["Content-Disposition"] = re.sub(r"[\x00-\x1f\x7f]", " ", header)
        name = message.get_filename("") or ""
        with contextlib.suppress(UnicodeError):
            name = name.encode("latin-1").decode("utf-8")
    return name.replace("\\", "/").rpartition("/")[2].strip('" ')


def web_address_check(url: str) -> None:
    """Raise FetchRefused unless the URL is a plain http or https address. Checks only its form."""
    if AMBIGUOUS.search(url):
        raise FetchRefused("The link contains a character that isn't allowed. Copy it again from the browser.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchRefused("The link isn't a valid web address. Copy it again from the browser.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in parts.netloc:
        raise FetchRefused("Only links that start with http:// or https:// can be fetched.")
    if parts.username is not None or parts.password is not None or port == 0:
        raise FetchRefused("The link must not contain a user name, a password or port 0.")


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet, including an IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
    if any(address in network for network in REFUSED_NETWORKS if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class AddressRefused(OSError):
    """The name has no public address. An OSError, so that urllib3 treats it as a failed connection."""


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address inside a mapped, 6to4, NAT64 or IPv4-compatible address."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in NAT64 or address in IPV4_COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _follow(
    session: requests.Session,
    url: str,
    *,
    part: Path,
    deadline: float,
    max_bytes: int,
    allowed_content: Sequence[str] | None,
) -> Mapping[str, str]:
    """Fetch `url` into `part` through at most MAX_REDIRECTS redirects, each checked like the first URL. Returns the
    headers of the last response."""
    for _ in range(MAX_REDIRECTS + 1):
        web_address_check(url)
        remaining = max(0.1, deadline - time.monotonic())
        timeout = (min(CONNECT_SECONDS, remaining), min(READ_SECONDS, remaining))
        with session.get(url, stream=True, allow_redirects=False, timeout=timeout) as response:
            log.info("guarded_fetch", url=without_secrets(url), status=response.status_code)
            if response.is_redirect:
                url = urljoin(url, response.headers["Location"])
                continue
            if not response.ok or response.status_code >= 300:
                raise failure_of_status(response, method="GET", deadline=deadline)
            _check_response(response, max_bytes=max_bytes, allowed_content=allowed_content)
            _save(response, part=part, deadline=deadline, max_bytes=max_bytes)
            return response.headers
    raise FetchRefused(f"The link redirects more than {MAX_REDIRECTS} times. Use the final address.")


def _check_response(response: requests.Response, *, max_bytes: int, allowed_content: Sequence[str] | None) -> None:
    content_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if allowed_content is not None and not content_type.startswith(tuple(allowed_content)):
        raise FetchRefused(
            f"The link leads to {content_type or 'an unknown type of content'}, not to {' or '.join(allowed_content)}.",
            code="wrong_content",
        )
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _save(response: requests.Response, *, part: Path, deadline: float, max_bytes: int) -> None:
    try:
        with part.open("wb") as stream:
            for chunk in body_chunks(response, deadline=deadline, max_bytes=max_bytes):
                stream.write(chunk)
    except HttpFailure as failure:
        raise _too_large(max_bytes) from failure


def _too_large(max_bytes: int) -> FetchRefused:
    return FetchRefused(f"The file is larger than the allowed {max_bytes // 1024 // 1024} MB.", code="too_large")


def refusal_within(error: BaseException) -> FetchRefused | None:
    """Return the refusal that urllib3 wrapped in a connection error, or None if there is none."""
    seen: set[int] = set()
    pending: list[Any] = [error]
    while pending:
        inner = pending.pop()
        if not isinstance(inner, BaseException) or id(inner) in seen:
            continue
        seen.add(id(inner))
        if isinstance(inner, AddressRefused):
            return FetchRefused(
                f"{inner} isn't on the public internet. Use a public link, or upload the file.", code="private_address"
            )
        pending += [inner.__cause__, inner.__context__, getattr(inner, "reason", None), *inner.args]
    return None


def _allowed_addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    """Return the host's allowed addresses as (family, socket address). Raises AddressRefused if there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    exempt = _host_and_port(host, port) in {allowed.lower() for allowed in settings.ALLOWED_FETCH_HOSTS}
    addresses: list[tuple[socket.AddressFamily, Any]] = [
        (family, socket_address)
        for family, _, _, _, socket_address in found
        if exempt or is_public(ipaddress.ip_address(str(socket_address[0])))
    ]
    if not addresses:
        raise AddressRefused(host)
    return addresses


def _host_and_port(host: str, port: int) -> str:
    host = host.strip("[]").lower()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connect(host: str, port: int, timeout: Any) -> socket.socket:
    """Connect to the first allowed address that accepts. Raises OSError."""
    failure: OSError = OSError("no address")
    for family, socket_address in _allowed_addresses(host, port):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            if isinstance(timeout, (int, float)):
                connection.settimeout(timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect(socket_address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


class _CheckedConnection:
    """Overrides how urllib3 opens its socket. TLS still verifies the certificate for the name."""

    host: str
    port: int
    timeout: Any

    def _new_conn(self) -> socket.socket:
        try:
            connection = _connect(self.host, self.port, self.timeout)
        except socket.gaierror as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        sys.audit("http.client.connect", self, self.host, self.port)
        return connection


class _CheckedHTTPConnection(_CheckedConnection, urllib3.connection.HTTPConnection):
    pass


class _CheckedHTTPSConnection(_CheckedConnection, urllib3.connection.HTTPSConnection):
    pass


class _CheckedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


class _CheckedAdapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _CheckedHTTPPool, "https": _CheckedHTTPSPool}


def guarded_session() -> requests.Session:
    """Return a session for libraries that send their own requests. It connects only to allowed addresses, directly."""
    session = requests.Session()
    session.trust_env = False  # a proxy from the environment would connect for us, unchecked
    session.auth = NoAuth()
    headers: Mapping[str, str] = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    session.headers.update(headers)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _CheckedAdapter())
    return session
