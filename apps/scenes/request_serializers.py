"""What requests about scenes and clips may hold."""

from typing import Any

from rest_framework import serializers

from apps.assets.uploading.resumable_api import UploadField
from apps.core.strict import IdField, MoneyField, SecondsField, StrictSerializer
from apps.generation.serializers import TEXT_LENGTH
from apps.projects.cast.services import MOST_SUBJECTS
from apps.scenes.arrangement import MINIMUM_SECONDS
from apps.scenes.making import MAXIMUM_TAKES
from apps.scenes.models import Entry
from apps.scenes.takes import REASON_LENGTH
from apps.work.fields import ModelField
from apps.work.seeds import SEED_MAXIMUM
from engines.listening.scene_slots import MAXIMUM_SCENES


class SceneModelsSerializer(StrictSerializer):
    """One of `GET /api/mv/models` by capability, for this scene; "" goes back to the project's."""

    image = ModelField(required=False)
    video = ModelField(required=False)
    lipsync = ModelField(required=False)


class SceneProvidersSerializer(StrictSerializer):
    """A provider by capability, for this scene; "" goes back to the project's."""

    image = serializers.CharField(required=False, allow_blank=True, max_length=32)
    video = serializers.CharField(required=False, allow_blank=True, max_length=32)
    lipsync = serializers.CharField(required=False, allow_blank=True, max_length=32)


class SceneWriteSerializer(StrictSerializer):
    """`sequence` is where a new scene is inserted (by default at the end). With `snap` false cuts don't snap to beats.
    Without a `duration` a scene lasts as long as its clip, or half its neighbor if the scenes fill the song."""

    sequence = serializers.IntegerField(required=False, min_value=1, max_value=MAXIMUM_SCENES + 1)
    prompt = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    negative_prompt = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    duration = SecondsField(required=False, allow_null=True, min_value=MINIMUM_SECONDS)
    lipsync = serializers.BooleanField(required=False)
    section = serializers.CharField(required=False, allow_blank=True, max_length=40)
    entry = serializers.ChoiceField(Entry.choices, required=False, help_text="How it follows the scene before it")
    subjects = serializers.ListField(
        child=IdField(), required=False, max_length=MOST_SUBJECTS, help_text="Who and what is in it, by id, in order"
    )
    providers = SceneProvidersSerializer(required=False)
    models = SceneModelsSerializer(required=False, source="chosen_models")
    snap = serializers.BooleanField(required=False)
    ripple = serializers.BooleanField(
        required=False, help_text="Whether the end of the film gives or takes the time, rather than the neighbor"
    )


class ScenePatchSerializer(SceneWriteSerializer):
    """`version` is the version the client last read; a change based on an older one is refused. With `scene_id` the
    change is refused if another scene has this number now. `clip_in` and `clip_out` choose the part of the clip that
    may be shown; nothing is rendered. A moved cut keeps the picture of the next scene where it is on the song."""

    null_means_omitted = False
    sequence = None  # type: ignore[assignment]  # the reorder route moves scenes
    duration = SecondsField(required=False, min_value=MINIMUM_SECONDS)
    clip_in = SecondsField(required=False)
    clip_out = SecondsField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)
    scene_id = IdField(required=False)


class ReorderSerializer(StrictSerializer):
    """The scenes in their new order: their present sequences, or their ids. With `seen_ids`, the order that the client
    last read, the change is refused if they are in another order now."""

    order = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MAXIMUM_SCENES
    )
    scene_ids = serializers.ListField(child=IdField(), required=False, max_length=MAXIMUM_SCENES)
    seen_ids = serializers.ListField(child=IdField(), required=False, max_length=MAXIMUM_SCENES)
    snap = serializers.BooleanField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("order" in data) == ("scene_ids" in data):
            raise serializers.ValidationError({"order": "Send either order or scene_ids."})
        return data


class SplitSerializer(StrictSerializer):
    """`at`: seconds after the scene's start. With `scene_id` it is refused if another scene has this number now."""

    at = SecondsField()
    scene_id = IdField(required=False)
    snap = serializers.BooleanField(required=False)


class DuplicateSerializer(StrictSerializer):
    """With `ripple` the copy is as long as the scene and the end of the film gives the time; else the two share it."""

    snap = serializers.BooleanField(required=False)
    ripple = serializers.BooleanField(required=False)


class RedoSerializer(StrictSerializer):
    """With `change_id` only that change, if it is still the next."""

    change_id = serializers.IntegerField(required=False, min_value=1)


class UndoSerializer(RedoSerializer):
    """An undo that reaches into an earlier sitting, or takes away work that was generated since, needs `confirmed`."""

    confirmed = serializers.BooleanField(required=False)


class SpendingSerializer(StrictSerializer):
    """Options of every paid call: confirmation of its cost, and the most it may cost."""

    confirm_cost = serializers.BooleanField(required=False)
    max_cost = MoneyField(required=False, allow_null=True)


class WriteScenesSerializer(SpendingSerializer):
    number_of_scenes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAXIMUM_SCENES)
    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)


class MakeSerializer(SpendingSerializer):
    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=SEED_MAXIMUM)


class MakeVideoSerializer(MakeSerializer):
    takes = serializers.IntegerField(required=False, min_value=1, max_value=MAXIMUM_TAKES)


class RevertSerializer(StrictSerializer):
    """Without `clip_id`: the original."""

    clip_id = IdField(required=False, allow_null=True)


class RejectSerializer(StrictSerializer):
    """`reason`: what is wrong with the take, in a few words."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=REASON_LENGTH)


class JudgeSerializer(SpendingSerializer):
    """The takes to judge, by default the newest that nobody rejected and nobody judged. With `again`, those that have a
    verdict are judged once more."""

    clip_ids = serializers.ListField(child=IdField(), required=False, allow_empty=False, max_length=MAXIMUM_TAKES)
    again = serializers.BooleanField(required=False)
    config_flavor = serializers.CharField(required=False, allow_blank=True)
    provider = serializers.CharField(required=False, allow_blank=True, max_length=32)
    model = ModelField(required=False)


class BestOfSerializer(MakeSerializer):
    """How many takes to choose from; the other fields are the clips'."""

    takes = serializers.IntegerField(min_value=2, max_value=MAXIMUM_TAKES)


class TrimSerializer(StrictSerializer):
    """Seconds of the untrimmed clip, so that trimming again can extend the clip."""

    start_time = SecondsField()
    end_time = SecondsField()


class UploadClipSerializer(StrictSerializer):
    """`clip_in` and `clip_out`: the part of it to show, in seconds; all of it is kept for later."""

    file = UploadField()
    clip_in = SecondsField(required=False)
    clip_out = SecondsField(required=False)
