"""Adds what all routes have in common to the OpenAPI schema, as hooks of drf-spectacular."""

from typing import Any

from drf_spectacular.contrib.django_filters import DjangoFilterExtension

ERROR = {
    "type": "object",
    "description": "A stable code, a sentence that says what to do, and the messages for each field, if any.",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {}},
    },
    "required": ["code", "detail"],
}
# What each error status means. Our own failures (500) are not part of the contract.
REFUSALS = {
    400: "The request isn't valid; `errors` names the fields.",
    401: "Not signed in, and no valid token was sent.",
    402: "The cost is above a cap, or needs `confirm_cost`. Nothing was sent.",
    403: "Not allowed, or the form's token is missing.",
    404: "The object doesn't exist or belongs to another user.",
    406: "None of the accepted types is available.",
    409: "The current state doesn't allow this.",
    412: "This version of the protocol isn't supported.",
    413: "The body is too large.",
    415: "The body's type isn't supported.",
    423: "Another request is still writing to the same object.",
    422: "A file isn't playable media.",
    502: "A provider refused the request or failed.",
    503: "The storage or a provider can't be reached. Try again later.",
}
METHODS = {"get", "put", "post", "delete", "patch"}
# Responses of calls that create a job; those calls accept the headers below.
JOB_RESPONSES = {"#/components/schemas/Job", "#/components/schemas/LipsyncSceneResponse"}
JOB_HEADERS = [
    {
        "in": "header",
        "name": "Prefer",
        "schema": {"type": "string"},
        "description": (
            "`wait=N` (up to 60): respond with 200 and the result if it is ready within N seconds. A user can wait for "
            "a few jobs at a time; beyond that, the response is an immediate 202 without `Preference-Applied`."
        ),
    },
    {
        "in": "header",
        "name": "Idempotency-Key",
        "schema": {"type": "string", "maxLength": 200},
        "description": "A repeated request with the same key gets the first one's job instead of a second one.",
    },
]


def without_maps(endpoints: list[Any]) -> list[Any]:
    """Keep filters from being compared with those of maps, whose import looks for libraries with a compiler."""
    DjangoFilterExtension._has_gis = False  # type: ignore[attr-defined]  # set once that import fails
    return endpoints


def describe_all(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the error format to every route, and the headers and early response to those that create a job."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    for path, route in result["paths"].items():
        for method in METHODS & route.keys():
            _describe(route[method], method, path)
    return result


def _describe(operation: dict[str, Any], method: str, path: str) -> None:
    # An object can't be told in a query; the quotes that take one take it by POST.
    told = operation.get("parameters", [])
    told[:] = [one for one in told if one["in"] != "query" or one["schema"].get("type") != "object"]
    responses = operation["responses"]
    made = responses.get("202", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    if method == "post" and made in JOB_RESPONSES:
        known = {parameter["name"] for parameter in operation.setdefault("parameters", [])}
        operation["parameters"] += [header for header in JOB_HEADERS if header["name"] not in known]
        responses.setdefault("200", {**responses["202"], "description": "Done: the result's fields next to the job's"})
    declared = {int(status) for status in responses if int(status) in REFUSALS}
    for status in declared | _refusals(operation, method, path):
        responses[str(status)] = _refusal(status)


def _refusals(operation: dict[str, Any], method: str, path: str) -> set[int]:
    """Return the error statuses that follow from the operation's inputs and outputs. Views declare any others."""
    body = operation.get("requestBody", {}).get("content", {})
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    asks_for_one = "{" in path or body or "format" in names or any(name.endswith("_id") for name in names)
    found = {400, 401, 406} | ({404} if asks_for_one else set())
    if method != "get":
        found |= {403, 409}
    if body:
        found |= {413, 415}
    if "page" in names:
        found |= {404}
    if "multipart/form-data" in body:
        found |= {422, 503}
    if path.endswith("/quote"):
        # Work that isn't possible right now has no price, and some prices come from the provider.
        found |= {402, 409, 502, 503}
    if "202" in operation["responses"]:
        found |= {402, 502, 503}
    if "416" in operation["responses"]:
        found |= {503}
    return found


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": REFUSALS[status], "content": {"application/json": {"schema": schema}}}
