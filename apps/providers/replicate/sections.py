"""Replicate's section of `image_params`, `video_params` and `lipsync_params`.

Hosted models are data, not code. `ModelEntry.inputs` maps **our field name → the model's field name**; an unmapped
field is not sent. Our names are

- image: `prompt`, `negative_prompt`, `aspect_ratio`, `character_reference`, `seed`, `num_images`
- video: `prompt`, `negative_prompt`, `aspect_ratio`, `image`, `last_image`, `character_reference`, `duration`, `seed`
- lip-sync: `video`, `audio`, `temperature`, `active_speaker_detection`, `occlusion_detection_enabled`, `sync_mode`

A model's field name that ends in `[]` takes a list of one (`character_reference: image_input[]`).
"""

from typing import Any, Literal

from pydantic import Field

from apps.providers.sections import AspectRatio, ModelsSection, Price, Section


class ModelEntry(Section):
    """How to call one hosted model.

    `required` lists our fields that the model needs. `fixed` is sent unchanged. `durations_seconds` are the only
    lengths the model offers (the shortest that covers the request is bought); if empty, any length up to
    `maximum_seconds`. If `aspect_ratios` is empty, the model takes none, or follows its image. `output` is `uri`
    for one URL, `uri_list` for several, `uri_or_list` for either.
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


class ReplicateSection(ModelsSection):
    """`model` is one of the keys of `models`."""

    models: dict[str, ModelEntry]
