"""What a flavor's files may hold: one pydantic model per config type.

A file holds only what it changes; the *resolved* values (flavor over `default`) are what must fit here, so
every field of `default` is required unless it has a default below. Unknown keys are errors, because a
misspelt key would otherwise change nothing in silence.

Hosted models are data, not code. `ModelEntry.inputs` maps **our field name → the model's field name**; a
field that is not mapped is not sent. Our names are

- image: `prompt`, `negative_prompt`, `aspect_ratio`, `character_reference`, `seed`, `num_images`
- video: `prompt`, `negative_prompt`, `aspect_ratio`, `image`, `last_image`, `character_reference`, `duration`, `seed`
- lip-sync: `video`, `audio`, `temperature`, `active_speaker_detection`, `occlusion_detection_enabled`, `sync_mode`

A model's field name that ends in `[]` takes a list of one (`character_reference: image_input[]`).
"""

import datetime
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apps.flavors.grammar import SceneGrammar
from engines.draft.look import DraftLook

ProviderName = Literal["draft", "replicate", "sync_so", "chat", "comfyui"]
FLAVOR_NAME = re.compile(r"\A[a-z0-9][a-z0-9_-]{0,49}\Z")
FLAVOR_NAME_WORDS = (
    "A flavor's name has 1 to 50 small letters, digits, hyphens or underscores and starts with a letter or digit."
)
# A price beyond it is a slip, and would upset every sum that it goes into.
Dollars = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=20)]
AspectRatio = Annotated[str, Field(pattern=r"^\d{1,2}:\d{1,2}$", description='quoted, such as "16:9"')]


class Section(BaseModel):
    """A mapping in a flavor file. Keys that are not declared are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(Section):
    """What one unit costs, in US dollars, on the date it was looked up. `second` is a second of output."""

    unit: Literal["second", "image", "run"]
    usd: Dollars
    dated: datetime.date
    note: str = ""


class TokenPrice(Section):
    """What a chat model costs, in US dollars per million tokens."""

    per_million_input_tokens: Dollars
    per_million_output_tokens: Dollars
    dated: datetime.date
    note: str = ""


class ModelEntry(Section):
    """How to speak to one hosted model.

    `required` lists our fields without which the model cannot be asked. `fixed` is sent as it stands.
    `durations_seconds` are the only lengths the model makes (the shortest that covers the wish is bought);
    empty: any length up to `maximum_seconds`. `aspect_ratios` empty: it takes none, or follows its image.
    `output`: `uri` one address, `uri_list` several, `uri_or_list` either.
    """

    inputs: dict[str, str]
    required: list[str] = Field(default_factory=lambda: ["prompt"])
    fixed: dict[str, Any] = Field(default_factory=dict)
    durations_seconds: list[int] = Field(default_factory=list)
    maximum_seconds: float | None = Field(default=None, gt=0)
    aspect_ratios: list[AspectRatio] = Field(default_factory=list)
    output: Literal["uri", "uri_list", "uri_or_list"] = "uri"
    maximum_prompt_characters: int | None = Field(default=None, gt=0)
    price: Price


class ReplicateSection(Section):
    """`model` is one of the keys of `models`."""

    model: str
    models: dict[str, ModelEntry]

    @model_validator(mode="after")
    def _model_is_listed(self) -> "ReplicateSection":
        if self.model not in self.models:
            raise ValueError(f"model {self.model!r} is not under models ({', '.join(self.models) or 'none'})")
        return self


class SyncModel(Section):
    """A lip-sync model of Sync.so: which of our options it knows, and its price."""

    options: list[str] = Field(default_factory=list)
    maximum_seconds: float | None = Field(default=None, gt=0)
    price: Price


class SyncSection(Section):
    """Sync.so. `sync_mode` says what happens when sound and picture differ in length."""

    model: str
    models: dict[str, SyncModel]
    sync_mode: Literal["bounce", "loop", "cut_off", "silence", "remap"] = "cut_off"

    @model_validator(mode="after")
    def _model_is_listed(self) -> "SyncSection":
        if self.model not in self.models:
            raise ValueError(f"model {self.model!r} is not under models ({', '.join(self.models) or 'none'})")
        return self


class ChatSection(Section):
    """An OpenAI-compatible server. `model` empty: the environment's LLM_MODEL."""

    model: str = ""
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_completion_tokens: int = Field(default=8000, gt=0)
    structured_output: Literal["json_schema", "json_object"] = "json_schema"
    price: TokenPrice


class ComfyInput(Section):
    """Where one of our fields goes in a ComfyUI workflow: a node's id (or title) and its input's name."""

    node: str
    input: str


class ComfySection(Section):
    """A workflow saved by "Export (API)", as a file beside the flavor's YAML (`default`'s is used when the
    flavor has none), and where our fields go in it. Empty `workflow`: not offered."""

    workflow: str = ""
    inputs: dict[str, ComfyInput] = Field(default_factory=dict)
    fixed: dict[str, dict[str, Any]] = Field(default_factory=dict)


class DraftScenes(Section):
    """The draft writer. `words_of_idea` caps how many words of the idea one scene carries."""

    words_of_idea: int = Field(default=14, ge=3, le=60)


class DraftImages(Section):
    """The draft's storyboard frames."""

    look: DraftLook


class DraftClips(Section):
    """The draft's clips. `move_strength` 1 travels a tenth of the frame in a clip; `handheld` is in pixels at
    720p; `light_response` says how far the light follows the song (0 not at all, 1 strongly)."""

    move_strength: float = Field(default=1.0, ge=0, le=3)
    handheld: float = Field(default=0.0, ge=0, le=12)
    light_response: float = Field(default=0.5, ge=0, le=1)
    parallax: float = Field(default=1.0, ge=0, le=2)
    look: DraftLook


class DraftLipsync(Section):
    """The draft's mouth. `expressiveness` is the opening at full voice where the call names no temperature."""

    expressiveness: float = Field(default=0.5, ge=0, le=1)


class SceneProviders(Section):
    draft: DraftScenes = DraftScenes()
    chat: ChatSection


class ImageProviders(Section):
    draft: DraftImages
    replicate: ReplicateSection
    comfyui: ComfySection = ComfySection()


class VideoProviders(Section):
    draft: DraftClips
    replicate: ReplicateSection
    comfyui: ComfySection = ComfySection()


class LipsyncProviders(Section):
    draft: DraftLipsync = DraftLipsync()
    replicate: ReplicateSection
    sync_so: SyncSection


class Parameters(Section):
    """`parameters.yaml`: writing scenes."""

    provider: ProviderName
    number_of_scenes: int = Field(ge=1, le=200)
    duration_seconds: float = Field(gt=0, le=60)
    shortest_scene_seconds: float = Field(gt=0)
    longest_scene_seconds: float = Field(gt=0)
    providers: SceneProviders

    @model_validator(mode="after")
    def _lengths_are_ordered(self) -> "Parameters":
        if not self.shortest_scene_seconds <= self.duration_seconds <= self.longest_scene_seconds:
            raise ValueError("needs shortest_scene_seconds <= duration_seconds <= longest_scene_seconds")
        return self


class ScenePrompts(Section):
    """`scene_prompts.yaml`: what a chat model is told, and the grammar by which the draft writes.

    `system` and `user` may name `{idea}`, `{character_description}`, `{number_of_scenes}`, `{scenes}` (the
    planned lengths) and `{song}`. Braces that name nothing stay as they are."""

    system: str
    user: str
    negative_description: str
    grammar: SceneGrammar


class VideoParams(Section):
    """`video_params.yaml`. `duration_seconds` is a scene's length where none is known."""

    provider: ProviderName
    duration_seconds: float = Field(gt=0, le=60)
    fps: Annotated[str, Field(pattern=r"^\d{1,6}(/\d{1,4})?$", description='quoted, "24" or "30000/1001"')]
    aspect_ratio: AspectRatio
    resolution: Literal["720p", "1080p", "4k"]
    negative_prompt: str
    prompt_suffix: str = ""
    providers: VideoProviders


class ImageParams(Section):
    """`image_params.yaml`."""

    provider: ProviderName
    aspect_ratio: AspectRatio
    resolution: Literal["720p", "1080p", "4k"]
    num_images: int = Field(ge=1, le=8)
    providers: ImageProviders


class ImagePrompts(Section):
    """`image_prompts.yaml`. `scene` may name `{prompt}`, `character_reference` `{character_description}`."""

    scene: str
    character_reference: str
    negative_prompt: str


class LipsyncParams(Section):
    """`lipsync_params.yaml`."""

    provider: ProviderName
    temperature: float = Field(ge=0, le=1)
    active_speaker_detection: bool
    occlusion_detection_enabled: bool
    duration_seconds: float = Field(default=8.0, gt=0, description="a scene's length where none is known")
    providers: LipsyncProviders


class ComposeParams(Section):
    """`compose_params.yaml`: the final video. Volumes are factors, fades seconds."""

    fit: Literal["fill", "fit"]
    short_clip: Literal["hold", "slow", "loop", "bounce"]
    slowest: float = Field(default=0.5, ge=0.25, le=1, description="the lowest speed that slowing may reach")
    transition: Literal["none", "crossfade", "dip_to_black", "dip_to_white", "flash"] = "none"
    transition_seconds: float = Field(default=0.5, gt=0, le=3)
    clip_sound_volume: float = Field(default=0.0, ge=0, le=1)
    song_volume: float = Field(default=1.0, ge=0, le=2)
    fade_in_seconds: float = Field(default=0.0, ge=0, le=10)
    fade_out_seconds: float = Field(default=0.0, ge=0, le=10)
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-5, description="none: the song is not touched")
    background: Literal["blur", "black"] = Field(default="blur", description="behind footage that does not fill")
    quality: Literal["draft", "standard", "high"] = "standard"


CONFIG_TYPES: dict[str, type[Section]] = {
    "parameters": Parameters,
    "scene_prompts": ScenePrompts,
    "video_params": VideoParams,
    "image_params": ImageParams,
    "image_prompts": ImagePrompts,
    "lipsync_params": LipsyncParams,
    "compose_params": ComposeParams,
}
