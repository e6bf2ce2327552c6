"""Serializers of scenes and clips."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.assets.services import picture_url
from apps.assets.uploading.resumable_api import UploadField
from apps.generation.serializers import TEXT_LENGTH
from apps.jobs.api import JobSerializer
from apps.scenes.arrangement import MINIMUM_SECONDS
from apps.scenes.making import MAXIMUM_TAKES
from apps.scenes.models import Clip, Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.scene_words import SceneLine, scene_lines
from apps.scenes.selectors import clip_notes, clip_suspicions, scene_error, scene_job, scene_status
from apps.work.seeds import SEED_MAXIMUM
from apps.work.strict import IdField, ModelField, MoneyField, SecondsField, StrictSerializer
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
    providers = SceneProvidersSerializer(required=False)
    models = SceneModelsSerializer(required=False, source="chosen_models")
    snap = serializers.BooleanField(required=False)


class ScenePatchSerializer(SceneWriteSerializer):
    """`version` is the version the client last read; a change based on an older one is refused. With `scene_id` the
    change is refused if another scene has this number now."""

    null_means_omitted = False
    sequence = None  # type: ignore[assignment]  # the reorder route moves scenes
    duration = SecondsField(required=False, min_value=MINIMUM_SECONDS)
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


class SnapSerializer(StrictSerializer):
    snap = serializers.BooleanField(required=False)


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


class TrimSerializer(StrictSerializer):
    """Seconds of the untrimmed clip, so that trimming again can extend the clip."""

    start_time = SecondsField()
    end_time = SecondsField()


class UploadClipSerializer(StrictSerializer):
    file = UploadField()


class ClipSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    video_id = serializers.UUIDField(source="asset_id")
    video_url = serializers.SerializerMethodField()
    origin = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)
    job_id = serializers.UUIDField(allow_null=True)
    is_current = serializers.SerializerMethodField()
    usable = serializers.BooleanField()
    problems = serializers.SerializerMethodField(help_text="Why it was kept and not used")
    suspicions = serializers.SerializerMethodField(
        help_text="What looks wrong with it, although it is in use. Call `revert` with its id to accept it"
    )
    notes = serializers.SerializerMethodField(help_text="Notes on a usable clip")
    cost = MoneyField()
    duration = serializers.FloatField(source="asset.duration_seconds", allow_null=True)
    width = serializers.IntegerField(source="asset.width", allow_null=True)
    height = serializers.IntegerField(source="asset.height", allow_null=True)
    provider = serializers.SerializerMethodField()
    parameters = serializers.DictField()
    created_at = serializers.DateTimeField()

    def get_video_url(self, clip: Clip) -> str:
        return video_url(clip)

    def get_is_current(self, clip: Clip) -> bool:
        return bool(clip.scene.current_clip_id == clip.pk)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_problems(self, clip: Clip) -> list[str]:
        return list(clip.checks.get("problems", []))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_suspicions(self, clip: Clip) -> list[str]:
        return clip_suspicions(clip)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_notes(self, clip: Clip) -> list[str]:
        return clip_notes(clip)

    def get_provider(self, clip: Clip) -> str:
        return str(clip.parameters.get("provider", ""))


class SceneLineSerializer(serializers.Serializer[SceneLine]):
    """A line of the song's lyrics that is sung in a scene, in seconds of the song."""

    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()


class ScenesSerializer(serializers.ListSerializer[Any]):
    """Several scenes of one project: the song's words are read once for all of them."""

    def to_representation(self, data: Any) -> list[Any]:
        scenes = list(data.all() if hasattr(data, "all") else data)
        if scenes and isinstance(self.child, SceneSerializer):
            self.child.lines_by_scene = scene_lines(scenes[0].project, scenes)
        return super().to_representation(scenes)


class SceneSerializer(serializers.Serializer[Any]):
    lines_by_scene: Mapping[UUID, Sequence[SceneLine]] | None = None

    id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    prompt = serializers.CharField()
    negative_prompt = serializers.CharField()
    duration = serializers.SerializerMethodField(help_text="In seconds; the clip's own length if none was requested")
    lipsync = serializers.BooleanField()
    section = serializers.CharField()
    lines = serializers.SerializerMethodField(help_text="What is sung in it, where the song's lyrics have times")
    facts = serializers.DictField()
    providers = serializers.DictField(child=serializers.CharField())
    models = serializers.DictField(child=serializers.CharField(), source="chosen_models")
    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    suspicions = serializers.SerializerMethodField(
        help_text="What looks wrong with its clip, until a person accepts it"
    )
    image_id = serializers.UUIDField(allow_null=True)
    image_url = serializers.SerializerMethodField()
    clip_id = serializers.UUIDField(source="current_clip_id", allow_null=True)
    video_id = serializers.SerializerMethodField()
    video_url = serializers.SerializerMethodField()
    video_ids = serializers.SerializerMethodField(help_text="Of all its clips, oldest first")
    job = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        list_serializer_class = ScenesSerializer

    def get_duration(self, scene: Scene) -> float:
        return float(scene.duration if scene.duration is not None else shown_duration(scene.project, scene))

    @extend_schema_field(SceneLineSerializer(many=True))
    def get_lines(self, scene: Scene) -> list[dict[str, Any]]:
        found = scene_lines(scene.project, [scene]) if self.lines_by_scene is None else self.lines_by_scene
        return [asdict(line) for line in found.get(scene.pk, ())]

    def get_status(self, scene: Scene) -> str:
        return str(scene_status(scene))

    def get_error(self, scene: Scene) -> str:
        return scene_error(scene)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_suspicions(self, scene: Scene) -> list[str]:
        return clip_suspicions(scene.current_clip) if scene.current_clip else []

    def get_image_url(self, scene: Scene) -> str | None:
        return picture_url(scene.image_id) if scene.image_id else None

    def get_video_id(self, scene: Scene) -> str | None:
        return str(scene.current_clip.asset_id) if scene.current_clip else None

    def get_video_url(self, scene: Scene) -> str | None:
        return video_url(scene.current_clip) if scene.current_clip else None

    def get_video_ids(self, scene: Scene) -> list[str]:
        return [str(clip.asset_id) for clip in scene.clips.all()]

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, scene: Scene) -> dict[str, Any] | None:
        job = scene_job(scene)
        return dict(JobSerializer(job).data) if job else None


def video_url(clip: Clip) -> str:
    return f"/api/mv/get_video/{clip.asset_id}"
