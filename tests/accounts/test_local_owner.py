import threading

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import local_owner_get

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def single_user(settings):
    settings.SINGLE_USER = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "studio.example"]


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, headers={"Host": "127.0.0.1:8000"})


def make_token(client, **headers):
    return client.post("/account/tokens", {"name": "script"}, headers=headers)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_the_owner_is_signed_in_automatically(client, host):
    assert client.get("/account", headers={"Host": host}).status_code == 200
    assert client.get("/api/flavors", headers={"Host": host}).status_code == 200


def test_the_owner_may_use_the_admin(client):
    assert client.get("/admin/").status_code == 200


def test_a_program_needs_no_csrf_token(client):
    assert make_token(client).status_code == 302


def test_our_own_pages_can_write(client):
    headers = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}

    assert make_token(client, **headers).status_code == 302


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://localhost:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_write(client, headers):
    assert make_token(client, **headers).status_code == 403
    assert User.objects.filter(api_tokens__isnull=False).count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "studio.example"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"CF-Connecting-IP": "203.0.113.9"},
    ],
)
def test_requests_through_another_name_or_a_tunnel_stay_anonymous(client, headers):
    assert client.get("/api/flavors", headers=headers).status_code == 401


def test_requests_from_another_machine_stay_anonymous(client):
    assert client.get("/api/flavors", REMOTE_ADDR="203.0.113.9").status_code == 401


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/account", headers={"Host": "rebound.evil.example"}).status_code == 400


def test_without_single_user_nobody_is_signed_in(client, settings):
    settings.SINGLE_USER = False

    assert client.get("/api/flavors").status_code == 401
    assert client.get("/account").status_code == 302


def test_nobody_can_sign_in_as_the_local_owner_by_password(client):
    assert not local_owner_get().has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_first_requests_create_one_owner():
    barrier = threading.Barrier(8)
    found = []

    def first_request():
        barrier.wait()
        found.append(local_owner_get().pk)
        connection.close()

    threads = [threading.Thread(target=first_request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
