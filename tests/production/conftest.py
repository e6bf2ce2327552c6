import pytest

from tests.studio.conftest import browser  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def _small_pictures(request):
    """What is made, and in which order, is the same at any size. Processes of their own know nothing of the fixture."""
    if not request.node.get_closest_marker("processes"):
        request.getfixturevalue("small_pictures")
