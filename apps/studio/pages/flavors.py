"""Flavors: what each look says, and for staff the edit over the file."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.core.errors import ConflictError, InputError
from apps.flavors.schema import CONFIG_TYPES
from apps.flavors.selectors import flavor_detail, flavor_summaries, resolved_text
from apps.flavors.services import flavor_save
from apps.studio.cards import owner_of


@login_required
@require_safe
def flavors(request: HttpRequest) -> HttpResponse:
    context = {"flavors": flavor_summaries(), "config_types": list(CONFIG_TYPES)}
    return render(request, "studio/flavors.html", context)


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def flavor(request: HttpRequest, flavor: str, config_type: str) -> HttpResponse:
    by = owner_of(request)
    detail = flavor_detail(flavor=flavor, config_type=config_type)
    text, error = kept_fields(request).get("text", detail.edit_text), ""
    if request.method == "POST":
        if not by.is_staff:
            raise PermissionDenied("Only staff may edit flavors.")
        text = request.POST.get("text", "").replace("\r\n", "\n")
        try:
            version = int(request.POST.get("version") or 0)
            flavor_save(by=by, flavor=flavor, config_type=config_type, text=text, expected_version=version)
        except (InputError, ConflictError) as refusal:
            error = refusal.message
        else:
            return redirect("studio:flavor", flavor, config_type)
    context = {
        "detail": detail,
        "resolved": resolved_text(detail.values),
        "text": text,
        "error": error,
        "config_types": list(CONFIG_TYPES),
        "flavors": [summary for summary in flavor_summaries() if summary.usable],
        "may_edit": by.is_staff,
    }
    return render(request, "studio/flavor.html", context, status=400 if error else 200)
