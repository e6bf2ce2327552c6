"""Fill a workflow in ComfyUI's API format with a request's values. Reads files but sends nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from apps.core.errors import InputError
from apps.providers.base import ImageRequest, MediaInput, ProviderRequest, VideoRequest
from apps.providers.comfyui.sections import ComfySection
from apps.providers.wording import flavored_prompt

Graph = dict[str, dict[str, Any]]
# Samplers use different number types; 2**53 survives JSON everywhere.
LARGEST_SEED = 2**53 - 1


def section_of(request: ProviderRequest) -> ComfySection:
    """Return the flavor's section, which must name a workflow. Raises InputError."""
    if not isinstance(request, ImageRequest | VideoRequest):
        raise InputError("ComfyUI can only create images and videos. Choose another provider for this.")
    try:
        section = ComfySection.model_validate(request.settings["providers"]["comfyui"])
    except (KeyError, ValidationError) as error:
        raise InputError("The flavor has no valid providers.comfyui section.") from error
    if not section.workflow:
        raise InputError(
            "The flavor has no ComfyUI workflow for this. Export one with 'Export (API)', put it next to the "
            "flavor's YAML and name it under providers.comfyui.workflow."
        )
    if isinstance(request, VideoRequest) and request.last_image is not None and "last_image" not in section.inputs:
        raise InputError("The ComfyUI workflow takes no last frame. Choose another one.", code="input_unsupported")
    return section


def workflow_graph(section: ComfySection, *, flavor: str) -> Graph:
    """Return the workflow from the flavor's folder, else `default`'s. Raises InputError for an unusable one."""
    root = Path(settings.CONFIGS_DIR).resolve()
    found = None
    for folder in (flavor, "default"):
        candidate = (root / folder / section.workflow).resolve()
        if candidate.is_relative_to(root) and candidate.is_file():
            found = candidate
            break
    if found is None:
        raise InputError(f"The workflow {section.workflow!r} is neither in the flavor {flavor!r} nor in 'default'.")
    try:
        graph = json.loads(found.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"The workflow {section.workflow!r} is not JSON: {error}.") from error
    if not isinstance(graph, dict) or not all(_is_node(node) for node in graph.values()):
        raise InputError(
            f"The workflow {section.workflow!r} is not in the API format. In ComfyUI, use 'Export (API)', not 'Save'."
        )
    return graph


def graph_filled(graph: Graph, section: ComfySection, values: Mapping[str, Any]) -> Graph:
    """Return the graph with `fixed` and the mapped values filled in. Raises InputError for a missing node."""
    filled = {node_id: {**node, "inputs": dict(node["inputs"])} for node_id, node in graph.items()}
    for node_name, inputs in section.fixed.items():
        filled[_node_id(filled, node_name, section)]["inputs"].update(inputs)
    for field, place in section.inputs.items():
        if values.get(field) is not None:
            filled[_node_id(filled, place.node, section)]["inputs"][place.input] = values[field]
    return filled


def files_of(request: ProviderRequest) -> dict[str, MediaInput]:
    """Return the request's files by our field names."""
    found = {name: getattr(request, name, None) for name in ("image", "last_image", "character_reference")}
    return {name: media for name, media in found.items() if isinstance(media, MediaInput)}


def scalars_of(request: ImageRequest | VideoRequest) -> dict[str, Any]:
    """Return the request's texts and numbers by our field names."""
    values: dict[str, Any] = {
        "prompt": flavored_prompt(request),
        "negative_prompt": request.negative_prompt,
        "aspect_ratio": request.aspect_ratio,
        "width": request.width,
        "height": request.height,
        "seed": request.seed % LARGEST_SEED,
    }
    if isinstance(request, VideoRequest):
        values |= {"duration": request.duration_seconds, "frames": request.frames, "fps": request.fps}
    else:
        values["num_images"] = request.num_images
    return values


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _node_id(graph: Graph, name: str, section: ComfySection) -> str:
    """Find a node by id, else by title, and return its id."""
    if name in graph:
        return name
    titled = [node_id for node_id, node in graph.items() if (node.get("_meta") or {}).get("title") == name]
    if len(titled) != 1:
        problem = "no node" if not titled else f"{len(titled)} nodes"
        raise InputError(f"The workflow {section.workflow!r} has {problem} with the id or title {name!r}.")
    return titled[0]
