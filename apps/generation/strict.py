"""Request bodies that refuse what they do not know: a misspelt field would otherwise change nothing in silence."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown fields are named in a 400. What a form does not send is not said, as in JSON."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.BooleanField):
                # The library takes a box that a form leaves out for one that was unticked.
                field.default_empty_html = empty
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError(
                    {name[:100]: [f"Unknown field. The fields are: {known}."] for name in unknown}
                )
        return super().to_internal_value(data)


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
