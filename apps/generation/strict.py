"""Request bodies that refuse what they do not know: a misspelt field would otherwise change nothing in silence."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown fields are named in a 400."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError(
                    {name[:100]: [f"Unknown field. The fields are: {known}."] for name in unknown}
                )
        return super().to_internal_value(data)


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
