"""Storing generated files as uploads are."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apps.assets.models import Asset
from tests.factories import store_asset

Stored = Callable[[Path], Asset]


@pytest.fixture
def stored(user) -> Stored:
    """Return a function that stores a file as an upload would, for the test's user."""

    def store(path: Path) -> Asset:
        return store_asset(user, path.read_bytes(), suffix=path.suffix)

    return store
