from tests.engines.composing.conftest import cache, make, sources  # noqa: F401 - fixtures
