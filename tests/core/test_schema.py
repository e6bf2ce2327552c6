import re

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.factories import make_project


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_without_warnings(schema):
    validate_schema(schema)
    assert not GENERATOR_STATS


def operations(schema):
    return {
        (path, method): operation
        for path, route in schema["paths"].items()
        for method, operation in route.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def test_each_error_status_is_documented(schema):
    for operation in operations(schema).values():
        assert {"400", "401", "406"} <= set(operation["responses"])
        assert all(status.isdecimal() for status in operation["responses"])
    assert {"402", "409", "413"} <= set(schema["paths"]["/api/mv/generate_video"]["post"]["responses"])


def test_calls_that_create_a_job_document_its_headers(schema):
    video = schema["paths"]["/api/mv/generate_video"]["post"]
    assert {"200", "202"} <= set(video["responses"])
    assert {parameter["name"] for parameter in video["parameters"]} == {"Prefer", "Idempotency-Key"}


# They change nothing, end something, or leave the same however often they are sent.
WITHOUT_A_KEY = re.compile(
    r"/(quote|preview|check|cancel|cleanup|reorder|revert|clips/[^/]+/(keep|reject)|use_image|bring_back|restore|excess|pause|resume|first)$"
)


def test_every_creating_call_accepts_an_idempotency_key(schema):
    for (path, method), operation in operations(schema).items():
        headers = {parameter["name"] for parameter in operation.get("parameters", [])}
        takes = method == "post" and not WITHOUT_A_KEY.search(path)
        assert ("Idempotency-Key" in headers) == takes, (method, path)


def test_every_post_says_what_it_takes_even_if_that_is_nothing(schema):
    posts = {path for (path, method), operation in operations(schema).items() if method == "post"}
    described = {path for path in posts if "requestBody" in schema["paths"][path]["post"]}
    assert posts - described == {"/api/uploads"}  # described by headers


@pytest.mark.django_db
def test_a_call_that_takes_nothing_refuses_fields(client, user):
    project = make_project(user)
    client.force_login(user)

    for body, status in (({"force": True}, 400), ([], 400), ({}, 200)):
        response = client.post(f"/api/mv/projects/{project.pk}/generate/cancel", body, content_type="application/json")
        assert response.status_code == status, response.content


@pytest.mark.django_db
@pytest.mark.parametrize("size", ["0", "-1", "2.5", "many", ""])
def test_a_page_size_that_is_none_is_refused(client, user, size):
    client.force_login(user)

    for path in ("/api/mv/projects", "/api/jobs?cursor=&"):
        joined = path if "?" in path else f"{path}?"
        assert client.get(f"{joined}page_size={size}").status_code == 400
