"""ComfyUI's section of `image_params` and `video_params`."""

from typing import Any

from pydantic import Field

from apps.providers.sections import Section


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
