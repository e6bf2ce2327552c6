"""Flavors as pictures: the moving picture of each, and a flavor's common values as fields beside it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.acting import acting_user
from apps.core.errors import ConflictError, InputError, NotFound
from apps.core.htmx import is_htmx
from apps.core.json import JsonObject
from apps.flavors.fields import (
    FIELDS,
    GROUPS,
    FlavorField,
    Value,
    edit_versions,
    field_values,
    flavor_changed,
    flavor_edits_delete,
    flavor_values_save,
)
from apps.flavors.registry import flavor_names
from apps.flavors.schema import CONFIG_TYPES
from apps.flavors.selectors import flavor_summaries, resolved_text
from apps.gallery.pictures import (
    flavor_picture,
    flavor_picture_content,
    flavor_picture_request,
    recipe_picture,
    recipe_picture_request,
)
from apps.studio.forms import form_take_errors
from apps.studio.pages.flavors import refuse_others

TEXT_LENGTH = 2000
A_YEAR = 31_536_000


class LookForm(forms.Form):
    """A field for each of the flavor's common values."""

    def __init__(self, data: Any = None, *, flavor: str) -> None:
        super().__init__(data, initial=field_values(flavor))
        for name, field in FIELDS.items():
            self.fields[name] = _form_field(field)

    def rows(self) -> list[tuple[str, list[tuple[FlavorField, forms.BoundField]]]]:
        """Return the groups with their fields."""
        return [(title, [(field, self[field.name]) for field in group]) for title, group in GROUPS.items()]

    def values(self) -> dict[str, Value]:
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


def _form_field(field: FlavorField) -> forms.Field:
    if field.kind == "range":
        words = f"Type a number from {field.least:g} to {field.most:g}."
        errors = dict.fromkeys(("invalid", "min_value", "max_value", "required"), words)
        return forms.FloatField(min_value=field.least, max_value=field.most, error_messages=errors)
    if field.kind == "choice":
        sentence = f"Choose one of {', '.join(field.choices)}."
        errors = dict.fromkeys(("invalid_choice", "required"), sentence)
        choices = [(choice, choice.replace("_", " ").capitalize()) for choice in field.choices]
        return forms.ChoiceField(choices=choices, error_messages=errors)
    if field.kind == "switch":
        return forms.BooleanField(required=False)
    if field.kind == "color":
        return forms.RegexField(r"^#[0-9a-fA-F]{6}$", error_messages={"invalid": "Type a color, such as #1a2b3c."})
    return forms.CharField(
        required=False,
        max_length=TEXT_LENGTH,
        error_messages={"max_length": f"Shorten this to {TEXT_LENGTH:,} characters."},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def flavor_look(request: HttpRequest, flavor: str) -> HttpResponse:
    """Show a flavor's common values. POST saves them, removes the edits (`undo`), or shows what they do (`preview`)."""
    by = acting_user(request)
    if flavor not in flavor_names():
        raise NotFound(f"There is no valid flavor {flavor[:60]!r}.")
    if request.method != "POST":
        return _page(request, flavor, LookForm(flavor=flavor))
    refuse_others(by)
    if "undo" in request.POST:
        flavor_edits_delete(by=by, flavor=flavor)
        if flavor not in flavor_names():
            messages.success(request, f"The flavor {flavor} is gone: nothing but edits made it.")
            return redirect("studio:flavors")
        messages.success(request, "The edits are removed; the files' values apply again.")
        return redirect("studio:flavor-look", flavor)
    form = LookForm(request.POST, flavor=flavor)
    changed: dict[str, JsonObject] = {}
    if form.is_valid():
        try:
            if "preview" in request.POST:
                changed = flavor_changed(flavor=flavor, values=form.values())
            else:
                saved = flavor_values_save(by=by, flavor=flavor, values=form.values(), versions=_versions(request))
                messages.success(request, _saved_words(saved))
                return redirect("studio:flavor-look", flavor)
        except InputError as error:
            form_take_errors(form, error)
        except ConflictError as error:
            form.add_error(None, error.message)
    return _page(request, flavor, form, changed=changed)


def _page(
    request: HttpRequest, flavor: str, form: LookForm, *, changed: Mapping[str, JsonObject] | None = None
) -> HttpResponse:
    if changed:
        picture = flavor_picture_request(flavor=flavor, now=timezone.now(), changed=changed)
    else:
        picture = flavor_picture(flavor=flavor)
    summary = next(one for one in flavor_summaries() if one.name == flavor)
    versions = edit_versions(flavor)
    context = {
        "flavor": flavor,
        "form": form,
        "picture": picture,
        "unsaved": bool(changed),
        "changed": [(config_type, resolved_text(values)) for config_type, values in (changed or {}).items()],
        "versions": versions,
        "config_types": [(name, name in summary.own_types, name in versions) for name in CONFIG_TYPES],
        "may_edit": acting_user(request).is_staff,
    }
    if is_htmx(request):
        return render(request, "studio/flavor_preview.html", context)
    return render(request, "studio/flavor_look.html", context, status=400 if form.errors else 200)


def _versions(request: HttpRequest) -> dict[str, int]:
    """Return the versions of the edits that the page showed; what isn't a number matches no version."""
    sent = {name: request.POST.get(f"version_{name}", "0") for name in CONFIG_TYPES}
    return {
        name: int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1 for name, text in sent.items()
    }


def _saved_words(config_types: object) -> str:
    return "Saved. New work uses it within seconds." if config_types else "Nothing was changed."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest, flavor: str) -> HttpResponse:
    """Return the flavor's picture as far as it is drawn, or the one of `?recipe=`, which the page showed. POST has it
    drawn."""
    recipe, now, drawing = request.GET.get("recipe", ""), timezone.now(), request.method == "POST"
    if flavor not in flavor_names():
        raise NotFound(f"There is no valid flavor {flavor[:60]!r}.")
    # Nobody asked yet for the flavor's own picture; that of values being tried out was asked for with them.
    if not recipe or recipe == flavor_picture(flavor=flavor).recipe:
        shown = flavor_picture_request(flavor=flavor, now=now) if drawing else flavor_picture(flavor=flavor)
    else:
        shown = recipe_picture_request(recipe=recipe, now=now) if drawing else recipe_picture(recipe=recipe)
    return render(request, "studio/flavor_picture.html", {"flavor": flavor, "picture": shown})


@login_required
@require_safe
def picture_content(_: HttpRequest, recipe: str, what: str) -> HttpResponse:
    """Return the bytes of a still or of what moves. They never change under this address."""
    if what not in {"still", "moving"}:
        raise NotFound("There is no such picture.")
    content = flavor_picture_content(recipe=recipe, what="still" if what == "still" else "moving")
    response = HttpResponse(content, content_type="image/webp")
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return response
