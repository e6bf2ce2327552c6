"""Compare a flavor's entry with the model's own input schema, as Replicate publishes it.

Source: `GET /models/{owner}/{name}`, `latest_version.openapi_schema.components.schemas.Input`; an enum is a schema of
its own that the field refers to (`allOf: [{"$ref": …}]`).
"""

import datetime
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from apps.providers.offers import Finding, FindingKind, ModelReport
from apps.providers.replicate.sections import ModelEntry

# After this long, a price should be looked up again.
PRICE_VALID_DAYS = 365


def gone(model: str, entry: ModelEntry) -> ModelReport:
    """Return the report for a model that Replicate no longer has."""
    instead = f" Use {entry.successor} instead." if entry.successor else " Choose another model."
    finding = Finding(FindingKind.GONE, f"Replicate no longer runs {model}.{instead}")
    return ModelReport(model, (finding,), entry.successor)


def report_of(model: str, entry: ModelEntry, answer: Mapping[str, Any], *, today: datetime.date) -> ModelReport:
    """Return what differs. Raises KeyError or TypeError if the response has no schema."""
    schemas = answer["latest_version"]["openapi_schema"]["components"]["schemas"]
    fields = {name: _resolved(field, schemas) for name, field in schemas["Input"]["properties"].items()}
    required = [str(name) for name in schemas["Input"].get("required", [])]
    findings = [
        *_missing_fields(entry, fields),
        *_newly_required(entry, required),
        *_refused_values(entry, fields),
        *_ageing(entry, today),
    ]
    return ModelReport(model, tuple(findings), entry.successor)


def _resolved(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the field's schema with the enum it refers to."""
    merged = dict(field)
    for part in (*field.get("allOf", ()), *([field] if "$ref" in field else ())):
        merged |= schemas.get(str(part.get("$ref", "")).rpartition("/")[2], {})
    return merged


def _sent_fields(entry: ModelEntry) -> dict[str, str]:
    """Return the model's fields that we send, each with ours that fills it (or "a fixed value")."""
    sent = {theirs: ours for ours, theirs in entry.inputs.items()} | dict.fromkeys(entry.fixed, "a fixed value")
    if entry.references:
        sent[f"{entry.references.input}[]"] = "references"
    if entry.reference_audios:
        sent[f"{entry.reference_audios.input}[]"] = "reference audios"
    return sent


def _missing_fields(entry: ModelEntry, fields: Mapping[str, Any]) -> Iterator[Finding]:
    for theirs, ours in _sent_fields(entry).items():
        name = theirs.removesuffix("[]")
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
            hint = f" It may now be {near[0]!r}." if near else ""
            text = f"The model has no field {name!r} any more, which is used for {ours.replace('_', ' ')}.{hint}"
            yield Finding(FindingKind.FIELD_MISSING, text, name)
            continue
        kind = str(fields[name].get("type", ""))
        if kind and (kind == "array") != theirs.endswith("[]") and name not in entry.fixed:
            wants = "a list" if kind == "array" else "a single value"
            yield Finding(FindingKind.VALUE_REFUSED, f"The field {name!r} now takes {wants}.", name)


def _newly_required(entry: ModelEntry, required: list[str]) -> Iterator[Finding]:
    always = {entry.inputs[ours].removesuffix("[]") for ours in entry.required if ours in entry.inputs}
    always |= {entry.inputs[ours] for ours in ("duration", "aspect_ratio", "seed") if ours in entry.inputs}
    for name in required:
        if name not in always and name not in entry.fixed:
            text = f"The model now requires the field {name!r}, which the flavor does not always send."
            yield Finding(FindingKind.FIELD_REQUIRED, text, name)


def _refused_values(entry: ModelEntry, fields: Mapping[str, Any]) -> Iterator[Finding]:
    values: list[tuple[str, Any]] = list(entry.fixed.items())
    if "duration" in entry.inputs:
        lengths: list[float | None] = [*entry.durations_seconds] or [entry.minimum_seconds, entry.maximum_seconds]
        values += [(entry.inputs["duration"], int(one)) for one in lengths if one is not None]
    if "aspect_ratio" in entry.inputs:
        values += [(entry.inputs["aspect_ratio"], one) for one in (entry.sizes.values() or entry.aspect_ratios)]
    for name, value in values:
        field = fields.get(name, {})
        offered = field.get("enum")
        if offered is not None and value not in offered:
            text = f"The field {name!r} no longer takes {value!r}; it takes {', '.join(map(str, offered))}."
            yield Finding(FindingKind.VALUE_REFUSED, text, name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            least, most = field.get("minimum"), field.get("maximum")
            if (least is not None and value < least) or (most is not None and value > most):
                text = f"The field {name!r} no longer takes {value}; it takes {least} to {most}."
                yield Finding(FindingKind.VALUE_REFUSED, text, name)


def _ageing(entry: ModelEntry, today: datetime.date) -> Iterator[Finding]:
    if entry.retires is not None:
        when = "announced its end for" if entry.retires > today else "announced its end, which was on"
        instead = f" Use {entry.successor} instead." if entry.successor else ""
        yield Finding(FindingKind.RETIRING, f"The vendor has {when} {entry.retires:%Y-%m-%d}.{instead}")
    if (today - entry.price.dated).days > PRICE_VALID_DAYS:
        text = f"The price is from {entry.price.dated:%Y-%m-%d}. Look it up again."
        yield Finding(FindingKind.PRICE_OLD, text)
