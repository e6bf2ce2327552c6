"""The flavor's text around a prompt, for providers that generate from text alone.

The draft provider doesn't need it: its flavor's look is in its palettes.
"""

from collections.abc import Mapping
from typing import Any

from apps.providers.base import ImageRequest, VideoRequest


def flavored_prompt(request: ImageRequest | VideoRequest) -> str:
    """Return the prompt as it is sent: in the flavor's `image_prompts` template, or with its `prompt_suffix`."""
    if isinstance(request, VideoRequest):
        return f"{request.prompt} {request.settings.get('prompt_suffix', '')}".strip()
    templates: Mapping[str, Any] = request.settings.get("image_prompts", {})
    if request.purpose == "character_reference":
        template = str(templates.get("character_reference", "{character_description}"))
        return template.replace("{character_description}", request.prompt)
    return str(templates.get("scene", "{prompt}")).replace("{prompt}", request.prompt)
