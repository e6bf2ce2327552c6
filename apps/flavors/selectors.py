"""Reads for the Flavors page, the admin and the API."""

from dataclasses import dataclass

import yaml

from apps.core.errors import InputError, NotFound
from apps.core.json import JsonObject
from apps.flavors.discovery import DEFAULT
from apps.flavors.files import FlavorProblem, parse_flavor_text, validate
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import layers_of, registry, stored_edits
from apps.flavors.schema import CONFIG_TYPES


@dataclass(frozen=True)
class FlavorSummary:
    """One flavor in a list. `own_types` are the config types it sets anything in; `problems` are messages."""

    name: str
    usable: bool
    own_types: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class FlavorDetail:
    """One config type of one flavor: the file's text, the edit that overrides it, and the resolved values.

    `version` is the edit's, or 0 if there is none; pass it back when saving."""

    flavor: str
    config_type: str
    file_text: str
    edit_text: str
    version: int
    values: JsonObject
    hash: str


def flavor_summaries() -> list[FlavorSummary]:
    """Return all flavors, including broken ones, `default` first."""
    snapshot = registry.snapshot()
    broken = sorted(name for name in snapshot.problems if name not in snapshot.names)
    return [
        FlavorSummary(
            name=name,
            usable=name in snapshot.names,
            own_types=tuple(config_type for config_type in CONFIG_TYPES if (name, config_type) in snapshot.own),
            problems=tuple(str(problem) for problem in snapshot.problems.get(name, ())),
        )
        for name in [*snapshot.names, *broken]
    ]


def flavor_detail(*, flavor: str, config_type: str) -> FlavorDetail:
    """Return the detail. Raises NotFound for a flavor or config type that does not exist."""
    snapshot = registry.snapshot()
    if config_type not in CONFIG_TYPES:
        raise NotFound(f"There is no config type {config_type!r}; the types are {', '.join(CONFIG_TYPES)}.")
    if flavor not in snapshot.names:
        # Another process may have created it a moment ago.
        registry.check_now()
        snapshot = registry.snapshot()
    if flavor not in snapshot.names:
        problems = "".join(f" It is skipped: {problem}" for problem in snapshot.problems.get(flavor, ())[:1])
        raise NotFound(f"There is no valid flavor {flavor[:60]!r}.{problems}")
    edit = FlavorEdit.objects.filter(flavor=flavor, config_type=config_type).first()
    file = registry.discovered.files.get(flavor, {}).get(config_type)
    resolved = snapshot.resolved[flavor, config_type]
    return FlavorDetail(
        flavor=flavor,
        config_type=config_type,
        file_text=file.text if file else "",
        edit_text=edit.text if edit else "",
        version=edit.version if edit else 0,
        values=dict(resolved.values),
        hash=resolved.hash,
    )


def flavor_preview(*, flavor: str, config_type: str, text: str) -> JsonObject:
    """Return the values with `text` as the edit. Raises InputError with line and reason.

    An edit of `default` affects every flavor, so each is checked on top of it."""
    if config_type not in CONFIG_TYPES:
        raise InputError(f"There is no config type {config_type!r}; the types are {', '.join(CONFIG_TYPES)}.")
    try:
        edit = parse_flavor_text(text, source=f"edit of {flavor}/{config_type}")
        edits = {**stored_edits()[0], (flavor, config_type): edit}
        values = validate(config_type, layers_of(flavor, config_type, registry.discovered, edits))
        if flavor == DEFAULT:
            for name in registry.snapshot().names:
                validate(config_type, layers_of(name, config_type, registry.discovered, edits))
    except FlavorProblem as problem:
        raise InputError(
            f"The edit was not saved. Line {problem.line}: {problem.reason}",
            code="invalid_flavor",
            errors={"text": [str(problem)]},
        ) from problem
    return values


def resolved_text(values: JsonObject) -> str:
    """Return resolved values as YAML, for display."""
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)
