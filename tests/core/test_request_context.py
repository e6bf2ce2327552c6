import pytest
import structlog

from apps.core.request_context import content_security_policy

pytestmark = pytest.mark.django_db


def test_a_request_is_logged_once_without_its_query(client):
    with structlog.testing.capture_logs() as lines:
        client.get("/accounts/sign-in/?next=/secret")

    line = next(line for line in lines if line["event"] == "http_request")
    assert (line["path"], line["status"], line["method"]) == ("/accounts/sign-in/", 200, "GET")
    assert "secret" not in repr(line)


@pytest.mark.parametrize(("given", "kept"), [("abcd-1234", True), ("<script>", False), ("x" * 100, False)])
def test_the_request_id_of_a_proxy_is_kept_when_it_is_one(client, given, kept):
    answered = client.get("/accounts/sign-in/", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    assert (answered == given) is kept


def test_pages_allow_no_inline_script_or_style(client):
    policy = client.get("/accounts/sign-in/").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_media_may_come_from_the_bucket(settings):
    settings.STORAGE_BUCKET = "films"
    settings.STORAGE_PUBLIC_ENDPOINT_URL = "https://media.example.com:9000"

    assert "media-src 'self' blob: https://media.example.com:9000 " in content_security_policy()
