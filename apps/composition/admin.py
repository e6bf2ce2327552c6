"""Composed videos for operators, read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.composition.models import Composition


@admin.register(Composition)
class CompositionAdmin(admin.ModelAdmin[Composition]):
    list_display = ("id", "project", "output", "sentence", "created_at")
    list_filter = ("created_at",)
    search_fields = ("id", "project__title")
    list_select_related = ("project", "output")

    @admin.display(description="proof")
    def sentence(self, composition: Composition) -> str:
        return str(composition.proof.get("sentence", ""))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
