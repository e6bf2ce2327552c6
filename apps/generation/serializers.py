"""Request bodies of the stand-alone API."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.core.strict import IdField, MoneyField, SecondsField, StrictSerializer
from apps.flavors.schema import CONFIG_TYPES
from apps.work.fields import FaceSerializer, ModelField
from apps.work.seeds import SEED_MAXIMUM
from engines.listening.pacing import PACES
from engines.listening.scene_slots import MAXIMUM_SCENES
from engines.media.formats import ASPECT_RATIOS

TEXT_LENGTH = 20_000
MAXIMUM_IMAGES = 8
# Longer than any model generates; the draft engine would need minutes for more.
LONGEST_CLIP_SECONDS = Decimal(120)
# The flavor's parameters that a call may override.
OVERRIDABLE = set(CONFIG_TYPES["parameters"].model_fields)


class CallSerializer(StrictSerializer):
    """The fields that every stand-alone call accepts."""

    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)
    confirm_cost = serializers.BooleanField(required=False)
    max_cost = MoneyField(required=False, allow_null=True)


class CreateScenesSerializer(CallSerializer):
    """`duration` is each scene's length without a song; with a song, cuts fall on its beats. A call can override the
    flavor's `parameters` in `overrides`, or next to the other fields."""

    idea = serializers.CharField(max_length=TEXT_LENGTH)
    character_description = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    number_of_scenes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAXIMUM_SCENES)
    pace = serializers.ChoiceField(PACES, required=False, allow_blank=True, help_text="empty: the flavor's")
    audio_id = IdField(required=False, allow_null=True)
    overrides = serializers.DictField(
        required=False, help_text="Overrides the flavor's `parameters` for this call, for instance duration_seconds"
    )
    duration = SecondsField(required=False, allow_null=True, min_value=Decimal("0.25"), max_value=LONGEST_CLIP_SECONDS)
    seed = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=SEED_MAXIMUM)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (direct := (set(data) & OVERRIDABLE) - set(self.fields)):
            inside = data.get("overrides") or {}
            if isinstance(inside, Mapping):
                rest = {name: value for name, value in data.items() if name not in direct}
                data = {**rest, "overrides": {**inside, **{name: data[name] for name in direct}}}
        return super().to_internal_value(data)


class CharacterReferenceSerializer(CallSerializer):
    character_description = serializers.CharField(max_length=TEXT_LENGTH)
    num_images = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAXIMUM_IMAGES)
    aspect_ratio = serializers.ChoiceField(ASPECT_RATIOS, required=False)
    seed = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=SEED_MAXIMUM)


class LipsyncSerializer(CallSerializer):
    """Ids win over links if both are given. The audio is cut to [start_time, end_time) first."""

    video_id = IdField(required=False, allow_null=True)
    video_url = serializers.URLField(required=False, allow_blank=True, max_length=4000)
    audio_id = IdField(required=False, allow_null=True)
    audio_url = serializers.URLField(required=False, allow_blank=True, max_length=4000)
    start_time = SecondsField(required=False, allow_null=True)
    end_time = SecondsField(required=False, allow_null=True)
    temperature = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1)
    active_speaker_detection = serializers.BooleanField(required=False, allow_null=True)
    occlusion_detection_enabled = serializers.BooleanField(required=False, allow_null=True)
    face = FaceSerializer(required=False, allow_null=True)


class GenerateVideoSerializer(CallSerializer):
    prompt = serializers.CharField(max_length=TEXT_LENGTH)
    negative_prompt = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=TEXT_LENGTH)
    character_reference_id = IdField(required=False, allow_null=True)
    image_id = IdField(required=False, allow_null=True, help_text="The clip's first frame")
    last_image_id = IdField(required=False, allow_null=True, help_text="Its last frame; needs a first one")
    duration = SecondsField(required=False, allow_null=True, min_value=Decimal("0.25"), max_value=LONGEST_CLIP_SECONDS)
    aspect_ratio = serializers.ChoiceField(ASPECT_RATIOS, required=False)
    seed = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=SEED_MAXIMUM)
