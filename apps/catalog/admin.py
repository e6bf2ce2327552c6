from django.contrib import admin
from django.http import HttpRequest

from apps.catalog.models import ModelCheck


@admin.register(ModelCheck)
class ModelCheckAdmin(admin.ModelAdmin[ModelCheck]):
    list_display = ("provider", "capability", "model", "result", "successor", "checked_at")
    list_filter = ("result", "provider", "capability")
    search_fields = ("model",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ModelCheck | None = None) -> bool:
        return False
