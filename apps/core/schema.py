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
# What each refusal means. A failure of ours (500) is not part of the contract.
REFUSALS = {
    400: "The request is not valid; `errors` names the fields.",
    401: "Nobody is signed in, and no valid token was sent.",
    402: "It costs more than a cap allows, or than may be spent without `confirm_cost`. Nothing was sent.",
    403: "Not allowed, or the form's token is missing.",
    404: "There is no such thing, or it belongs to somebody else.",
    406: "None of the accepted types can be sent.",
    409: "The present state does not allow it.",
    412: "This version of the protocol is not spoken here.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    423: "Another request is still writing the same thing.",
    422: "A file is no media that can be opened.",
    502: "A provider refused or failed.",
    503: "The storage, or a provider, cannot be reached. Try again later.",
}
METHODS = {"get", "put", "post", "delete", "patch"}
# Answers of calls that make a job, which understand these headers.
JOB_ANSWERS = {"#/components/schemas/Job", "#/components/schemas/LipsyncSceneResponse"}
JOB_HEADERS = [
    {
        "in": "header",
        "name": "Prefer",
        "schema": {"type": "string"},
        "description": (
            "`wait=N` (up to 60): answer 200 with the result when it is there within N seconds. A user may wait for a "
            "few jobs at a time; for more, the answer is 202 at once, without `Preference-Applied`."
        ),
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
    for path, route in result["paths"].items():
        for method in METHODS & route.keys():
            _describe(route[method], method, path)
    return result


def _describe(operation: dict[str, Any], method: str, path: str) -> None:
    responses = operation["responses"]
    made = responses.get("202", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref")
    if method == "post" and made in JOB_ANSWERS:
        known = {parameter["name"] for parameter in operation.setdefault("parameters", [])}
        operation["parameters"] += [header for header in JOB_HEADERS if header["name"] not in known]
        responses.setdefault(
            "200", {**responses["202"], "description": "Done: with the result's fields beside the job's"}
        )
    declared = {int(status) for status in responses if int(status) in REFUSALS}
    for status in declared | _refusals(operation, method, path):
        responses[str(status)] = _refusal(status)


def _refusals(operation: dict[str, Any], method: str, path: str) -> set[int]:
    """The refusals that follow from what the operation takes and gives; a view declares others of its own."""
    body = operation.get("requestBody", {}).get("content", {})
    found = {400, 401, 406} | ({404} if "{" in path or body else set())
    if method != "get":
        found |= {403, 409}
    if body:
        found |= {413, 415}
    if any(parameter["name"] == "page" for parameter in operation.get("parameters", [])):
        found |= {404}
    if "multipart/form-data" in body:
        found |= {422, 503}
    if path.endswith("/quote"):
        # What cannot be made as things stand has no price, and some prices are the provider's to say.
        found |= {402, 409, 502, 503}
    if "202" in operation["responses"]:
        found |= {402, 502, 503}
    if "416" in operation["responses"]:
        found |= {503}
    return found


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": REFUSALS[status], "content": {"application/json": {"schema": schema}}}
