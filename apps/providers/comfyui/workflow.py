"""Fill a workflow in ComfyUI's API format with a request's values. Reads files but sends nothing."""

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from apps.core.errors import InputError
from apps.providers.comfyui.sections import ComfySection
from apps.providers.request_types import ImageRequest, LipsyncRequest, MediaInput, ProviderRequest, VideoRequest
from apps.providers.wording import prompt_with_subjects

Graph = dict[str, dict[str, Any]]
# Samplers use different number types; 2**53 survives JSON everywhere.
LARGEST_SEED = 2**53 - 1


def section_of(request: ProviderRequest) -> ComfySection:
    """Return the flavor's section, which must name a workflow. Raises InputError."""
    if not isinstance(request, ImageRequest | VideoRequest | LipsyncRequest):
        raise InputError("ComfyUI can only create images, clips and lip-sync. Choose another provider for this.")
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
    missing = [name.replace("_", " ") for name in section.required if not getattr(request, name, None)]
    if missing:
        advice = "Generate the scene's image first" if missing == ["image"] else "Add it"
        words = f"The ComfyUI workflow can't work without {' and '.join(missing)}. {advice}, or choose another one."
        raise InputError(words, code="input_missing")
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


def filled_places(graph: Graph, section: ComfySection) -> set[tuple[str, str]]:
    """Return the node ids and inputs that our fields go into."""
    return {(_node_id(graph, place.node, section), place.input) for place in section.inputs.values()}


def files_of(request: ProviderRequest) -> dict[str, MediaInput]:
    """Return the request's files by our field names."""
    names = ("image", "last_image", "character_reference", "video", "audio")
    found = {name: getattr(request, name, None) for name in names}
    return {name: media for name, media in found.items() if isinstance(media, MediaInput)}


def scalars_of(request: ImageRequest | VideoRequest | LipsyncRequest) -> dict[str, Any]:
    """Return the request's texts and numbers by our field names."""
    if isinstance(request, LipsyncRequest):
        warmth = request.temperature
        return {"temperature": warmth, "lips_expression": None if warmth is None else 1.0 + 2.0 * warmth}
    values: dict[str, Any] = {
        "prompt": prompt_with_subjects(request, ()),
        "negative_prompt": request.negative_prompt,
        "aspect_ratio": request.aspect_ratio,
        "width": request.width,
        "height": request.height,
        "seed": request.seed % LARGEST_SEED,
        "width_32": request.width // 32 * 32,
        "height_32": request.height // 32 * 32,
    }
    if isinstance(request, VideoRequest):
        rate = Fraction(request.fps)
        frames = request.frames or max(1, round(request.duration_seconds * rate))
        values |= {"duration": request.duration_seconds, "frames": request.frames, "fps": request.fps}
        values |= {"fps_number": float(rate), "frames_4n_1": math.ceil((frames - 1) / 4) * 4 + 1}
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
