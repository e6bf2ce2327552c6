from tests.studio.conftest import browser  # noqa: F401 - a fixture
