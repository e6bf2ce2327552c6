"""What stands before the studio: whose word on the client's address and on https is taken, and the way to https."""

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
    """Puts the client's own address into REMOTE_ADDR where a named proxy tells it.

    X-Forwarded-Proto of anybody else is dropped, so that `request.is_secure()` (SECURE_PROXY_SSL_HEADER) cannot be
    talked into anything.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # gunicorn on a unix socket gives no address: then the proxy is on this machine.
        peer = _address(request.META.get("REMOTE_ADDR") or "127.0.0.1")
        if peer is not None and _is_trusted(peer):
            request.META["REMOTE_ADDR"] = str(_client(peer, request.META.get(FORWARDED_FOR, "")))
        elif request.META.pop(FORWARDED_PROTO, "") == "https":
            request.META["mvsite.unnamed_proxy"] = str(peer)
        return self.get_response(request)


class HttpsMiddleware:
    """Leads plain http to PUBLIC_URL where that is https; whoever sits at this machine may stay on loopback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._redirect(request) or self.get_response(request)

    def _redirect(self, request: HttpRequest) -> HttpResponseBase | None:
        if not settings.HTTPS_ONLY or request.is_secure() or comes_from_this_machine(request):
            return None
        if proxy := request.META.get("mvsite.unnamed_proxy"):
            # It did come by https: a redirect would lead back here for ever.
            log.error("proxy_not_named", address=proxy)
            raise BadRequest(
                f"This request came through a proxy that the studio does not know. If {proxy} is yours, add it to "
                "MV_TRUSTED_PROXIES."
            )
        parts = urlsplit(settings.PUBLIC_URL)
        response = HttpResponseRedirect(f"https://{parts.netloc}{request.get_full_path()}")
        # Permanent; 308 keeps a POST a POST.
        response.status_code = 301 if request.method in {"GET", "HEAD"} else 308
        return response


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _client(peer: IPv4Address | IPv6Address, forwarded_for: str) -> IPv4Address | IPv6Address:
    """The last address that a named proxy saw and that is no named proxy itself: what stands before it in the header,
    the client may have written."""
    for word in reversed(forwarded_for.split(",")):
        if not _is_trusted(peer):
            break
        found = _address(word)
        if found is None:
            break
        peer = found
    return peer


def _address(word: str) -> IPv4Address | IPv6Address | None:
    """Some proxies add the port: 203.0.113.9:4711, [2001:db8::1]:4711."""
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
