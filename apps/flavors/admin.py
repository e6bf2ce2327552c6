from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from apps.accounts.acting import acting_user
from apps.core.errors import StudioError
from apps.flavors.models import FlavorEdit
from apps.flavors.selectors import flavor_preview, flavor_summaries, resolved_text
from apps.flavors.services import flavor_delete, flavor_save


class FlavorEditForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm is not generic at run time
    class Meta:
        model = FlavorEdit
        fields = ["flavor", "config_type", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 30, "cols": 110, "spellcheck": "false"})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # On a change the first two are read-only, so they come from the row.
        flavor = cleaned.get("flavor", self.instance.flavor)
        config_type = cleaned.get("config_type", self.instance.config_type)
        if flavor and config_type and "text" in cleaned:
            try:
                flavor_preview(flavor=flavor, config_type=config_type, text=cleaned["text"])
            except StudioError as error:
                raise forms.ValidationError({"text": error.message}) from error
        return cleaned


@admin.register(FlavorEdit)
class FlavorEditAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = FlavorEditForm
    list_display = ["flavor", "config_type", "version", "edited_by", "edited_at"]
    list_filter = ["flavor", "config_type"]
    readonly_fields = ["version", "edited_by", "edited_at", "resolved_values"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list with warnings about skipped flavors above it, since a broken file has no row."""
        for summary in flavor_summaries():
            for problem in summary.problems:
                messages.warning(request, f"{summary.name} was skipped: {problem}")
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: FlavorEdit | None = None) -> list[str]:
        # Moving an edit to another flavor or type is a delete and a save; staff do these themselves.
        return [*self.readonly_fields, *(["flavor", "config_type"] if obj else [])]

    @admin.display(description="Resolved values")
    def resolved_values(self, edit: FlavorEdit) -> str:
        if not edit.pk:
            return "Available after the first save."
        try:
            values = flavor_preview(flavor=edit.flavor, config_type=edit.config_type, text=edit.text)
        except StudioError as error:
            return f"This edit is skipped. {error.message}"
        return format_html("<pre>{}</pre>", resolved_text(values))

    def save_model(self, request: HttpRequest, obj: FlavorEdit, form: Any, change: bool) -> None:
        saved = flavor_save(by=acting_user(request), flavor=obj.flavor, config_type=obj.config_type, text=obj.text)
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: FlavorEdit) -> None:
        flavor_delete(by=acting_user(request), flavor=obj.flavor, config_type=obj.config_type)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[FlavorEdit]) -> None:
        for edit in queryset:
            self.delete_model(request, edit)
