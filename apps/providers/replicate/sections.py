"""Replicate's section of `image_params`, `video_params`, `lipsync_params`, `transcription_params` and `vocals_params`.

Hosted models are data, not code. `ModelEntry.inputs` maps **our field name → the model's field name**; an unmapped
field is not sent. Our names are

- image: `prompt`, `negative_prompt`, `aspect_ratio`, `character_reference`, `seed`, `num_images`
- video: `prompt`, `negative_prompt`, `aspect_ratio`, `image`, `last_image`, `character_reference`, `duration`, `seed`
- lip-sync: `video`, `audio`, `temperature`, `active_speaker_detection`, `occlusion_detection_enabled`, `sync_mode`
- transcription: `audio`, `language`; vocals: `audio`

`image` and `last_image` are a clip's first and last frame. A model's field name that ends in `[]` takes a list
(`character_reference: image_input[]`).
"""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from apps.providers.sections import AspectRatio, Dollars, ModelAbilities, ModelFacts, ModelsSection, Section


class References(Section):
    """A model's list of pictures of people, places or things: its field, and how many it takes.

    `tag` is how its prompts name one, such as "[Image{number}]", counted from 1. `usd_per_megapixel` is what each
    megapixel begun of one adds to the price. `excludes` are fields of ours that can't be sent together with them. With
    `aspect_ratios` or `durations_seconds`, the model takes references only then.
    """

    input: str
    most: int = Field(gt=0)
    tag: str = Field(default="", pattern=r"^([^{}]*\{number\}[^{}]*)?$")
    usd_per_megapixel: Dollars = Decimal(0)
    excludes: list[str] = Field(default_factory=list)
    aspect_ratios: list[AspectRatio] = Field(default_factory=list)
    durations_seconds: list[int] = Field(default_factory=list)


class ReferenceAudios(Section):
    """A model's list of sound files that drive the picture: its field, how many and how long all of them may be."""

    input: str
    most: int = Field(gt=0)
    maximum_seconds: float = Field(gt=0)


class ModelEntry(ModelFacts):
    """How to call one hosted model.

    `required` lists our fields that the model needs. `fixed` is sent unchanged. `durations_seconds` are the only
    lengths the model offers (the shortest that covers the request is bought); if empty, any whole second from
    `minimum_seconds` to `maximum_seconds`. If `aspect_ratios` is empty, the model takes none, or follows its image;
    `sizes` are what it wants instead of a ratio. `last_frame_durations_seconds` are the lengths it offers between two
    given frames, if they are fewer. `output` is `uri` for one URL, `uri_list` for several, `uri_or_list` for either.
    """

    inputs: dict[str, str]
    required: list[str] = Field(default_factory=lambda: ["prompt"])
    fixed: dict[str, Any] = Field(default_factory=dict)
    durations_seconds: list[int] = Field(default_factory=list)
    last_frame_durations_seconds: list[int] = Field(default_factory=list)
    minimum_seconds: float | None = Field(default=None, gt=0)
    maximum_seconds: float | None = Field(default=None, gt=0)
    aspect_ratios: list[AspectRatio] = Field(default_factory=list)
    sizes: dict[AspectRatio, str] = Field(default_factory=dict)
    references: References | None = None
    reference_audios: ReferenceAudios | None = None
    output: Literal["uri", "uri_list", "uri_or_list"] = "uri"
    maximum_prompt_characters: int | None = Field(default=None, gt=0)

    def abilities(self) -> ModelAbilities:
        character = 1 if "character_reference" in self.inputs else 0
        return ModelAbilities(
            durations=tuple(self.durations_seconds),
            minimum_seconds=self.minimum_seconds,
            maximum_seconds=self.maximum_seconds,
            aspect_ratios=tuple(self.sizes or self.aspect_ratios),
            references=self.references.most if self.references else character,
            first_frame="image" in self.inputs,
            last_frame="last_image" in self.inputs,
            audio_in="audio" in self.inputs or self.reference_audios is not None,
            seed="seed" in self.inputs,
        )


class ReplicateSection(ModelsSection):
    """`model` is one of the keys of `models` or `former_models`."""

    models: dict[str, ModelEntry]
    former_models: dict[str, ModelEntry] = Field(default_factory=dict)

    def entry(self, model: str) -> ModelEntry:
        """Return the model's entry, whether it is still offered or not."""
        return self.models.get(model) or self.former_models[model]
