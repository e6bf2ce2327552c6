import pytest

from tests.studio.conftest import browser  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def _small_pictures(small_pictures):
    """What is made, and in which order, is the same at any size."""
