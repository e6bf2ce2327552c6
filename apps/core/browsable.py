"""The browsable API: a route's response, and a field for typing a request body."""

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer


class BrowsableRenderer(BrowsableAPIRenderer):
    """Leaves out the generated forms, which would show the fields of the response instead of those of the request."""

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        # DELETE and OPTIONS are plain buttons, so they stay.
        return super().get_rendered_html_form(data, view, method, request) if method in {"DELETE", "OPTIONS"} else None
