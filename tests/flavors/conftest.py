import shutil

import pytest


@pytest.fixture(autouse=True)
def fresh_registry():
    """A test's edits are rolled back; the next reader must look again at once."""
    # Conftest files are read before Django is set up.
    from apps.flavors.registry import registry

    registry.check_now()
    yield
    registry.check_now()


@pytest.fixture
def configs(tmp_path, settings):
    """A copy of the shipped flavors that a test may break."""
    folder = tmp_path / "configs"
    shutil.copytree(settings.CONFIGS_DIR, folder)
    return folder
