"""Where an answer to htmx is shown, when that is not where the element that asked wants it."""

from typing import TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

Response = TypeVar("Response", bound=HttpResponse)


class HtmxRequest(HttpRequest):
    """What a request is after HtmxMiddleware."""

    htmx: HtmxDetails


def is_htmx(request: HttpRequest) -> bool:
    return bool(cast(HtmxRequest, request).htmx)


def in_dialogs(response: Response) -> Response:
    """In place of any dialog that is open."""
    return reswap(retarget(response, "#dialogs"), "innerHTML")


def in_toasts(response: Response) -> Response:
    """Below the messages that are there: it must be seen wherever the card that asked happens to be."""
    return reswap(retarget(response, "#toasts"), "beforeend")
