"""docs/architecture.md is true: its functions and files exist, and its picture is the layers that imports follow."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "architecture.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+)\.py:(\w+)`", PAGE)))


def test_the_page_names_its_hops():
    assert len(NAMED) > 25


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_function_exists(path, name):
    module = importlib.import_module(path.replace("/", "."))
    assert callable(getattr(module, name, None)), f"docs/architecture.md names {path}.py:{name}, which does not exist"


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:apps|engines|tests|docs)/[\w/.-]+\.\w+)`", PAGE))))
def test_a_named_file_exists(path):
    assert (PROJECT / path).exists()


def layers() -> dict[str, int]:
    """Return the layer of each room in the import contract, counted from the top."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = next(one["layers"] for one in contracts if one["name"] == "Imports go one way")
    return {name.strip(): number for number, line in enumerate(rooms) for name in line.split(":")}


def test_picture_shows_every_room_and_its_arrows_go_down():
    picture = PAGE.partition("```mermaid")[2].partition("```")[0]
    order = layers()
    shown: dict[str, str] = {}
    for key, label in re.findall(r'(\w+)\["([^"]+)"\]', picture):
        names = [name.strip() for name in label.partition("—")[0].split(",")]
        shown |= dict.fromkeys(names, key)
    assert set(order) <= set(shown)

    level = {key: order[name] for name, key in shown.items() if name in order}
    arrows = re.findall(r'(\w+)(?:\["[^"]+"\])? --> (\w+)', picture)
    assert len(arrows) >= len(level) - 1
    assert [(upper, lower) for upper, lower in arrows if level[upper] >= level[lower]] == []
