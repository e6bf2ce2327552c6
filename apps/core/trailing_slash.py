"""Accepts addresses with an extra slash at the end."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.urls import is_valid_path

from apps.core.http_errors import is_api


class PermanentRedirect(HttpResponseRedirectBase):
    """308: unlike with 301, the browser sends a form again as a POST."""

    status_code = 308


class TrailingSlashMiddleware:
    """Treats `/api/jobs/` as `/api/jobs`, and redirects pages to the address without the slash.

    The API is not redirected, because many clients don't follow redirects or turn the POST into a GET.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        shorter = request.path_info.rstrip("/")
        if shorter in {"", request.path_info} or is_valid_path(request.path_info) or not is_valid_path(shorter):
            return self.get_response(request)
        if not is_api(request):
            query = request.META.get("QUERY_STRING", "")
            # Exactly one leading slash: `//host` would lead to another site.
            return PermanentRedirect("/" + shorter.lstrip("/") + (f"?{query}" if query else ""))
        request.path = request.path_info = shorter
        return self.get_response(request)
