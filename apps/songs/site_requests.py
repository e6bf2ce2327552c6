"""Send all of yt-dlp's requests through the guarded fetcher's connections.

A page, the API calls behind it, the media, their redirects and each fragment of a stream may lead anywhere, whatever
the link's own host. So our handler replaces all of yt-dlp's, and ffmpeg and other programs that would open URLs
themselves are never started.
"""

import io
from collections.abc import Iterable
from typing import Any

import requests
import yt_dlp
from yt_dlp.networking import Request, RequestDirector, RequestHandler, Response
from yt_dlp.networking.exceptions import CertificateVerifyError, HTTPError, RequestError, SSLError, TransportError

from apps.core.guarded_fetch import guarded_session, refusal_within
from apps.core.http import CONNECT_SECONDS
from apps.core.http_failures import NETWORK_ERRORS


class GuardedRH(RequestHandler):  # type: ignore[misc]  # yt-dlp wants the suffix, and has no types
    """Sends http and https over connections whose address is checked when they are made, bypassing any proxy."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    # None: proxies are ignored. One from a page or the environment would make unchecked connections for us.
    _SUPPORTED_PROXY_SCHEMES = None
    _SUPPORTED_FEATURES = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._session = guarded_session()
        # yt-dlp sets its own headers, like a browser's.
        self._session.headers.clear()

    def close(self) -> None:
        self._session.close()

    def _check_extensions(self, extensions: dict[str, Any]) -> None:
        super()._check_extensions(extensions)
        for name in ("cookiejar", "timeout", "legacy_ssl", "keep_header_casing"):
            extensions.pop(name, None)

    def _prepare_headers(self, request: Request, headers: Any) -> None:  # noqa: ARG002 - the interface's signature
        headers.setdefault("Accept-Encoding", "gzip, deflate")

    def _send(self, request: Request) -> Response:
        self._session.cookies = self._get_cookiejar(request)
        looped, limit = False, self._calculate_timeout(request)
        try:
            reply = self._session.request(
                request.method,
                request.url,
                data=request.data,
                headers=self._get_headers(request),
                timeout=(min(CONNECT_SECONDS, limit), limit),
                stream=True,
            )
        except requests.TooManyRedirects as error:
            if error.response is None:
                raise RequestError(cause=error) from error
            reply, looped = error.response, True
        except (*NETWORK_ERRORS, ValueError) as error:
            raise _yt_dlp_error(error) from error
        reply.raw.decode_content = True
        response = Response(_Body(reply), reply.url, reply.headers, reply.status_code, reply.reason)
        if not 200 <= response.status < 300:
            raise HTTPError(response, redirect_loop=looped)
        return response


class GuardedDownloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """yt-dlp with a single way to the network."""

    def build_request_director(self, handlers: Iterable[Any], preferences: Any = None) -> RequestDirector:  # noqa: ARG002
        return super().build_request_director([GuardedRH])

    def urlopen(self, req: Any) -> Response:
        # Operators update yt-dlp themselves. If a new version gets its handlers elsewhere, nothing is sent at all.
        if [type(handler) for handler in self._request_director.handlers.values()] != [GuardedRH]:
            raise RequestError("This version of yt-dlp sends requests in a way that mvsite can't check.")
        return super().urlopen(req)


class _Body(io.RawIOBase):
    """The decompressed body. urllib3's own `read()` after a `read(n)` may return too little."""

    def __init__(self, reply: requests.Response) -> None:
        self._reply = reply

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size >= 0:
            return self._reply.raw.read(size)
        return b"".join(iter(lambda: self._reply.raw.read(1 << 20), b""))

    def close(self) -> None:
        self._reply.close()
        super().close()


def _yt_dlp_error(error: Exception) -> RequestError:
    """Convert a failure to yt-dlp's errors. yt-dlp retries a TransportError, so a refused address must not be one."""
    if isinstance(error, requests.exceptions.SSLError):
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return CertificateVerifyError(cause=error) if untrusted else SSLError(cause=error)
    # In requests, a bad URL or missing scheme is also a ValueError; other failures may be temporary.
    if isinstance(error, ValueError) or refusal_within(error):
        return RequestError(cause=error)
    return TransportError(cause=error)
