"""The operator's view of storage: what is stored where, stuck uploads and why, and the nightly checks."""

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.assets.models import Asset, MediaFolder, StorageCheck, StorageTotal
from apps.assets.upkeep.background import storage_work_dispatch


class ReadOnlyAdmin(admin.ModelAdmin[Model]):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "owner", "size_bytes", "stored_in", "upload_pending", "upload_error", "created_at"]
    list_filter = ["upload_pending", "stored_in", "kind", "created_at"]
    search_fields = ["id", "key", "original_name", "sha256"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    actions = ["upload_now"]

    @admin.action(description="Retry the pending uploads now", permissions=["view"])
    def upload_now(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        count = queryset.filter(upload_pending=True).update(next_upload_at=timezone.now())
        storage_work_dispatch(now=timezone.now())
        self.message_user(request, f"Retrying {count} uploads.", messages.SUCCESS)


@admin.register(StorageCheck)
class StorageCheckAdmin(ReadOnlyAdmin):
    list_display = ["place", "started_at", "finished_at", "files_checked", "problems"]
    list_filter = ["place", "started_at"]


@admin.register(MediaFolder)
class MediaFolderAdmin(ReadOnlyAdmin):
    list_display = ["id", "host", "seen_at"]


@admin.register(StorageTotal)
class StorageTotalAdmin(ReadOnlyAdmin):
    list_display = ["name", "files", "size_bytes"]
