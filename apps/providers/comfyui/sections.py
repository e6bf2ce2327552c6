"""ComfyUI's section of `image_params`, `video_params` and `lipsync_params`.

`inputs` maps our fields to the workflow's. Ours are

- image and video: `prompt`, `negative_prompt`, `aspect_ratio`, `width`, `height`, `seed`, `character_reference`, and
  `width_32`, `height_32` (rounded down to steps of 32)
- image: `num_images`
- video: `image`, `last_image`, `duration`, `frames`, `fps` (text), `fps_number`, and `frames_4n_1` (up to 4n + 1)
- lip-sync: `video`, `audio`, `temperature` (0…1), and `lips_expression` (the same as 1…3)
"""

from typing import Any

from pydantic import Field

from apps.providers.sections import Section


class ComfyInput(Section):
    """The destination of one of our fields in a ComfyUI workflow: a node's id (or title) and its input's name."""

    node: str
    input: str


class ComfySection(Section):
    """A workflow saved with "Export (API)" as a file next to the flavor's YAML (or `default`'s, if the flavor has
    none), and where our fields go in it. With an empty `workflow`, ComfyUI is not offered."""

    workflow: str = ""
    required: list[str] = Field(default_factory=list, description="our fields that the workflow can't do without")
    inputs: dict[str, ComfyInput] = Field(default_factory=dict)
    fixed: dict[str, dict[str, Any]] = Field(default_factory=dict)
