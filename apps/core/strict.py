"""Serializers and fields for request bodies. Unknown fields are refused, since a typo would otherwise go unnoticed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import wraps
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import append_meta
from drf_spectacular.utils import Direction, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import NotFound

View = Callable[..., Response]
NO_ID = "Nothing has that id."
# A round number below the limit of `parsers`.
LARGEST_NUMBER = 9 * 10**18
# How many unknown fields an error lists by name.
NAMED_FIELDS = 10


class StrictSerializer(serializers.Serializer[Any]):
    """Responds with 400 to unknown fields, naming them. A field missing from a form counts as omitted, as in JSON."""

    # Some clients send null for an optional field they mean to omit. In a PATCH, null asks for a change and is refused.
    null_means_omitted: ClassVar[bool] = True

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.BooleanField):
                # By default, the library treats a checkbox missing from a form as unticked.
                field.default_empty_html = empty
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:100] for name in data if str(name) not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                told = f"The fields are: {known}." if known else "This call takes no fields."
                named = {name: [f"Unknown field. {told}"] for name in unknown[:NAMED_FIELDS]}
                more = len(unknown) - NAMED_FIELDS
                rest = {"non_field_errors": [f"{more:,} more fields are unknown."]} if more > 0 else {}
                raise serializers.ValidationError(named | rest)
            if self.null_means_omitted:
                data = self._without_nulls(data)
        return super().to_internal_value(data)

    def _without_nulls(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        optional = {name for name, field in self.fields.items() if not field.required and not field.allow_null}
        omitted = {name for name in optional & set(data) if data[name] is None}
        # Keep a form's own mapping where possible: the library uses its methods to read files and lists.
        return {name: value for name, value in data.items() if name not in omitted} if omitted else data


class NoFieldsSerializer(StrictSerializer):
    """The body of a call that takes none; someone who sends fields means another call."""


NO_FIELDS = {"application/json": NoFieldsSerializer}


def takes_no_fields(view: View) -> View:
    """Decorate a handler so that it refuses fields, with 400. This adds the body to the schema of a method; a function
    under `api_view` has to name NO_FIELDS itself."""

    @wraps(view)
    def checked(*arguments: Any, **named: Any) -> Response:
        request = next(argument for argument in arguments if isinstance(argument, Request))
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        return view(*arguments, **named)

    described: View = extend_schema(request=NO_FIELDS)(checked)
    return described


class StrictSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library's base has no types
    """Says in the OpenAPI schema what `StrictSerializer` refuses, and where null counts as omitted."""

    target_class = "apps.core.strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        if direction == "request" and schema.get("type") == "object":
            schema["additionalProperties"] = False
            for field in schema.get("properties", {}).values():
                _limit_numbers(field)
            # In a PATCH the library calls every field optional; these serializers name those that are.
            if required := sorted(name for name, one in self.target.fields.items() if one.required):
                schema["required"] = required
            if self.target.null_means_omitted:
                self._allow_nulls(schema)
        return schema

    def _allow_nulls(self, schema: dict[str, Any]) -> None:
        required = set(schema.get("required", ()))
        for name, field in schema.get("properties", {}).items():
            if name not in required and not field.get("readOnly"):
                schema["properties"][name] = append_meta(field, {"nullable": True})


def _limit_numbers(field: dict[str, Any]) -> None:
    """Say how large numbers may be where nothing smaller is said: `parsers` refuses larger ones."""
    if field.get("type") in {"integer", "number"}:
        field.setdefault("maximum", LARGEST_NUMBER)
        field.setdefault("minimum", -LARGEST_NUMBER)
    for part in (field.get("items"), field.get("additionalProperties"), *field.get("oneOf", ())):
        if isinstance(part, dict):
            _limit_numbers(part)


class IdField(serializers.UUIDField):
    """An object's id. Text that isn't a UUID gives 404, like an unknown id; an empty value counts as omitted."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return super().validate_empty_values(None if data == "" and self.allow_null else data)

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(data, str) and data:
                # An id in a list has no name of its own.
                name = self.field_name or getattr(self.parent, "field_name", "") or "id"
                raise NotFound(f"{name}: nothing has the id “{data[:50]}”.", errors={name: [NO_ID]}) from error
            raise


# Together six digits before the point and six after it.
@extend_schema_field({"type": "number", "format": "double", "minimum": 0, "maximum": 999_999})
class SecondsField(serializers.DecimalField):
    """Exact seconds, to the microsecond. Responses have a JSON number, so that clients can calculate with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 6, "min_value": Decimal(0), **options})

    def to_internal_value(self, data: Any) -> Decimal:
        # A binary float such as 8.333333333333334 has more digits than anyone means, in a query string as well.
        if isinstance(data, float | str):
            with suppress(ArithmeticError):
                data = round(Decimal(data), 6)
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return None if value is None else float(value)


# The library's own pattern would also allow a sign, or no digit at all.
@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^\d{1,8}(?:\.\d{1,4})?$"})
class MoneyField(serializers.DecimalField):
    """US dollars."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 4, "min_value": Decimal(0), **options})
