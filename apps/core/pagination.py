"""Pagination of list routes: `?page=`, and `?page_size=` up to 200."""

from rest_framework.pagination import PageNumberPagination


class StandardPagination(PageNumberPagination):
    """Responds with `count`, `next`, `previous`, `results`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
