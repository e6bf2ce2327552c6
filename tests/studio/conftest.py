import pytest

from tests.jobs.remote.conftest import make_fake, replicate  # noqa: F401  # fixtures


@pytest.fixture
def browser(client, user):
    client.force_login(user)
    return client
