"""What a flavor's files may contain: one pydantic model per config type.

A file contains only what it changes. The *resolved* values (flavor over `default`) are validated here, so `default`
must set every field that has no default below. Unknown keys are errors, because a misspelled key would otherwise
be silently ignored.

Each provider declares its part of `providers` in `apps/providers/<name>/sections.py`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, create_model, model_validator
from pydantic_core import CoreSchema

from apps.providers.capabilities import Capability
from apps.providers.registry import PROVIDERS
from apps.providers.sections import AspectRatio, Section
from engines.draft.grammar import SceneGrammar
from engines.listening.scene_slots import SHORTEST_SECONDS

FLAVOR_NAME = re.compile(r"\A[a-z0-9][a-z0-9_-]{0,49}\Z")
FLAVOR_NAME_WORDS = (
    "A flavor's name has 1 to 50 lowercase letters, digits, hyphens or underscores and starts with a letter or digit."
)


def _known_provider(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"there is no provider {name!r}; use one of {', '.join(PROVIDERS)}")
    return name


ProviderName = Annotated[str, AfterValidator(_known_provider)]


class SectionsFor:
    """Marks the field with the providers' sections for a capability, by provider name.

    A provider whose section has defaults for everything doesn't have to appear in any file.
    """

    def __init__(self, capability: Capability) -> None:
        self.capability = capability

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        fields: dict[str, Any] = {}
        for name, provider in PROVIDERS.items():
            if section := provider.sections.get(self.capability):
                required = any(field.is_required() for field in section.model_fields.values())
                fields[name] = (section, ... if required else section())
        return handler.generate_schema(create_model(f"{self.capability}_providers", __base__=Section, **fields))


class PaceLengths(Section):
    """A scene's usual length in seconds in the quiet and in the loudest parts of a song."""

    quiet: float = Field(ge=SHORTEST_SECONDS, le=60)
    loud: float = Field(ge=SHORTEST_SECONDS, le=60)

    @model_validator(mode="after")
    def _loud_is_faster(self) -> "PaceLengths":
        if self.loud > self.quiet:
            raise ValueError("loud must not be longer than quiet")
        return self


class Paces(Section):
    calm: PaceLengths
    normal: PaceLengths
    fast: PaceLengths


class Parameters(Section):
    """`parameters.yaml`: writing scenes. With a song, `paces` say how long scenes last, and `pace` which of them counts
    unless the project chooses; `number_of_scenes` and `duration_seconds` are for projects without one."""

    provider: ProviderName
    number_of_scenes: int = Field(ge=1, le=200)
    duration_seconds: float = Field(gt=0, le=60)
    pace: Literal["calm", "normal", "fast"]
    paces: Paces
    shortest_scene_seconds: float = Field(gt=0)
    longest_scene_seconds: float = Field(gt=0)
    providers: Annotated[Section, SectionsFor(Capability.SCENES)]

    @model_validator(mode="after")
    def _lengths_are_ordered(self) -> "Parameters":
        if not self.shortest_scene_seconds <= self.duration_seconds <= self.longest_scene_seconds:
            raise ValueError("needs shortest_scene_seconds <= duration_seconds <= longest_scene_seconds")
        return self


class ScenePrompts(Section):
    """`scene_prompts.yaml`: the prompts for a chat model, and the grammar the draft provider writes with.

    `system` and `user` may contain `{idea}`, `{character_description}`, `{number_of_scenes}`, `{scenes}` (the
    planned lengths) and `{song}`. Other braces are left unchanged."""

    system: str
    user: str
    negative_description: str
    grammar: SceneGrammar


class VideoParams(Section):
    """`video_params.yaml`. `duration_seconds` is a scene's length if none is known. Of scenes that continue one
    another, every `anchor_every`th starts from its own image again; 0: none."""

    provider: ProviderName
    duration_seconds: float = Field(gt=0, le=60)
    fps: Annotated[str, Field(pattern=r"^\d{1,6}(/\d{1,4})?$", description='quoted, "24" or "30000/1001"')]
    aspect_ratio: AspectRatio
    resolution: Literal["720p", "1080p", "4k"]
    negative_prompt: str
    prompt_suffix: str = ""
    anchor_every: int = Field(default=4, ge=0, le=100)
    providers: Annotated[Section, SectionsFor(Capability.VIDEO)]


class ImageParams(Section):
    """`image_params.yaml`."""

    provider: ProviderName
    aspect_ratio: AspectRatio
    resolution: Literal["720p", "1080p", "4k"]
    num_images: int = Field(ge=1, le=8)
    providers: Annotated[Section, SectionsFor(Capability.IMAGE)]


# The pictures of a reference sheet, all drawn after one picture.
_SAME_PERSON = "The same person as in the picture, {description}: "
_PLAIN = " Neutral face, plain background, even light, no text."
VIEWS = {
    "front": f"{_SAME_PERSON}head and shoulders, facing the camera.{_PLAIN}",
    "three-quarter": f"{_SAME_PERSON}head and shoulders, turned half to the side.{_PLAIN}",
    "profile": f"{_SAME_PERSON}head and shoulders, in profile.{_PLAIN}",
    "full body": f"{_SAME_PERSON}full shot from head to feet, standing.{_PLAIN}",
    "day": "The same place as in the picture, {name}, {description}: in daylight, nobody in it. No text.",
    "night": "The same place as in the picture, {name}, {description}: at night, nobody in it. No text.",
}


class ImagePrompts(Section):
    """`image_prompts.yaml`. `scene` may use `{prompt}`, `character_reference` `{character_description}`. `place`,
    `prop` and `style` are for pictures of such subjects, `views` for their reference sheets; these may use `{name}` and
    `{description}`."""

    scene: str
    character_reference: str
    place: str = "{name}: {description}. A wide view with nobody in it, even light, no text."
    prop: str = "{name}: {description}. The thing alone on a plain background, even light, no text."
    style: str = "{description}. One still frame in this look, no text."
    views: dict[str, str] = Field(default_factory=lambda: dict(VIEWS))
    negative_prompt: str


class LipsyncParams(Section):
    """`lipsync_params.yaml`."""

    provider: ProviderName
    temperature: float = Field(ge=0, le=1)
    active_speaker_detection: bool
    occlusion_detection_enabled: bool
    duration_seconds: float = Field(default=8.0, gt=0, description="a scene's length if none is known")
    providers: Annotated[Section, SectionsFor(Capability.LIPSYNC)]


class TranscriptionParams(Section):
    """`transcription_params.yaml`: hearing a song's words."""

    provider: ProviderName
    providers: Annotated[Section, SectionsFor(Capability.TRANSCRIPTION)]


class VocalsParams(Section):
    """`vocals_params.yaml`: taking the vocals alone out of a song."""

    provider: ProviderName
    providers: Annotated[Section, SectionsFor(Capability.VOCALS)]


class ComposeParams(Section):
    """`compose_params.yaml`: the final video. Volumes are factors, fades seconds."""

    fit: Literal["fill", "fit"]
    short_clip: Literal["hold", "slow", "loop", "bounce"]
    slowest: float = Field(default=0.5, ge=0.25, le=1, description="the lowest speed when slowing a clip")
    transition: Literal["none", "crossfade", "dip_to_black", "dip_to_white", "flash"] = "none"
    transition_seconds: float = Field(default=0.5, gt=0, le=3)
    clip_sound_volume: float = Field(default=0.0, ge=0, le=1)
    song_volume: float = Field(default=1.0, ge=0, le=2)
    fade_in_seconds: float = Field(default=0.0, ge=0, le=10)
    fade_out_seconds: float = Field(default=0.0, ge=0, le=10)
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-5, description="none: the song is not changed")
    background: Literal["blur", "black"] = Field(default="blur", description="behind footage smaller than the frame")
    quality: Literal["draft", "standard", "high"] = "standard"


CONFIG_TYPES: dict[str, type[Section]] = {
    "parameters": Parameters,
    "scene_prompts": ScenePrompts,
    "video_params": VideoParams,
    "image_params": ImageParams,
    "image_prompts": ImagePrompts,
    "lipsync_params": LipsyncParams,
    "transcription_params": TranscriptionParams,
    "vocals_params": VocalsParams,
    "compose_params": ComposeParams,
}
