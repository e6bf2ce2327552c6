"""docs/architecture.md names functions by file: each must exist, so that the journeys stay true."""

import importlib
import re
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
