"""Asks each API operation with random valid and invalid data, made from the schema, as programs read it.

Every check of schemathesis applies: the documented statuses, types and bodies, no failure of ours, no sign-in ignored,
and nothing invalid accepted. What is valid may still not make sense together, or not now; but it may not be refused for
what a single field's schema could say.
"""

import re

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from apps.accounts import services
from mvsite.wsgi import application
from tests.generation.conftest import media_folder  # noqa: F401 - a fixture
from tests.routes import all_rows

pytestmark = pytest.mark.django_db

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")  # parts of an upload

EXAMPLES = 2  # and a signed-out one each; all together take a minute
JSON = "application/json"
# What the serializers say of a field that isn't as its schema says.
FIELD_RULES = re.compile(
    r"[Vv]alid (boolean|number|integer|string|choice|list|date|URL)|is required|Ensure (this|that)|not be (null|blank)"
    r"|Unknown field|does not match|wrong format|not a valid"
)


def loaded():
    with GENERATOR_STATS.silence():
        document = SchemaGenerator().get_schema(request=None, public=True)
    for operation in (operation for route in document["paths"].values() for operation in route.values()):
        content = operation.get("requestBody", {}).get("content", {})
        if JSON in content:  # a form says the same as text, except for null
            operation["requestBody"]["content"] = {JSON: content[JSON]}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    return schema


def plain(route):
    parts = (part.strip("<>").split(":")[-1] if part.startswith("<") else part.strip("{}") for part in route.split("/"))
    return "/" + "/".join(parts).strip("/")


ROWS = {plain(route): rows for route, rows in all_rows().items() if route.startswith("api/")}
# The schema's own route is the library's: it refuses an unknown format in the schema's type.
OPERATIONS = [found for result in loaded().get_all_operations() if (found := result.ok()).path != "/api/schema/"]


def arguments_of(operation, owner):
    """Return arguments of the operation's route with objects of the owner."""
    rows = ROWS[plain(operation.path)]
    row = next((row for row in rows if row.method == operation.method), rows[0])
    return {name: str(value) for name, value in row.arguments(owner).items() if f"{{{name}}}" in operation.path}


@pytest.fixture(autouse=True)
def one_connection(media_folder):  # noqa: F811
    """The requests run in the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_operation_keeps_to_its_schema(user, operation, mode):
    headers = {"Authorization": f"Bearer {services.token_create(by=user, name='fuzz')[1]}"}

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def ask(case, known):
        path = case.meta.components.get(ParameterLocation.PATH)
        if known and path and path.mode == GenerationMode.POSITIVE:
            case.path_parameters = arguments_of(operation, user)
        response = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
        if mode == GenerationMode.POSITIVE and response.status_code == 400:
            assert not FIELD_RULES.search(response.text), (case.as_curl_command(), response.text)

    ask()
