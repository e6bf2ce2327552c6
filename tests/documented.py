"""Every API response in any test must have a status that the schema documents for its route."""

from functools import cache
from typing import Any

from django.test.client import Client
from django.urls import Resolver404, resolve
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

URLS = "mvsite.urls"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# Of no route in particular: a method that a route does not have, and failures of ours, which no client can foresee.
OF_ALL = {405, 500}


@cache
def documented() -> dict[tuple[str, str], set[int]]:
    """Return the documented statuses by method and route, without the names of its parameters."""
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator(urlconf=URLS).get_schema(request=None, public=True)
    return {
        (method.upper(), _plain(path)): {int(status) for status in operation["responses"]}
        for path, route in schema["paths"].items()
        for method, operation in route.items()
    }


def _plain(path: str) -> str:
    parts = ["*" if part.startswith(("{", "<")) else part for part in path.strip("/").split("/")]
    return "/".join(parts)


def client_checked(monkeypatch: Any) -> None:
    """Make the test clients of Django and Django REST framework check every response."""
    send = Client.request

    def request(client: Client, **environment: Any) -> Any:
        response = send(client, **environment)
        path, method = environment["PATH_INFO"], environment["REQUEST_METHOD"]
        if path.startswith("/api/") and method in METHODS and response.status_code not in OF_ALL:
            check_documented(path, method, response.status_code)
        return response

    monkeypatch.setattr(Client, "request", request)


def check_documented(path: str, method: str, status: int) -> None:
    try:
        route = _plain(resolve(path, urlconf=URLS).route)
    except Resolver404:
        return
    statuses = documented().get((method, route))
    if statuses is not None and status not in statuses:
        raise AssertionError(f"{method} {path} answered {status}; the schema documents {sorted(statuses)} only.")
