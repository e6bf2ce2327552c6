"""The YAML subset for flavors: plain values, no aliases, no deep nesting, and the line of every key.

PyYAML lets Python's own errors through (`int("abc")`, February 30, recursion). Here each becomes a NotFlavorYaml with
its line.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from apps.core.json import JsonObject

KeyPath = tuple[str | int, ...]

# The schema is at most nine levels deep. Far below Python's recursion limit, however deep the caller is.
DEPTH_LIMIT = 40
# The range that both JSON readers and the database support.
INTEGER_LIMIT = 2**63
REASON_CHARACTERS = 200
KINDS = {"int": "whole number", "float": "number", "bool": "true or false", "timestamp": "date", "map": "mapping"}
# Other tags (!!binary, !!set, !!omap) create values that no flavor uses.
TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")}


class NotFlavorYaml(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"{line}: {reason}")
        self.line = line
        self.reason = reason[:REASON_CHARACTERS]


def flavor_yaml(text: str) -> tuple[JsonObject, Mapping[KeyPath, int]]:
    """Return the values and the line (from 1) of each key. Raises NotFlavorYaml."""
    try:
        loader = _Loader(text)
        try:
            return _loaded(loader)
        except (ValueError, ArithmeticError) as error:
            # An escape that isn't a character, or a version that isn't a number.
            raise NotFlavorYaml(loader.get_mark().line + 1, f"can't be read: {error}") from error
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotFlavorYaml(line, f"contains a character that is not allowed (#x{error.character:04x})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "not valid YAML"
        raise NotFlavorYaml(mark.line + 1 if mark else 1, reason) from error


def _loaded(loader: "_Loader") -> tuple[JsonObject, Mapping[KeyPath, int]]:
    node = loader.get_single_node()
    if node is None:
        return {}, {}
    lines: dict[KeyPath, int] = {}
    _walk(node, (), lines)
    if not isinstance(node, yaml.MappingNode):
        raise NotFlavorYaml(1, "the file must be a mapping of keys to values")
    values: JsonObject = loader.construct_document(node)
    return values, lines


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            # With aliases, a short file could expand without limit.
            raise NotFlavorYaml(line, "aliases (*name) are not supported; write the values out")
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise NotFlavorYaml(line, f"nested more than {DEPTH_LIMIT} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        line = node.start_mark.line + 1
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError) as error:
            kind = KINDS.get(node.tag.rpartition(":")[2], "value")
            text = f"{str(node.value)[:60]!r} isn't a valid {kind}; quote it if it is text"
            raise NotFlavorYaml(line, text) from error
        if isinstance(value, int | float) and not abs(value) < INTEGER_LIMIT:
            # Also catches infinity and NaN.
            raise NotFlavorYaml(line, "the number is too large or not a number")
        if isinstance(value, str) and ("\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
            raise NotFlavorYaml(line, "the text contains a character that can't be stored")
        return value


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    """Record the line of every key."""
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if node.tag not in TAGS:
        raise NotFlavorYaml(line, f"the type {node.tag.rpartition(':')[2]} is not supported; write a plain value")
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            lines[(*path, index)] = child.start_mark.line + 1
            _walk(child, (*path, index), lines)
    if isinstance(node, yaml.MappingNode):
        _walk_mapping(node, path, lines)


def _walk_mapping(node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise NotFlavorYaml(line, "a key must be plain text")
        if key.tag != "tag:yaml.org,2002:str":
            raise NotFlavorYaml(line, f"the key {key.value} must be quoted: YAML doesn't read it as text")
        key_path = (*path, key.value)
        if key_path in lines:
            raise NotFlavorYaml(line, f"{key.value} is given twice (first on line {lines[key_path]})")
        lines[key_path] = line
        _walk(child, key_path, lines)
