"""Serializers of projects. `audio_id` and the other ids are asset ids."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.assets.services import picture_url
from apps.core.strict import IdField, MoneyField, SecondsField, StrictSerializer
from apps.generation.serializers import TEXT_LENGTH
from apps.projects.models import AspectRatio, Fit, FrameRate, Pace, Project, Resolution
from apps.projects.selectors import project_status, song_seconds
from apps.work.fields import ModelField
from apps.work.seeds import SEED_MAXIMUM
from engines.listening.scene_slots import MAXIMUM_SCENES


class ResolutionField(serializers.ChoiceField):
    """Accepts `4K` in either case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Resolution.values, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.lower() if isinstance(data, str) else data)


class FrameRateField(serializers.ChoiceField):
    """Accepts exact fractions, and the decimal names of the rates that aren't whole numbers."""

    NAMES: ClassVar = {
        "23.976": FrameRate.FILM_NTSC,
        "23.98": FrameRate.FILM_NTSC,
        "29.97": FrameRate.NTSC,
        "59.94": FrameRate.SIXTY_NTSC,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(FrameRate.values, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self.NAMES.get(str(data).strip(), str(data).strip().removesuffix(".0")))


PACE_HELP = "how fast scenes follow each other on the song, unless number_of_scenes says it; empty: the flavor's pace"


class ProvidersSerializer(StrictSerializer):
    """The provider for each kind of work; an empty or missing name leaves the choice to the flavor."""

    scenes = serializers.CharField(required=False, allow_blank=True, max_length=32)
    image = serializers.CharField(required=False, allow_blank=True, max_length=32)
    video = serializers.CharField(required=False, allow_blank=True, max_length=32)
    lipsync = serializers.CharField(required=False, allow_blank=True, max_length=32)


class ModelsSerializer(StrictSerializer):
    """One of `GET /api/mv/models` by capability; "" goes back to the flavor's."""

    scenes = ModelField(required=False)
    image = ModelField(required=False)
    video = ModelField(required=False)
    lipsync = ModelField(required=False)


class ProjectWriteSerializer(StrictSerializer):
    """Every field is optional in a PATCH; a new project needs an `idea` or, for the user's own footage, a `title`."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    idea = serializers.CharField(required=False, max_length=TEXT_LENGTH)
    character_description = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    character_reference_id = IdField(required=False, allow_null=True)
    audio_id = IdField(required=False, allow_null=True)
    song_start = SecondsField(required=False)
    song_end = SecondsField(required=False, allow_null=True)
    config_flavor = serializers.CharField(required=False, max_length=64, source="flavor")
    aspect_ratio = serializers.ChoiceField(AspectRatio.values, required=False)
    resolution = ResolutionField(required=False)
    fps = FrameRateField(required=False)
    fit = serializers.ChoiceField(Fit.choices, required=False)
    providers = ProvidersSerializer(required=False)
    models = ModelsSerializer(required=False, source="chosen_models")
    number_of_scenes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MAXIMUM_SCENES)
    pace = serializers.ChoiceField(Pace.values, required=False, allow_blank=True, help_text=PACE_HELP)
    budget = MoneyField(required=False, allow_null=True)
    confirm_above = MoneyField(required=False, allow_null=True)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=SEED_MAXIMUM)


class ProjectPatchSerializer(ProjectWriteSerializer):
    """`version` is the version the client last read; a change based on an older one is refused."""

    null_means_omitted = False

    version = serializers.IntegerField(required=False, min_value=1)
    needs_approval = serializers.BooleanField(
        required=False, help_text="whether clips are made for approved scenes only; what was approved stays so"
    )
    scenes = serializers.ChoiceField(
        ["replan", "keep"],
        required=False,
        help_text="what another song or part means for the scenes: planned again on its beats, as without this field, "
        "or kept as long as they are",
    )


class ProjectSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    idea = serializers.CharField()
    character_description = serializers.CharField()
    character_reference_id = serializers.UUIDField(allow_null=True)
    character_reference_url = serializers.SerializerMethodField()
    audio_id = serializers.SerializerMethodField()
    song_start = SecondsField()
    song_end = SecondsField(allow_null=True)
    song_seconds = serializers.SerializerMethodField()
    config_flavor = serializers.CharField(source="flavor")
    aspect_ratio = serializers.CharField()
    resolution = serializers.CharField()
    fps = serializers.CharField()
    fit = serializers.CharField()
    providers = serializers.DictField(child=serializers.CharField())
    models = serializers.DictField(child=serializers.CharField(), source="chosen_models")
    number_of_scenes = serializers.IntegerField(allow_null=True)
    pace = serializers.CharField(help_text=PACE_HELP)
    budget = MoneyField(allow_null=True)
    confirm_above = MoneyField(allow_null=True)
    seed = serializers.IntegerField()
    status = serializers.SerializerMethodField()
    problem = serializers.CharField()
    needs_approval = serializers.BooleanField(
        help_text="Whether clips are made for approved scenes only, as since it was to stop after the images once"
    )
    final_video_id = serializers.UUIDField(allow_null=True)
    final_video_url = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_character_reference_url(self, project: Project) -> str | None:
        asset_id = project.character_reference_id
        return picture_url(asset_id) if asset_id else None

    def get_audio_id(self, project: Project) -> str | None:
        return str(project.song.asset_id) if project.song else None

    def get_song_seconds(self, project: Project) -> float | None:
        seconds = song_seconds(project)
        return None if seconds is None else float(seconds)

    def get_status(self, project: Project) -> str:
        return str(project_status(project))

    def get_final_video_url(self, project: Project) -> str | None:
        return f"/api/mv/projects/{project.pk}/final" if project.final_video_id else None


def project_fields(validated: dict[str, Any]) -> dict[str, Any]:
    """Return the validated input as the services' fields."""
    fields = {key: value for key, value in validated.items() if key not in {"version", "scenes"}}
    if "scenes" in validated:
        fields["lengths_kept"] = validated["scenes"] == "keep"
    return fields
