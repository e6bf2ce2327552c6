import json

import pytest
from django.db import connection
from django.test import Client

from apps.core.errors import BudgetExceeded
from apps.core.http_errors import error_reply

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls_for_errors")]


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("input", 400, "invalid_input", "Give a range inside the song."),
        ("not-found", 404, "not_found", "This project doesn't exist."),
        ("conflict", 409, "conflict", "A lip-sync is running."),
        ("budget", 402, "budget_exceeded", "The cap of $5.00 stands in the way."),
        ("provider", 502, "provider_error", "Replicate is busy."),
        ("forbidden", 403, "permission_denied", "Only the operator may do this."),
    ],
)
def test_our_errors_keep_their_status_code_and_message(client, name, status, code, detail):
    response = client.get(f"/api/raise/{name}")

    assert response.status_code == status
    assert response.json()["code"] == code
    assert response.json()["detail"] == detail


def test_field_errors_are_returned_by_field(client):
    assert client.get("/api/raise/input").json()["errors"] == {"end_time": "It is past the end."}


def test_a_providers_retry_time_is_passed_on(client):
    assert client.get("/api/raise/provider").headers["Retry-After"] == "7"


def test_a_serializer_error_names_the_field(client):
    response = client.post("/api/body", {"name": "ok", "parts": [1, "x"]}, content_type="application/json")

    assert response.status_code == 400
    assert response.json() == {
        "code": "invalid_input",
        "detail": "parts.1: A valid integer is required.",
        "errors": {"parts": {"1": ["A valid integer is required."]}},
    }


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("[]", "Expected an object, but this is a list."),
        ("7", "Expected an object, but this is a number."),
        ('"x"', "Expected an object, but this is text."),
        ('{"name": "ok", "parts": {"a": 1}}', "parts: Expected a list, but this is an object."),
        ('{"name": "ok", "parts": "a"}', "parts: Expected a list, but this is text."),
    ],
)
def test_a_value_of_the_wrong_type_is_described_in_json_words(client, body, detail):
    response = client.post("/api/body", body, content_type="application/json")

    assert (response.status_code, response.json()["detail"]) == (400, detail)


def test_advice_for_programs_is_only_in_api_errors():
    reply = error_reply(BudgetExceeded("This costs $2.00.", code="confirmation_required"))

    assert reply is not None and reply.detail == "This costs $2.00."
    assert reply.envelope()["detail"] == "This costs $2.00. Send confirm_cost=true to continue."


@pytest.mark.parametrize("path", ["/api/nothing/here", "/api/thing/not-a-uuid", "/api/raise/404"])
def test_everything_missing_gets_the_same_404(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert "Project matches" not in response.content.decode()


@pytest.mark.parametrize("path", ["/api/body", "/api/plain"])
def test_a_wrong_method_is_405_in_json(client, path):
    response = client.get(path)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_an_unknown_content_type_is_415(client):
    response = client.post("/api/body", b"x", content_type="text/csv")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_anonymous_gets_401_with_sign_in_hint(client):
    response = client.get("/api/private")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_too_many_calls_get_429_with_a_retry_time(client):
    client.get("/api/throttled")
    response = client.get("/api/throttled")

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{'a': 1}",
        b"\xff\xfe",
        '{"name": NaN}',
        '{"name": 1e999}',
        '{"name": ' + "9" * 5000 + "}",
        '{"name": 99999999999999999999}',
        '{"name": "a\\u0000b"}',
        '{"a\\u0000b": 1}',
        '{"name": "\\ud800"}',
        "[" * 100 + "]" * 100,
        "[" * 100_000,
    ],
)
def test_an_unusable_body_is_400(client, body):
    response = client.post("/api/store", body, content_type="application/json")

    assert response.status_code == 400, response.content
    assert response.json()["code"] == "bad_request"


def test_a_huge_body_is_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = client.post("/api/body", json.dumps({"name": "x" * 2000}), content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("name", ["x" * 500, "a\x00b"])
def test_a_value_the_database_cannot_store_is_400(client, name):
    response = client.post("/api/store", {"name": name})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("path", ["/api/raise/a%00b", "/api/private?q=a%00b"])
def test_a_nul_in_the_address_is_400(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/api/raise/bug", "/page/bug"])
def test_a_bug_is_a_500_without_details(client, path):
    response = client.get(path)

    assert response.status_code == 500
    assert "secret detail" not in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert response.headers["X-Request-ID"]


def test_a_bug_in_the_api_is_json(client):
    assert client.get("/api/raise/bug").json()["code"] == "internal_error"


@pytest.mark.parametrize("path", ["/api/raise/database", "/api/raise/connection", "/page/database"])
def test_a_database_that_went_away_is_a_503_with_a_retry_time(client, path):
    response = client.get(path)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Wait a little and try again." in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/thing/7d1c7a3e-52c1-4b0e-9d1b-6a0f4a0f0c11", "/"])
def test_without_a_database_people_and_programs_are_told_to_wait(client, settings, monkeypatch, path):
    settings.SINGLE_USER = True  # its middleware asks the database first
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    connection.close()
    response = client.get(path, headers={"Host": "localhost"})

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Wait a little and try again." in response.content.decode()


def test_a_page_shows_the_message(client):
    response = client.get("/page/conflict")

    assert response.status_code == 409
    assert "A lip-sync is running." in response.content.decode()
    assert "<html" in response.content.decode()


def test_an_htmx_request_gets_a_toast(client):
    response = client.get("/page/conflict", headers={"HX-Request": "true"})

    assert response.headers["HX-Retarget"] == "#toasts"
    assert "<html" not in response.content.decode()
    assert "A lip-sync is running." in response.content.decode()


@pytest.mark.parametrize("asker", [{}, {"HX-Request": "true"}], ids=["browser", "htmx"])
def test_an_error_before_the_view_is_a_page_or_a_toast(client, settings, asker):
    """A foreign host is refused by the first middleware that asks for it."""
    settings.ALLOWED_HOSTS = ["studio.example"]
    response = client.get("/plain", headers={"Host": "elsewhere.example", **asker})

    assert response.status_code == 400
    assert response.headers.get("HX-Retarget") == ("#toasts" if asker else None)
    assert ("<html" in response.content.decode()) is not bool(asker)


def test_a_form_without_its_token_is_told_to_reload(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post("/plain")

    assert response.status_code == 403
    assert "too old" in response.content.decode()


def test_a_session_calling_the_api_without_its_token_is_403(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = client.post("/api/body", {"name": "x"})

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_a_list_longer_than_any_call_needs_is_refused_before_its_items_are_checked(client):
    response = client.post("/api/body", {"name": "ok", "parts": ["x"] * 10_001}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert "the limit is 10,000" in response.json()["detail"]


def test_ten_thousand_errors_get_a_short_response(client):
    parts = ["x"] * 10_000
    response = client.post("/api/body", {"name": "ok", "parts": parts}, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"] == "parts.0: A valid integer is required."
    assert "more problems" in str(response.json()["errors"]) and len(response.content) < 10_000


@pytest.mark.parametrize("body", ["[" * 5000 + "]" * 5000, '{"a":' * 100 + "1" + "}" * 100])
def test_a_body_that_is_nested_too_deeply_is_refused(client, body):
    assert client.post("/api/body", body, content_type="application/json").status_code == 400
