"""Shows a response to htmx somewhere other than the target of the element that sent the request."""

from typing import TypeVar, cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

Response = TypeVar("Response", bound=HttpResponse)


class HtmxRequest(HttpRequest):
    """A request after HtmxMiddleware."""

    htmx: HtmxDetails


def is_htmx(request: HttpRequest) -> bool:
    return bool(cast(HtmxRequest, request).htmx)


def current_path(request: HttpRequest) -> str | None:
    """Return the path of the page that sent an htmx request; None if the browser doesn't say."""
    address = cast(HtmxRequest, request).htmx.current_url_abs_path
    return urlsplit(address).path if address else None


def in_dialogs(response: Response) -> Response:
    """Show the response in place of any open dialog."""
    return reswap(retarget(response, "#dialogs"), "innerHTML")


def in_toasts(response: Response) -> Response:
    """Show the response below the current messages, so that it is visible wherever the card on the page is."""
    return reswap(retarget(response, "#toasts"), "beforeend")
