"""The common values of a flavor as fields: where each is in the YAML, what it may be, and how it is called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.entry_text import entry_set
from apps.flavors.files import merge
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import registry
from apps.flavors.selectors import flavor_preview
from apps.flavors.services import flavor_delete, flavor_save
from apps.flavors.yaml_text import KeyPath, flavor_yaml
from apps.providers.registry import built_in_provider

Value = str | float | bool
Place = tuple[str, KeyPath]

DRAWN_BY = ("providers", built_in_provider().name)
LOOK = (*DRAWN_BY, "look")
# A picture and a clip without one are drawn alike.
PICTURED = ("image_params", "video_params")


@dataclass(frozen=True)
class FlavorField:
    """One value. It is the same at all its `places`; the first one is read. `choices` are the texts to choose from."""

    name: str
    label: str
    places: Sequence[Place]
    kind: Literal["range", "choice", "switch", "text", "color"]
    hint: str = ""
    least: float = 0.0
    most: float = 1.0
    step: float = 0.05
    choices: Sequence[str] = ()


def _look(name: str, label: str, kind: Literal["range", "choice", "switch", "color"], **more: Any) -> FlavorField:
    return FlavorField(name, label, tuple((config_type, (*LOOK, name)) for config_type in PICTURED), kind, **more)


def _clip(name: str, label: str, most: float, step: float, hint: str) -> FlavorField:
    place = ("video_params", (*DRAWN_BY, name))
    return FlavorField(name, label, (place,), "range", hint, most=most, step=step)


GROUPS: Mapping[str, Sequence[FlavorField]] = {
    "Picture": (
        _look("saturation", "Color", "range", most=2.0, hint="0 is black and white, 1 is natural."),
        _look("contrast", "Contrast", "range", least=0.5, most=1.6),
        _look("grain", "Grain", "range"),
        _look("vignette", "Dark corners", "range"),
        _look("bars", "Letterbox bars", "range", most=0.2, step=0.01, hint="In frames wider than tall."),
        _look("ink", "Ink lines", "range"),
        _look("texture", "Surface", "choice", choices=("smooth", "paper", "film")),
        _look("lens", "Lens", "choice", choices=("normal", "anamorphic", "deep")),
        _look("outline", "Pen outline around people", "switch"),
        _look("blacks", "Black becomes", "color"),
        _look("whites", "White becomes", "color"),
    ),
    "Movement": (
        _clip("move_strength", "Camera moves", 3.0, 0.1, "1 moves by a tenth of the frame."),
        _clip("handheld", "Hand-held shake", 12.0, 0.5, "In pixels at 720p."),
        _clip("light_response", "Light follows the song", 1.0, 0.05, ""),
        _clip("parallax", "Depth", 2.0, 0.1, "How much near things move against far ones."),
    ),
    "Rhythm": (
        FlavorField(
            "pace", "Pace", (("parameters", ("pace",)),), "choice", "A project may choose another one.",
            choices=("calm", "normal", "fast"),
        ),
        FlavorField(
            "performance_share", "Singing in choruses", (("scene_prompts", ("grammar", "performance_share")),), "range",
            "The share of scenes over singing in which the character sings.",
        ),
        FlavorField(
            "transition", "Between scenes", (("compose_params", ("transition",)),), "choice",
            choices=("none", "crossfade", "dip_to_black", "dip_to_white", "flash"),
        ),
        FlavorField(
            "fade_out_seconds", "Fade out at the end", (("compose_params", ("fade_out_seconds",)),), "range",
            "In seconds.", most=10.0, step=0.1,
        ),
    ),
    "Words": (
        FlavorField(
            "style", "Ends every prompt", (("scene_prompts", ("grammar", "style")),), "text",
            "Paid models get these words too.",
        ),
        FlavorField("prompt_suffix", "Ends every clip's prompt", (("video_params", ("prompt_suffix",)),), "text"),
        FlavorField(
            "negative_description", "Never in a picture", (("scene_prompts", ("negative_description",)),), "text",
        ),
    ),
}  # fmt: skip
FIELDS = {field.name: field for group in GROUPS.values() for field in group}


def field_values(flavor: str) -> dict[str, Value]:
    """Return the flavor's present values by field name."""
    resolved = registry.snapshot().resolved
    return {name: _found(resolved[flavor, field.places[0][0]].values, field) for name, field in FIELDS.items()}


def flavor_changed(*, flavor: str, values: Mapping[str, Value]) -> dict[str, JsonObject]:
    """Return the resolved values of each config type that these values change, as they would be.

    Raises InputError, with the field's name in `errors` where the reason is one field's."""
    return {config_type: _previewed(flavor, config_type, text) for config_type, text in _edited(flavor, values).items()}


def flavor_values_save(
    *, by: User, flavor: str, values: Mapping[str, Value], versions: Mapping[str, int]
) -> Sequence[str]:
    """Save what differs from the present values as the flavor's edits, and return the config types that were changed.

    `versions` are the edits' versions that the person saw. All are saved or none. Raises InputError, ConflictError."""
    edited = _edited(flavor, values)
    with transaction.atomic():
        for config_type, text in edited.items():
            _previewed(flavor, config_type, text)
            version = versions.get(config_type, 0)
            flavor_save(by=by, flavor=flavor, config_type=config_type, text=text, expected_version=version)
    return list(edited)


def flavor_edits_delete(*, by: User, flavor: str) -> None:
    """Delete all edits of the flavor, so that its files apply again; without files it is gone."""
    with transaction.atomic():
        for config_type in FlavorEdit.objects.filter(flavor=flavor).values_list("config_type", flat=True):
            flavor_delete(by=by, flavor=flavor, config_type=config_type)


def edit_versions(flavor: str) -> dict[str, int]:
    """Return the version of each of the flavor's edits by config type."""
    return dict(FlavorEdit.objects.filter(flavor=flavor).values_list("config_type", "version"))


def _edited(flavor: str, values: Mapping[str, Value]) -> dict[str, str]:
    """Return the new text of each edit that these values change."""
    before = field_values(flavor)
    changes: dict[str, dict[KeyPath, Value]] = {}
    for name, value in values.items():
        if value != before[name]:
            for config_type, path in FIELDS[name].places:
                changes.setdefault(config_type, {})[path] = value
    stored = dict(FlavorEdit.objects.filter(flavor=flavor).values_list("config_type", "text"))
    return {config_type: _with(stored.get(config_type, ""), found) for config_type, found in changes.items()}


def _with(text: str, changes: Mapping[KeyPath, Value]) -> str:
    """Return the edit's text with the values. Its comments stay where the text can be edited line by line."""
    for path, value in changes.items():
        text = _with_value(text, path, value)
    return text


def _with_value(text: str, path: KeyPath, value: Value) -> str:
    *parents, key = path
    values, lines = flavor_yaml(text)
    wanted: JsonObject = {str(key): value}
    for parent in reversed(parents):
        wanted = {str(parent): wanted}
    if path[:1] not in lines:
        added = f"{text.rstrip()}\n{_yaml(wanted)}".lstrip("\n")
        if _reads_as(added, merge(values, wanted)):
            return added
    elif parents and isinstance(value, str | float) and not isinstance(value, bool):
        entry = {str(key): value}
        if edited := entry_set(text, tuple(parents), entry):  # type: ignore[arg-type]  # any plain value
            return edited
    return _yaml(merge(values, wanted))


def _reads_as(text: str, values: JsonObject) -> bool:
    return flavor_yaml(text)[0] == values


def _yaml(values: JsonObject) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)


def _previewed(flavor: str, config_type: str, text: str) -> JsonObject:
    try:
        return flavor_preview(flavor=flavor, config_type=config_type, text=text)
    except InputError as error:
        for field in FIELDS.values():
            for place, path in field.places:
                if place == config_type and f"{'.'.join(str(part) for part in path)}:" in error.message:
                    reason = error.message.rpartition(": ")[2]
                    raise InputError(error.message, code=error.code, errors={field.name: [reason]}) from error
        raise


def _found(values: Mapping[str, Any], field: FlavorField) -> Value:
    found: Any = values
    for key in field.places[0][1]:
        found = found[key]
    value: Value = found
    return value
