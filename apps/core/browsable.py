"""The API in a browser: what a route answers, and a field to write its body into."""

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer


class BrowsableRenderer(BrowsableAPIRenderer):
    """Without the ready-made forms: a body is seldom what the route answers, which is all that they know."""

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        # DELETE and OPTIONS are plain buttons, which stay.
        return super().get_rendered_html_form(data, view, method, request) if method in {"DELETE", "OPTIONS"} else None
