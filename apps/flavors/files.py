"""Reading flavor YAML: values with the line of each, and problems that name file, line and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from apps.flavors.schema import CONFIG_TYPES

# A flavor file is a few kilobytes; this keeps an edit by hand from filling every process's memory.
MAXIMUM_CHARACTERS = 200_000

KeyPath = tuple[str | int, ...]


class FlavorProblem(Exception):
    """One thing wrong with one flavor file. `str()` is "file:line: reason"."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}:{line}: {reason}")
        self.source = source
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class FlavorFile:
    """One parsed file or edit. `lines` gives the line (from 1) on which each key stands."""

    source: str
    text: str
    values: Mapping[str, Any]
    lines: Mapping[KeyPath, int]


def parse_flavor_text(text: str, *, source: str) -> FlavorFile:
    """Parse YAML text. Raises FlavorProblem for bad syntax, doubled keys, aliases, or no mapping at the top."""
    if len(text) > MAXIMUM_CHARACTERS:
        raise FlavorProblem(source, 1, f"longer than {MAXIMUM_CHARACTERS} characters")
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return FlavorFile(source, text, {}, {})
        lines: dict[KeyPath, int] = {}
        _walk(node, (), lines, source, set())
        if not isinstance(node, yaml.MappingNode):
            raise FlavorProblem(source, 1, "the file must be a mapping of keys to values")
        values = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not valid YAML"
        raise FlavorProblem(source, mark.line + 1 if mark else 1, reason) from error
    except yaml.YAMLError as error:
        raise FlavorProblem(source, 1, str(error).split("\n")[0]) from error
    finally:
        loader.dispose()
    return FlavorFile(source, text, values, lines)


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], source: str, seen: set[int]) -> None:
    """Note the line of every key. A node met twice is an alias, which would let a short file grow without end."""
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise FlavorProblem(source, lines.get(path, line), "aliases (*name) are not supported; write the values out")
    seen.add(id(node))
    lines.setdefault(path, line)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            lines[(*path, index)] = child.start_mark.line + 1
            _walk(child, (*path, index), lines, source, seen)
    if isinstance(node, yaml.MappingNode):
        _walk_mapping(node, path, lines, source, seen)


def _walk_mapping(
    node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int], source: str, seen: set[int]
) -> None:
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise FlavorProblem(source, line, "a key must be plain text")
        if key.tag != "tag:yaml.org,2002:str":
            raise FlavorProblem(source, line, f"the key {key.value} must be quoted: YAML reads it as no text")
        key_path = (*path, key.value)
        if key_path in lines:
            raise FlavorProblem(source, line, f"{key.value} is given twice (first on line {lines[key_path]})")
        lines[key_path] = line
        _walk(child, key_path, lines, source, seen)


def read_flavor_file(path: Path, *, root: Path) -> FlavorFile:
    """Read one YAML file. `root` is the folder that names in messages start from."""
    source = str(path.relative_to(root))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FlavorProblem(source, 1, "is not UTF-8 text") from error
    return parse_flavor_text(text, source=source)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on `base`: mappings are merged key by key, everything else (lists too) is replaced whole."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = merge(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


def validate(config_type: str, layers: list[FlavorFile]) -> dict[str, Any]:
    """Merge the layers (lowest first) and check them; answers plain JSON values.

    Raises FlavorProblem at the line of the topmost layer that holds the offending key, or its nearest parent.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge(merged, layer.values)
    try:
        return CONFIG_TYPES[config_type].model_validate(merged).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path: KeyPath = tuple(first["loc"])
        source, line = _where(path, layers)
        name = ".".join(str(part) for part in path) or config_type
        raise FlavorProblem(source, line, f"{name}: {first['msg'].removeprefix('Value error, ')}") from error


def _where(path: KeyPath, layers: list[FlavorFile]) -> tuple[str, int]:
    for length in range(len(path), -1, -1):
        for layer in reversed(layers):
            if path[:length] in layer.lines:
                return layer.source, layer.lines[path[:length]]
    return (layers[-1].source, 1) if layers else ("configs", 1)
