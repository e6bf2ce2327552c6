"""Fields of the requests that order work: the model, and who sings."""

import math
from typing import Any

from rest_framework import serializers

from apps.core.strict import StrictSerializer
from apps.providers.request_types import FacePoint


class ModelField(serializers.CharField):
    """The name of a provider's model; "" means the flavor's, and for clips "auto" the one whose lengths waste least."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": True, "max_length": 200, **options})


class FaceSerializer(StrictSerializer):
    """A point on the face that sings, if a clip shows several (`GET /api/assets/{id}/faces` lists them)."""

    time = serializers.FloatField(min_value=0, help_text="Seconds of the clip")
    x = serializers.FloatField(min_value=0, help_text="Pixels from the left of the upright picture")
    y = serializers.FloatField(min_value=0, help_text="Pixels from its top")

    def to_internal_value(self, data: Any) -> FacePoint:
        given = super().to_internal_value(data)
        if unfit := [name for name, value in given.items() if not math.isfinite(value)]:
            raise serializers.ValidationError(dict.fromkeys(unfit, "Give a finite number."))
        return FacePoint(**given)
