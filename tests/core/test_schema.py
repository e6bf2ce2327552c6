import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_leaves_nothing_to_guesses(schema):
    validate_schema(schema)
    assert not GENERATOR_STATS


def test_every_route_tells_of_errors_and_those_that_make_a_job_of_its_headers(schema):
    operations = [route[method] for route in schema["paths"].values() for method in route]
    assert all("4XX" in operation["responses"] for operation in operations)
    video = schema["paths"]["/api/mv/generate_video"]["post"]
    assert {"200", "202"} <= set(video["responses"])
    assert {parameter["name"] for parameter in video["parameters"]} == {"Prefer", "Idempotency-Key"}
