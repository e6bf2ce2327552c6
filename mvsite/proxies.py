"""Proxies in front of the studio: which are trusted about the client's address and https, and redirects to https."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from apps.accounts.local_owner import comes_from_this_machine

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
FORWARDED_PROTO = "HTTP_X_FORWARDED_PROTO"


class TrustedProxyMiddleware:
    """Sets REMOTE_ADDR to the client's own address, as reported by a trusted proxy.

    X-Forwarded-Proto from anyone else is dropped, so that nobody can fake `request.is_secure()`
    (SECURE_PROXY_SSL_HEADER).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # gunicorn on a Unix socket sets no address, which means that the proxy is on this machine.
        peer = _address(request.META.get("REMOTE_ADDR") or "127.0.0.1")
        if peer is not None and _is_trusted(peer):
            request.META["REMOTE_ADDR"] = str(_client(peer, request.META.get(FORWARDED_FOR, "")))
        elif request.META.pop(FORWARDED_PROTO, "") == "https":
            request.META["mvsite.untrusted_proxy"] = str(peer)
        return self.get_response(request)


class HttpsMiddleware:
    """Redirects plain http to PUBLIC_URL if that is https. Requests from this machine may stay on loopback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._redirect(request) or self.get_response(request)

    def _redirect(self, request: HttpRequest) -> HttpResponseBase | None:
        if not settings.HTTPS_ONLY or request.is_secure() or comes_from_this_machine(request):
            return None
        if proxy := request.META.get("mvsite.untrusted_proxy"):
            # The request did come over https, so a redirect would lead back here forever.
            log.error("proxy_not_trusted", address=proxy)
            raise BadRequest(
                f"This request came through a proxy that isn't trusted. If {proxy} is yours, add it to "
                "MV_TRUSTED_PROXIES."
            )
        parts = urlsplit(settings.PUBLIC_URL)
        response = HttpResponseRedirect(f"https://{parts.netloc}{request.get_full_path()}")
        # Permanent redirects; 308 repeats a POST as a POST.
        response.status_code = 301 if request.method in {"GET", "HEAD"} else 308
        return response


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _client(peer: IPv4Address | IPv6Address, forwarded_for: str) -> IPv4Address | IPv6Address:
    """Return the last address reported by a trusted proxy that isn't a trusted proxy itself.

    Anything before it in the header may have been written by the client.
    """
    for word in reversed(forwarded_for.split(",")):
        if not _is_trusted(peer):
            break
        found = _address(word)
        if found is None:
            break
        peer = found
    return peer


def _address(word: str) -> IPv4Address | IPv6Address | None:
    """Parse an address. Some proxies add the port: 203.0.113.9:4711, [2001:db8::1]:4711."""
    word = word.strip()
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        found = ip_address(word)
    except ValueError:
        return None
    # A server that listens on IPv6 sees IPv4 clients as ::ffff:203.0.113.9.
    return getattr(found, "ipv4_mapped", None) or found
