"""One slash too many at the end of an address does no harm."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.urls import is_valid_path

from apps.core.http_errors import is_api


class PermanentRedirect(HttpResponseRedirectBase):
    """308: unlike after 301, a form is sent again as it was."""

    status_code = 308


class TrailingSlashMiddleware:
    """Takes `/api/jobs/` for `/api/jobs`; pages are led to their one address.

    The API is not redirected: many clients do not follow one, or turn the POST into a GET.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        shorter = request.path_info.rstrip("/")
        if shorter in {"", request.path_info} or is_valid_path(request.path_info) or not is_valid_path(shorter):
            return self.get_response(request)
        if not is_api(request):
            query = request.META.get("QUERY_STRING", "")
            # One slash in front: `//host` would lead to another site.
            return PermanentRedirect("/" + shorter.lstrip("/") + (f"?{query}" if query else ""))
        request.path = request.path_info = shorter
        return self.get_response(request)
