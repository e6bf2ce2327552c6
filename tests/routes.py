"""Who may use which route: one row for each route of the URL conf, in `tests/<app>/routes.py`.

A module there holds `ROWS: dict[str, Row]`, by the route as the URL conf writes it. `tests/core/test_routes.py`
asks each row's route as nobody, as another user, as the owner and as staff, and fails for a route without a row.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

import tests

# Django's admin guards itself; its pages are not listed one by one.
FOREIGN_PREFIXES = ("admin/",)


@dataclass(frozen=True)
class Row:
    """The status each kind of person gets.

    `arguments` makes the route's arguments, with objects that belong to the user it is given. `data` is the body
    of a POST, PATCH or PUT, sent as JSON (`as_form` for pages). Choose calls that end in the view at once: an
    empty body that is 400 for the owner shows the permission as well as a full one does.
    """

    anonymous: int
    other: int
    owner: int
    staff: int
    method: str = "get"
    arguments: Callable[[Any], dict[str, Any]] = field(default=lambda _owner: {})
    data: Any = None
    as_form: bool = False


def private_page(**changes: Any) -> Row:
    """A user's own page: anonymous users go to the sign-in, everyone else sees their own."""
    return Row(**{"anonymous": 302, "other": 200, "owner": 200, "staff": 200, **changes})


def private_api(**changes: Any) -> Row:
    """A user's own list or action."""
    return Row(**{"anonymous": 401, "other": 200, "owner": 200, "staff": 200, **changes})


def owned_api(arguments: Callable[[Any], dict[str, Any]], **changes: Any) -> Row:
    """Something that belongs to one owner: 404 for everyone else, including staff."""
    return Row(**{"anonymous": 401, "other": 404, "owner": 200, "staff": 404, "arguments": arguments, **changes})


def owned_page(arguments: Callable[[Any], dict[str, Any]], **changes: Any) -> Row:
    """The same as a page."""
    return owned_api(arguments, **{"anonymous": 302, **changes})


def all_rows() -> dict[str, list[Row]]:
    """Return the rows of every app by route. A route with several methods may have a list of rows."""
    found: dict[str, list[Row]] = {}
    for module in pkgutil.iter_modules(tests.__path__):
        if module.ispkg and _has_routes(module.name):
            rows = importlib.import_module(f"tests.{module.name}.routes").ROWS
            for route, row in rows.items():
                found.setdefault(route, []).extend(row if isinstance(row, list) else [row])
    return found


def all_routes() -> Iterator[str]:
    """Yield each route as written in the URL conf, except the admin's."""
    for route in _routes(get_resolver().url_patterns, ""):
        if not route.startswith(FOREIGN_PREFIXES):
            yield route


def route_path(route: str, arguments: dict[str, Any]) -> str:
    """Return a route's path with its `<type:name>` parts filled in. Raises KeyError for a missing argument."""
    parts = []
    for part in route.split("/"):
        if part.startswith("<"):
            name = part.strip("<>").split(":")[-1]
            parts.append(str(arguments[name]))
        else:
            parts.append(part)
    return "/" + "/".join(parts)


def _routes(patterns: list[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern)


def _has_routes(package: str) -> bool:
    return importlib.util.find_spec(f"tests.{package}.routes") is not None
