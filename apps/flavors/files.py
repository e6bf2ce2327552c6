"""Read flavor YAML: values with their lines, and problems that name file, line and reason."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apps.core.json import JsonObject
from apps.flavors.schema import CONFIG_TYPES
from apps.flavors.yaml_text import KeyPath, NotFlavorYaml, flavor_yaml

# A flavor file is a few kilobytes; this keeps a huge edit from filling every process's memory.
MAXIMUM_CHARACTERS = 200_000
MAXIMUM_BYTES = 4 * MAXIMUM_CHARACTERS
# The longest reason, since a message may quote a value as long as the file.
REASON_CHARACTERS = 300


class FlavorProblem(Exception):
    """One thing wrong with one flavor file. `str()` is "file:line: reason"."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}:{line}: {reason}")
        self.source = source
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class FlavorFile:
    """One parsed file or edit. `lines` gives the line (from 1) of each key."""

    source: str
    text: str
    values: JsonObject
    lines: Mapping[KeyPath, int]


def parse_flavor_text(text: str, *, source: str) -> FlavorFile:
    """Parse YAML text. Raises FlavorProblem unless it is a plain mapping of values that can be stored."""
    if len(text) > MAXIMUM_CHARACTERS:
        raise FlavorProblem(source, 1, f"longer than {MAXIMUM_CHARACTERS} characters")
    try:
        values, lines = flavor_yaml(text)
    except NotFlavorYaml as problem:
        raise FlavorProblem(source, problem.line, problem.reason) from problem
    return FlavorFile(source, text, values, lines)


def read_flavor_file(path: Path, *, root: Path) -> FlavorFile:
    """Read one YAML file. Paths in messages are relative to `root`."""
    source = shown_path(path, root=root)
    content = _content(path, source)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FlavorProblem(source, line, "is not UTF-8 text; save it as UTF-8") from error
    return parse_flavor_text(text, source=source)


def _content(path: Path, source: str) -> bytes:
    """Return the file's bytes, up to the limit. Anything but a regular file is refused, since opening it may block."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FlavorProblem(source, 1, "is not a file")
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError as error:
        raise FlavorProblem(source, 1, "is a broken link" if path.is_symlink() else "no longer exists") from error
    except OSError as error:
        raise FlavorProblem(source, 1, f"can't be read: {error.strerror}") from error
    if len(content) > MAXIMUM_BYTES:
        raise FlavorProblem(source, 1, f"longer than {MAXIMUM_CHARACTERS} characters")
    return content


def shown_path(path: Path, *, root: Path) -> str:
    """Return the path relative to `root` as printable text, whatever bytes it contains."""
    return shown_name(str(path.relative_to(root)))


def shown_name(name: str) -> str:
    return name if name.isprintable() else ascii(name)[1:-1]


def merge(base: JsonObject, over: JsonObject) -> JsonObject:
    """Merge `over` into `base`: mappings are merged key by key, everything else (including lists) is replaced."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def validate(config_type: str, layers: list[FlavorFile]) -> JsonObject:
    """Merge the layers (lowest first), check the result and return plain JSON values.

    Raises FlavorProblem at the line of the topmost layer that has the offending key or its nearest parent.
    """
    merged: JsonObject = {}
    for layer in layers:
        merged = merge(merged, layer.values)
    try:
        return CONFIG_TYPES[config_type].model_validate(merged).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path: KeyPath = tuple(first["loc"])
        source, line = _where(path, layers)
        name = ".".join(str(part) for part in path) or config_type
        reason = f"{name}: {reason_of(first)}"
        raise FlavorProblem(source, line, reason[:REASON_CHARACTERS]) from error


def reason_of(error: ErrorDetails) -> str:
    """Return what is wrong with a value, as a person would say it."""
    if error["type"] == "extra_forbidden":
        return "there is no such key; remove it or correct its name"
    if error["type"] in {"dict_type", "model_type"}:
        return "this must be a mapping of keys to values"
    return error["msg"].removeprefix("Value error, ")


def _where(path: KeyPath, layers: list[FlavorFile]) -> tuple[str, int]:
    for length in range(len(path), -1, -1):
        for layer in reversed(layers):
            if path[:length] in layer.lines:
                return layer.source, layer.lines[path[:length]]
    return (layers[-1].source, 1) if layers else ("configs", 1)
