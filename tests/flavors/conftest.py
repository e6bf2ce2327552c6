import shutil

import pytest


@pytest.fixture(autouse=True)
def fresh_registry():
    """Make the next reader reload, since a test's edits are rolled back."""
    # Conftest files are imported before Django is set up.
    from apps.flavors.registry import registry

    registry.check_now()
    yield
    registry.check_now()


@pytest.fixture
def configs(tmp_path, settings):
    """A copy of the shipped flavors that the test may break."""
    folder = tmp_path / "configs"
    shutil.copytree(settings.CONFIGS_DIR, folder)
    return folder
