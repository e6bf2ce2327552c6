import pytest


@pytest.fixture
def browser(client, user):
    client.force_login(user)
    return client
