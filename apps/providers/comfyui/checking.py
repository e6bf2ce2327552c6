"""What a workflow needs and a server lacks: node types, and models by their file names.

Source: `GET /object_info/{class}`, `{class: {"input": {"required": {name: [type, options]}, "optional": …}}}`, `{}` for
a node type that isn't installed. A choice is a list in place of the type, or the type "COMBO" with `options.options`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.providers.comfyui.workflow import Graph

# Files of the input folder; ours are uploaded afterwards.
UPLOADS = ("image_upload", "video_upload", "audio_upload", "animated_image_upload", "upload")


def missing_parts(graph: Graph, known: Mapping[str, Mapping[str, Any]], filled: set[tuple[str, str]]) -> list[str]:
    """Return what is missing, as phrases. `known` are the server's node types, `filled` the inputs that we fill."""
    nodes = sorted({node["class_type"] for node in graph.values() if not known.get(node["class_type"])})
    return [f"the node {name}" for name in nodes] + list(dict.fromkeys(_missing_choices(graph, known, filled)))


def _missing_choices(
    graph: Graph, known: Mapping[str, Mapping[str, Any]], filled: set[tuple[str, str]]
) -> Iterator[str]:
    for node_id, node in graph.items():
        described = known.get(node["class_type"]) or {}
        inputs = described.get("input") or {}
        fields = {**(inputs.get("required") or {}), **(inputs.get("optional") or {})}
        for name, value in node["inputs"].items():
            choices = _choices(fields.get(name))
            if choices is not None and (node_id, name) not in filled and value not in choices:
                kind = "the model" if isinstance(value, str) and "." in value else "the value"
                yield f"{kind} {value!r} ({node['class_type']}, {name})"


def _choices(field: Any) -> list[Any] | None:
    """Return what an input can be chosen from; None if it is no choice, or one of uploaded files."""
    if not isinstance(field, list) or not field:
        return None
    options = field[1] if len(field) > 1 and isinstance(field[1], dict) else {}
    if any(options.get(name) for name in UPLOADS):
        return None
    if isinstance(field[0], list):
        return field[0]
    listed = options.get("options") if field[0] == "COMBO" else None
    return listed if isinstance(listed, list) else None
