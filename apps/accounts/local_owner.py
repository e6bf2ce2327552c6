"""The local owner of a single-user installation, signed in by itself.

The server listens on loopback only, so whoever reaches it directly sits at this machine. Two ways in remain and
are closed here: a web page elsewhere that makes the owner's browser send requests (cross-site requests are
refused), and a name or a tunnel that leads strangers to the port (they stay anonymous).
"""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.accounts.services import local_owner_get

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Set by every proxy and tunnel: the request began somewhere else.
FORWARDING_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "CF-Connecting-IP")


class LocalOwnerMiddleware:
    """Makes the local owner `request.user` where nobody signed in; does nothing without SINGLE_USER."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        # In process_view, so that a refusal becomes an error answer like any other.
        if not settings.SINGLE_USER or request.user.is_authenticated or not comes_from_this_machine(request):
            return None
        if request.method not in SAFE_METHODS:
            if is_cross_site(request):
                raise PermissionDenied("The request came from another site. Open mvsite in its own tab and try again.")
            # The origin was checked instead, so that programs need no CSRF token.
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        request.user = local_owner_get()
        return None


def comes_from_this_machine(request: HttpRequest) -> bool:
    """Whether the request was made to a loopback name, from loopback, through no proxy."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    forwarded = any(header in request.headers for header in FORWARDING_HEADERS)
    # gunicorn on a unix socket gives no address.
    remote = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    return _is_loopback(host) and _is_loopback(remote) and not forwarded


def is_cross_site(request: HttpRequest) -> bool:
    """Whether a browser sent it from another origin; other ports of this machine are other origins."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin != f"{request.scheme}://{request.get_host()}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
