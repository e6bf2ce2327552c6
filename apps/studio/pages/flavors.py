"""Flavors: a gallery of them, and the YAML of each with, for staff, edits over the file and a preview of the result."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError
from apps.flavors.schema import CONFIG_TYPES
from apps.flavors.selectors import flavor_detail, flavor_preview, flavor_summaries, resolved_text
from apps.flavors.services import flavor_delete, flavor_save
from apps.gallery.pictures import flavor_picture

# A new flavor starts with this edit of its first config type.
NEW_TEXT = "# Only what differs from default.\n"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flavors(request: HttpRequest) -> HttpResponse:
    """List flavors; POST creates one."""
    by, name, error = acting_user(request), request.POST.get("name", "").strip(), ""
    summaries = flavor_summaries()
    if request.method == "POST":
        refuse_others(by)
        first = next(iter(CONFIG_TYPES))
        try:
            if name in {summary.name for summary in summaries}:
                raise InputError("A flavor with that name exists. Choose another name, or edit that flavor.")
            flavor_save(by=by, flavor=name, config_type=first, text=NEW_TEXT, expected_version=0)
        except (InputError, ConflictError) as refusal:
            error = refusal.message
        else:
            return redirect("studio:flavor-look", name)
    cards = [(one, flavor_picture(flavor=one.name) if one.usable else None) for one in summaries]
    context = {
        "flavors": cards,
        "may_edit": by.is_staff,
        "name": name,
        "error": error,
    }
    return render(request, "studio/flavors.html", context, status=400 if error else 200)


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def flavor(request: HttpRequest, flavor: str, config_type: str) -> HttpResponse:
    """Show one config type of a flavor. POST saves the edit, or with `preview` shows the result."""
    by = acting_user(request)
    detail = flavor_detail(flavor=flavor, config_type=config_type)
    text, error = kept_fields(request).get("text", detail.edit_text), ""
    values, version = detail.values, detail.version
    if request.method == "POST":
        refuse_others(by)
        text = request.POST.get("text", "").replace("\r\n", "\n")
        version = _version(request.POST.get("version", ""))
        try:
            if "preview" in request.POST:
                values = flavor_preview(flavor=flavor, config_type=config_type, text=text)
            else:
                flavor_save(by=by, flavor=flavor, config_type=config_type, text=text, expected_version=version)
                messages.success(request, "Saved. New work uses it within seconds.")
                return redirect("studio:flavor", flavor, config_type)
        except (InputError, ConflictError) as refusal:
            error = refusal.message
    context = {
        "detail": detail,
        "version": version,
        "previewed": values is not detail.values,
        "resolved": resolved_text(values),
        "text": text,
        "error": error,
        "config_types": list(CONFIG_TYPES),
        "may_edit": by.is_staff,
    }
    return render(request, "studio/flavor.html", context, status=400 if error else 200)


@login_required
@require_POST
def flavor_undo(request: HttpRequest, flavor: str, config_type: str) -> HttpResponse:
    """Remove the edit, so that the file applies again."""
    by = acting_user(request)
    refuse_others(by)
    flavor_delete(by=by, flavor=flavor, config_type=config_type)
    if flavor in {summary.name for summary in flavor_summaries()}:
        return redirect("studio:flavor", flavor, config_type)
    return redirect("studio:flavors")


def _version(text: str) -> int:
    """Return the version of the edit that the page showed; an invalid one matches no stored version."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def refuse_others(by: User) -> None:
    """Raise PermissionDenied unless they may edit flavors."""
    if not by.is_staff:
        raise PermissionDenied("Only staff may edit flavors.")
