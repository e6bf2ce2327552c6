"""Signs in the local owner of a single-user installation automatically.

The server only listens on loopback, so a direct request comes from this machine. Two attacks remain and are stopped
here: another site making the owner's browser send requests (cross-site requests are refused), and a host name or
tunnel that lets strangers reach the port (they stay anonymous).
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
# Proxies and tunnels set these, which means that the request came from somewhere else.
FORWARDING_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "CF-Connecting-IP")


class LocalOwnerMiddleware:
    """Sets `request.user` to the local owner if nobody is signed in. Does nothing without SINGLE_USER."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        # In process_view, so that a refusal gets an error response like any other.
        if not settings.SINGLE_USER or request.user.is_authenticated or not comes_from_this_machine(request):
            return None
        if request.method not in SAFE_METHODS:
            if is_cross_site(request):
                raise PermissionDenied("The request came from another site. Open mvsite in its own tab and try again.")
            # The origin was checked instead, so programs don't need a CSRF token.
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        request.user = local_owner_get()
        return None


def comes_from_this_machine(request: HttpRequest) -> bool:
    """Return whether the request was sent to a loopback name, from loopback, without a proxy."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    forwarded = any(header in request.headers for header in FORWARDING_HEADERS)
    # gunicorn on a Unix socket sets no address.
    remote = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    return _is_loopback(host) and _is_loopback(remote) and not forwarded


def is_cross_site(request: HttpRequest) -> bool:
    """Return whether a browser sent it from another origin. Other ports of this machine are other origins."""
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
