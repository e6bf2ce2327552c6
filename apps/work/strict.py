"""Request bodies that refuse what they do not know: a misspelt field would otherwise change nothing in silence."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from apps.core.errors import NotFound

# Of unknown fields; whoever sends more has another mistake.
NAMED_FIELDS = 10


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown fields are named in a 400. What a form does not send is not said, as in JSON."""

    # Clients fill in a null for an optional field that they leave out. In a change it would be a wish, and is refused.
    null_is_unsaid: ClassVar[bool] = True

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.BooleanField):
                # The library takes a box that a form leaves out for one that was unticked.
                field.default_empty_html = empty
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:100] for name in data if str(name) not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                named = {name: [f"Unknown field. The fields are: {known}."] for name in unknown[:NAMED_FIELDS]}
                more = len(unknown) - NAMED_FIELDS
                rest = {"non_field_errors": [f"{more:,} more fields are unknown."]} if more > 0 else {}
                raise serializers.ValidationError(named | rest)
            if self.null_is_unsaid:
                data = self._said(data)
        return super().to_internal_value(data)

    def _said(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        silent = {name for name, field in self.fields.items() if not field.required and not field.allow_null}
        unsaid = {name for name in silent & set(data) if data[name] is None}
        # A form's own mapping is left as it is: the library reads files and lists by its methods.
        return {name: value for name, value in data.items() if name not in unsaid} if unsaid else data


class IdField(serializers.UUIDField):
    """Names an object. Text that is no UUID names none: 404, as an unknown one; an empty one is not said."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return super().validate_empty_values(None if data == "" and self.allow_null else data)

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(data, str) and data:
                raise NotFound(f"{self.field_name or 'The list'}: there is nothing with that id.") from error
            raise


@extend_schema_field(OpenApiTypes.DOUBLE)
class SecondsField(serializers.DecimalField):
    """Exact seconds, to the microsecond; a JSON number in answers, as clients compute with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 6, "min_value": Decimal(0), **options})

    def to_internal_value(self, data: Any) -> Decimal:
        # A binary float such as 8.333333333333334 has more digits than anybody means.
        if isinstance(data, float):
            data = round(data, 6)
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return None if value is None else float(value)


class MoneyField(serializers.DecimalField):
    """US dollars."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 4, "min_value": Decimal(0), **options})
