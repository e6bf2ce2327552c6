"""Proxies in front of the studio, and redirects to https."""

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from mvsite.proxies import TrustedProxyMiddleware

PROJECT = Path(__file__).resolve().parents[2]
PUBLIC = {"HTTP_HOST": "studio.example.org"}


@pytest.fixture
def named(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.fixture
def https(settings, named):
    settings.PUBLIC_URL = "https://studio.example.org"
    settings.HTTPS_ONLY = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.ALLOWED_HOSTS = ["studio.example.org", "127.0.0.1", "localhost"]


def seen_address(remote, forwarded_for=None):
    headers = {} if forwarded_for is None else {"HTTP_X_FORWARDED_FOR": forwarded_for}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **headers)
    TrustedProxyMiddleware(lambda _: HttpResponse())(request)
    return request.META["REMOTE_ADDR"]


@pytest.mark.parametrize(
    ("remote", "forwarded_for", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),  # nobody's word
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "127.0.0.1, 203.0.113.9", "203.0.113.9"),  # the first was written by the client
        ("10.0.0.2", "1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.8, 10.0.0.7", "10.0.0.8"),
        ("10.0.0.2", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.2", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.2", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("fd00::2", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.2", "unknown", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9, <script>", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", ",,,", "10.0.0.2"),
        ("", "203.0.113.9", ""),  # a unix socket, where this machine is not named
    ],
)
def test_only_a_trusted_proxy_sets_the_clients_address(named, remote, forwarded_for, client):
    assert seen_address(remote, forwarded_for) == client


def test_plain_http_is_redirected_to_https(client, https):
    response = client.get("/projects?page=2", **PUBLIC, REMOTE_ADDR="203.0.113.9")
    assert response.status_code == 301
    assert response["Location"] == "https://studio.example.org/projects?page=2"


def test_a_post_stays_a_post(client, https):
    assert client.post("/api/projects", **PUBLIC, REMOTE_ADDR="203.0.113.9").status_code == 308


@pytest.mark.django_db
def test_https_from_a_trusted_proxy_is_served_with_hsts_and_secure_cookies(client, https):
    response = client.get("/accounts/sign-in/", **PUBLIC, REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_PROTO="https")
    assert response.status_code == 200
    assert response["Strict-Transport-Security"] == "max-age=3600"
    assert response.cookies["csrftoken"]["secure"]


@pytest.mark.parametrize("remote", ["203.0.113.9", "127.0.0.1"])
def test_https_from_anyone_else_is_refused_without_a_redirect_loop(client, https, remote):
    response = client.get("/", **PUBLIC, REMOTE_ADDR=remote, HTTP_X_FORWARDED_PROTO="https")
    assert response.status_code == 400
    assert f"If {remote} is yours, add it to MV_TRUSTED_PROXIES" in response.content.decode()


@pytest.mark.django_db
def test_requests_from_this_machine_stay_on_loopback(client, https):
    response = client.get("/accounts/sign-in/", HTTP_HOST="127.0.0.1:8000", REMOTE_ADDR="127.0.0.1")
    assert response.status_code in {200, 302} and "https" not in response.get("Location", "")


@pytest.mark.parametrize("path", ["/healthz"])
def test_a_probe_is_not_redirected(client, https, path):
    assert client.get(path, HTTP_HOST="10.0.0.5:8000", REMOTE_ADDR="10.0.0.1").status_code == 200


def test_the_sign_in_limit_counts_clients_behind_a_trusted_proxy_separately(client, user, named):
    def attempt(forwarded_for, password):
        return client.post(
            "/accounts/sign-in/",
            {"username": "owner", "password": password},
            REMOTE_ADDR="10.0.0.2",
            HTTP_X_FORWARDED_FOR=forwarded_for,
        )

    for number in range(60):
        attempt(f"{number}.1.1.1, 203.0.113.66", "wrong")
    assert attempt("203.0.113.66", "a long passphrase").status_code == 429
    assert attempt("203.0.113.67", "a long passphrase").status_code == 302


def check(**environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT,
        env={**os.environ, "PUBLIC_URL": "https://studio.example.org", "SECRET_KEY": token_hex(32), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_djangos_deployment_checks_pass():
    done = check()
    assert done.returncode == 0, done.stderr


def test_an_invalid_list_of_proxies_stops_the_start_with_a_message():
    done = check(MV_TRUSTED_PROXIES="nginx")
    assert done.returncode and "such as 10.0.0.2 or 172.16.0.0/12" in done.stderr
