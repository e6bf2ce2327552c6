"""What the OpenAPI schema says of every route alike, as a postprocessing hook of drf-spectacular."""

from typing import Any

ERROR = {
    "type": "object",
    "description": "A stable word, a sentence that says what to do, and the sentences of each field if there are any.",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {}},
    },
    "required": ["code", "detail"],
}
REFUSED = {
    "description": "Refused, or failed",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
METHODS = {"get", "put", "post", "delete", "patch"}
# Answers of calls that make a job, which understand these headers.
JOB_ANSWERS = {"#/components/schemas/Job", "#/components/schemas/LipsyncSceneResponse"}
JOB_HEADERS = [
    {
        "in": "header",
        "name": "Prefer",
        "schema": {"type": "string"},
        "description": "`wait=N` (up to 60): answer 200 with the result when it is there within N seconds.",
    },
    {
        "in": "header",
        "name": "Idempotency-Key",
        "schema": {"type": "string", "maxLength": 200},
        "description": "A repeated request with the same key gets the first one's job and makes no second one.",
    },
]


def describe_all(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Adds the one shape of errors to every route, and to those that make a job its headers and its early answer."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    for route in result["paths"].values():
        for method in METHODS & route.keys():
            _describe(route[method], makes=method == "post")
    return result


def _describe(operation: dict[str, Any], *, makes: bool) -> None:
    responses = operation["responses"]
    for statuses in ("4XX", "5XX"):
        responses.setdefault(statuses, REFUSED)
    made = responses.get("202", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    if makes and made in JOB_ANSWERS:
        operation.setdefault("parameters", []).extend(JOB_HEADERS)
        responses.setdefault(
            "200", {**responses["202"], "description": "Done: with the result's fields beside the job's"}
        )
