"""Pagination of list routes: `?page=`, and `?page_size=` up to 200. Long lists also take `?cursor=`."""

from collections.abc import Sequence
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.json import JsonObject


class StandardPagination(PageNumberPagination):
    """Responds with `count`, `next`, `previous`, `results`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class _NewestFirst(CursorPagination):
    page_size = StandardPagination.page_size
    page_size_query_param = StandardPagination.page_size_query_param
    max_page_size = StandardPagination.max_page_size
    ordering = ("-created_at", "-id")


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
