"""Set single values in a flavor's YAML text and leave every other character as it is, comments included.

PyYAML can't write comments, so lines are edited where the parser found the keys. The edited text is read again: unless
it has exactly the wanted values, nothing is changed.
"""

import copy
import re
from collections.abc import Mapping
from datetime import date

from apps.core.json import JsonObject
from apps.flavors.yaml_text import KeyPath, NotFlavorYaml, flavor_yaml

# A mapping in block style: its key stands alone on the line, perhaps with a comment.
OWN_LINE = re.compile(r"^\s*[^\s#][^#]*:\s*(#.*)?$")


def entry_set(text: str, path: KeyPath, values: Mapping[str, str | date]) -> str | None:
    """Return the text with these values in the mapping at `path`; None if that needs a person.

    The mapping must exist in this text and be written one key per line.
    """
    try:
        return _edited(text, path, values)
    except NotFlavorYaml:
        return None


def _edited(text: str, path: KeyPath, values: Mapping[str, str | date]) -> str | None:
    before, lines = flavor_yaml(text)
    if path not in lines or not _found(before, path):
        return None
    rows = text.split("\n")
    for key, value in values.items():
        if not _row_set(rows, lines, path, key, str(value)):
            return None
        # Line numbers after an inserted row have moved.
        lines = flavor_yaml("\n".join(rows))[1]
    edited = "\n".join(rows)
    wanted = copy.deepcopy(dict(before))
    _found(wanted, path).update(values)
    return edited if flavor_yaml(edited)[0] == wanted else None


def _row_set(rows: list[str], lines: Mapping[KeyPath, int], path: KeyPath, key: str, value: str) -> bool:
    """Replace or insert one row. Returns whether it could."""
    if (line := lines.get((*path, key))) is not None:
        row = re.fullmatch(rf"(\s*{re.escape(key)}:\s*)([^\s#{{\[]+)(\s*(?:#.*)?)", rows[line - 1])
        if row is None:
            return False
        rows[line - 1] = f"{row[1]}{value}{row[3]}"
        return True
    children = [line for name, line in lines.items() if len(name) == len(path) + 1 and name[:-1] == path]
    if not children or not OWN_LINE.match(rows[lines[path] - 1]) or min(children) == lines[path]:
        return False
    first = min(children)
    indent = re.match(r"\s*", rows[first - 1])
    # After the title, which is the first thing that people read.
    after = first if rows[first - 1].lstrip().startswith("title:") else first - 1
    rows.insert(after, f"{indent[0] if indent else ''}{key}: {value}")
    return True


def _found(values: JsonObject, path: KeyPath) -> JsonObject:
    """Return the mapping at `path`; {} if there is none."""
    found: object = values
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
