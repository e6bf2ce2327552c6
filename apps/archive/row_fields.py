"""Check one line of a project's row file: a row of an allowed model with exactly that model's fields and types."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.serializers.base import DeserializedObject
from django.db import models
from django.db.models import AutoField, Field

from apps.archive.rows import FORCED, OWNER_MARK, PROJECT_MODELS, field_names
from apps.core.errors import InputError

# Our rows are not a tenth as deep; Python's own limit is 1,000.
DEPTH_LIMIT = 40
# The range that both JSON numbers and the database support.
INTEGER_LIMIT = 2**63
# Times outside these years can be stored but not read back.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# The JSON type of each kind of field, most specific first.
JSON_TYPES: tuple[tuple[type[Field[Any, Any]], tuple[type, ...]], ...] = (
    (models.BooleanField, (bool,)),
    (models.IntegerField, (int,)),
    (models.FloatField, (int, float)),
)


class RowRefused(Exception):
    """Why a line is not a valid row. `str()` completes the sentence "Row 7 …"."""


def row_parse(line: bytes) -> dict[str, Any]:
    """Return the line's JSON. Raises RowRefused if it holds anything that can't be stored."""
    try:
        data = json.loads(line, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise RowRefused(f"is not JSON: {error}") from error
    if not isinstance(data, dict) or not {"model", "fields"} <= data.keys() <= {"model", "fields", "pk"}:
        raise RowRefused("is not a row with model, pk and fields")
    if not isinstance(data["fields"], dict):
        raise RowRefused("has fields without names")
    for value in values_in(data):
        _storable(value)
    return data


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def values_in(data: object) -> Iterator[object]:
    """Yield every value in parsed JSON, including object keys. Raises RowRefused for one nested too deep."""
    waiting: list[tuple[object, int]] = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH_LIMIT:
            raise RowRefused(f"is nested more than {DEPTH_LIMIT} levels deep")
        yield value
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]


def _storable(value: object) -> None:
    if isinstance(value, str) and ("\0" in value or not _is_text(value)):
        raise RowRefused("contains characters that can't be stored")
    if isinstance(value, int | float) and not abs(value) < INTEGER_LIMIT:
        raise RowRefused("contains a number that is too large")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def row_of_project(data: Mapping[str, Any], *, owner_id: int) -> DeserializedObject:
    """Return the unsaved row, owned by `owner_id`. Raises RowRefused unless it is a whole row of a project model."""
    label = data["model"]
    model = PROJECT_MODELS.get(label) if isinstance(label, str) else None
    if model is None:
        raise RowRefused(f"is of {str(label)[:80]!r}, which does not belong in a project's archive")
    fields = {**data["fields"], **FORCED.get(label, {})}
    if fields.keys() != field_names(model):
        strange = sorted(fields.keys() ^ field_names(model))[0]
        raise RowRefused(f"({label}) does not have its model's fields: {strange[:80]!r}")
    numbered = isinstance(model._meta.pk, AutoField)
    if numbered == ("pk" in data):
        raise RowRefused(f"({label}) {'sets its own row number' if numbered else 'has no id'}")
    for field in model._meta.concrete_fields:
        if field.primary_key:
            _value_check(field, data.get("pk"), optional=numbered)
        elif field.name in fields:
            fields[field.name] = _owned(field, fields[field.name], owner_id)
            _value_check(field, fields[field.name], optional=field.null)
    return _row({**data, "fields": fields})


def _row(data: dict[str, Any]) -> DeserializedObject:
    try:
        (row,) = serializers.deserialize("python", [data])
    except serializers.base.DeserializationError as error:
        raise RowRefused(f"({data['model']}) can't be read: {error}") from error
    return row


def _owned(field: Field[Any, Any], value: object, owner_id: int) -> object:
    """Return the owner of a row: always the importing user. A row that names another owner was changed by hand."""
    if field.related_model is not get_user_model() or value is None:
        return value
    if value != OWNER_MARK:
        raise RowRefused(f"names an owner in {field.name!r}, which only the import may set")
    return owner_id


def _value_check(field: Field[Any, Any], value: object, *, optional: bool) -> None:
    if value is None:
        if not optional:
            raise RowRefused(f"has no value in {field.name!r}")
        return
    plain = field.target_field if field.is_relation else field  # type: ignore[attr-defined]  # of a foreign key
    if not _has_type(plain, value):
        raise RowRefused(f"has {_kind(value)} in {field.name!r}, which needs something else")
    try:
        stored = plain.to_python(value)
        plain.run_validators(stored)
    except (ValidationError, ValueError, ArithmeticError) as error:
        raise RowRefused(f"has an invalid value in {field.name!r}{_reason(error)}") from error
    known = {choice for choice, _ in field.flatchoices} if field.choices else None
    if known is not None and stored not in known and not (stored == "" and field.blank):
        raise RowRefused(f"has {str(value)[:80]!r} in {field.name!r}, which is not one of the choices")
    if isinstance(stored, datetime) and not (stored.tzinfo and EARLIEST <= stored <= LATEST):
        raise RowRefused(f"has a time in {field.name!r} without a time zone or outside this century")


def _kind(value: object) -> str:
    """Return what the JSON value is."""
    kinds: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "an object")


def _reason(error: Exception) -> str:
    """Return Django's reason as the end of a sentence; Python's own errors say nothing to a person."""
    if not isinstance(error, ValidationError):
        return ""
    # It counts the characters of a value that is too long: "… (it has 100000)."
    text = re.sub(r" \(it has \d+\)", "", error.messages[0]).rstrip(".")
    return f": {text[:1].lower()}{text[1:200]}"


def _has_type(field: Field[Any, Any], value: object) -> bool:
    if isinstance(field, models.JSONField):
        # A list where the pages expect an object, or the other way round, would fail long after the import.
        return isinstance(value, list if field.default is list else dict)
    kinds = next((kinds for of, kinds in JSON_TYPES if isinstance(field, of)), (str,))
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def refused(name: str, number: int, reason: RowRefused) -> InputError:
    return InputError(f"{name} was changed or damaged: row {number} {reason}. Nothing was imported.")
