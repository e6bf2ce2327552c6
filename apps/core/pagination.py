"""Pagination of list routes: `?page=`, and `?page_size=` up to 200. Long lists also take `?cursor=`."""

import re
from collections.abc import Sequence
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import InputError
from apps.core.json import JsonObject

PAGE_SIZE = re.compile(r"0*[1-9][0-9]{0,8}")


def _page_size_check(request: Request) -> None:
    """Raise InputError for a `page_size` that is no number of rows; the library would take its own instead."""
    asked = request.query_params.get("page_size")
    if asked is not None and not PAGE_SIZE.fullmatch(asked):
        raise InputError("page_size must be a whole number of 1 or more.", errors={"page_size": ["not such a number"]})


class StandardPagination(PageNumberPagination):
    """Responds with `count`, `next`, `previous`, `results`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int | None:
        _page_size_check(request)
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view: Any) -> list[JsonObject]:
        described = super().get_schema_operation_parameters(view)
        for parameter in described:
            parameter["schema"]["minimum"] = 1
        return described


class _NewestFirst(CursorPagination):
    page_size = StandardPagination.page_size
    page_size_query_param = StandardPagination.page_size_query_param
    max_page_size = StandardPagination.max_page_size
    ordering = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int | None:
        _page_size_check(request)
        return super().get_page_size(request)


class PageOrCursorPagination(StandardPagination):
    """With `?cursor=` (empty at first, then as in `next`), nothing is counted and no page reads those before it, and
    rows that arrive meanwhile move nothing. The response then has no `count`."""

    _by_cursor: _NewestFirst | None = None

    def paginate_queryset(
        self, queryset: "QuerySet[Any] | Sequence[Any]", request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        if _NewestFirst.cursor_query_param not in request.query_params:
            return super().paginate_queryset(queryset, request, view)
        self._by_cursor = _NewestFirst()
        return self._by_cursor.paginate_queryset(cast("QuerySet[Any]", queryset), request, view)

    def get_paginated_response(self, data: Any) -> Response:
        if self._by_cursor is not None:
            return self._by_cursor.get_paginated_response(data)
        return super().get_paginated_response(data)

    def get_paginated_response_schema(self, schema: JsonObject) -> JsonObject:
        described = super().get_paginated_response_schema(schema)
        return {**described, "required": ["results"]}

    def get_schema_operation_parameters(self, view: Any) -> list[JsonObject]:
        cursor = {
            "name": _NewestFirst.cursor_query_param,
            "required": False,
            "in": "query",
            "description": "Where to go on, from `next`; empty for the newest. Faster than pages, without a count.",
            "schema": {"type": "string"},
        }
        return [*super().get_schema_operation_parameters(view), cursor]
