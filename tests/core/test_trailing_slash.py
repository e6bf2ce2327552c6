import pytest

from apps.accounts.services import local_owner_get

pytestmark = pytest.mark.django_db


def test_the_api_accepts_a_trailing_slash(client):
    client.force_login(local_owner_get())

    made = client.post("/api/mv/projects/", {"idea": "a neon city"}, content_type="application/json")

    assert made.status_code == 201
    assert client.get("/api/mv/projects/?page_size=1").json()["count"] == 1


def test_a_page_with_a_trailing_slash_is_redirected(client):
    response = client.get("/jobs/?state=failed")

    assert (response.status_code, response.headers["Location"]) == (308, "/jobs?state=failed")


@pytest.mark.parametrize("path", ["/api/nothing/", "/nothing/"])
def test_an_unknown_address_stays_404(client, path):
    client.force_login(local_owner_get())

    assert client.get(path).status_code == 404
