"""ComfyUI's section of `image_params` and `video_params`."""

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
    inputs: dict[str, ComfyInput] = Field(default_factory=dict)
    fixed: dict[str, dict[str, Any]] = Field(default_factory=dict)
