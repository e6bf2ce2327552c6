"""Content negotiation for routes that return a file."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnyTypeNegotiation(DefaultContentNegotiation):
    """Accepts any type, since players send `Accept: video/*`. Only errors are rendered, as JSON."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - Django REST framework's signature
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type
