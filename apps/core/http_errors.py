"""Turns every error into a response: JSON for the API, a fragment for htmx, a page for a browser.

Every API error is `{"code", "detail", "errors"?}`: a stable code, a sentence that says what to do, and the messages
for each field, if there are any.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.database_restarts import DATABASE_GONE
from apps.core.errors import DetailedError, ProviderError, StudioError, http_status
from apps.core.htmx import in_toasts, is_htmx

log = structlog.get_logger(__name__)

API_PREFIX = "/api/"
# Limits on the fields, list items and message length of one error response.
MOST_PROBLEMS = 20
MOST_ITEMS = 1000
LONGEST_NAME = 100
LONGEST_PROBLEM = 1000
# How the REST framework says that a value has the wrong type, in Python's words.
WRONG_TYPE = re.compile(
    r'(?:Invalid data\. )?Expected a (dictionary|list)(?: of items)?,? but got (?:type )?"?(\w+)"?\.'
)
JSON_WORDS: Mapping[str, str] = {
    "dictionary": "an object",
    "dict": "an object",
    "list": "a list",
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "NoneType": "null",
}

# The code and message per status, for errors that have none of their own.
SENTENCES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request isn't valid. Check it and send it again."),
    401: ("not_authenticated", "Sign in, or send an API token in the Authorization header."),
    403: ("permission_denied", "You are not allowed to do this."),
    404: ("not_found", "There is nothing here, or it belongs to another user."),
    405: ("method_not_allowed", "This address doesn't accept that method."),
    406: ("not_acceptable", "This address only returns JSON."),
    409: ("conflict", "The current state doesn't allow this. Reload and try again."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "Send the body as JSON or as a multipart form."),
    429: ("throttled", "Too many requests. Wait a little and try again."),
    500: (
        "internal_error",
        "Something went wrong on our side and was logged. Try again, or tell the operator.",
    ),
    503: ("unavailable", "The studio's database isn't available at the moment. Wait a little and try again."),
}

# How long a database takes to start again, with some work on its log.
DATABASE_SECONDS = 5

# What a program can do about an error, by its code. Domain errors speak of things, since pages show them too.
API_ADVICE: Mapping[str, str] = {
    "confirmation_required": "Send confirm_cost=true to continue.",
    "clips_missing": "To leave these scenes out, send skip_missing=true.",
    "export_not_packed": "POST to this project's export.",
    "source_missing": "Send its id or its URL.",
}


@dataclass(frozen=True)
class ErrorReply:
    """What the person or program is told about an error."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """Return the API's body. Only here does the detail name fields and calls: pages show the same errors."""
        detail = f"{self.detail} {API_ADVICE[self.code]}" if self.code in API_ADVICE else self.detail
        body: dict[str, Any] = {"code": self.code, "detail": detail}
        return body | {"errors": dict(self.errors)} if self.errors else body


def error_reply(error: BaseException) -> ErrorReply | None:
    """Return the reply for an error, or None for an unexpected one."""
    for kinds, translate in TRANSLATIONS:
        if isinstance(error, kinds):
            return translate(error)
    return None


def api_exception_handler(error: Exception, _context: Mapping[str, Any]) -> Response | None:
    """Django REST framework's hook. Returning None passes the error on to `server_error`."""
    reply = error_reply(error)
    if reply is None:
        return None
    _log_reply(error, reply)
    set_rollback()
    return Response(reply.envelope(), status=reply.status, headers=dict(reply.headers))


class ErrorReplyMiddleware:
    """Responds to errors raised by pages and by plain views under /api/."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and is_api(request) and not response.content:
            allowed = {"Allow": response.headers["Allow"]}
            return error_response(request, standard_reply(405, headers=allowed))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        reply = error_reply(error)
        if reply is None:
            return None
        _log_reply(error, reply)
        return error_response(request, reply)


def error_response(request: HttpRequest, reply: ErrorReply) -> HttpResponse:
    """Return the reply in the form that the client expects."""
    if is_api(request):
        return JsonResponse(reply.envelope(), status=reply.status, headers=dict(reply.headers))
    by_htmx = is_htmx(request)
    name = "errors/fragment.html" if by_htmx else "errors/page.html"
    context = {"error": reply, "request_id": structlog.contextvars.get_contextvars().get("request_id", "")}
    response = render(request, name, context, status=reply.status)
    if by_htmx:
        in_toasts(response)
    for header, value in reply.headers.items():
        response[header] = value
    return response


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX)


def standard_reply(status: int, *, detail: str = "", headers: Mapping[str, str] | None = None) -> ErrorReply:
    code, sentence = SENTENCES.get(status) or ("error", HTTPStatus(status).phrase + ".")
    return ErrorReply(status, code, detail or sentence, headers=headers or {})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return error_response(request, error_reply(exception) or standard_reply(400))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return error_response(request, error_reply(exception) or standard_reply(403))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's handler404. Unlike Django's, it does not list the routes."""
    return error_response(request, standard_reply(404))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. Django has logged the traceback; none of it is shown."""
    # A middleware's error comes here without having been translated.
    error = sys.exc_info()[1]
    reply = (error and error_reply(error)) or standard_reply(500)
    try:
        return error_response(request, reply)
    except Exception:
        # The error page needs the session and the database, and one of them may be what failed.
        log.exception("error_page_failed")
        return HttpResponse(reply.detail, status=reply.status, content_type="text/plain", headers=dict(reply.headers))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW. Usually, the session ended while a form was open."""
    log.info("csrf_refused", reason=reason, path=request.path)
    detail = "This form is too old, or came from another site. Go back, reload the page and send it again."
    return error_response(request, ErrorReply(403, "csrf_failed", detail))


def _log_reply(error: BaseException, reply: ErrorReply) -> None:
    evidence = error.evidence if isinstance(error, StudioError) else {}
    write = log.warning if reply.status >= 500 else log.info
    write("request_refused", status=reply.status, code=reply.code, detail=reply.detail, evidence=evidence)


def _of_studio(error: StudioError) -> ErrorReply:
    headers = {}
    if isinstance(error, ProviderError) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    errors = _shortened(error.errors) if isinstance(error, DetailedError) else {}
    return ErrorReply(http_status(error), error.code, error.message, errors, headers)


def _of_fields(error: drf.ValidationError) -> ErrorReply:
    detail = error.detail
    errors = _shortened(detail if isinstance(detail, dict) else {"non_field_errors": detail})
    return ErrorReply(400, "invalid_input", _first_sentence(errors), errors)


def _shortened(problems: Any) -> Any:
    """Shorten a long list with a problem in each item, or a message that quotes the input."""
    if isinstance(problems, dict):
        shown = {
            str(name)[:LONGEST_NAME]: _shortened(problem) for name, problem in islice(problems.items(), MOST_PROBLEMS)
        }
        if len(problems) > MOST_PROBLEMS:
            shown["more"] = [f"{len(problems) - MOST_PROBLEMS:,} more problems like these."]
        return shown
    if isinstance(problems, list):
        # Valid items of a list are empty here, so a low limit could hide the invalid ones after them.
        return [_shortened(problem) for problem in problems[:MOST_ITEMS]]
    text = str(problems)
    if len(text) > LONGEST_PROBLEM:
        return f"{text[:LONGEST_PROBLEM]}…"
    return _plain_words(text) if isinstance(problems, str) else problems


def _plain_words(problem: str) -> str:
    """Replace the REST framework's "Expected a dictionary, but got list." with JSON's words."""
    match = WRONG_TYPE.fullmatch(problem)
    if match is None:
        return problem
    return f"Expected {JSON_WORDS[match[1]]}, but this is {JSON_WORDS.get(match[2], 'something else')}."


def _of_model(error: DjangoValidationError) -> ErrorReply:
    errors = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
    return ErrorReply(400, "invalid_input", _first_sentence(errors), errors)


def _first_sentence(errors: Mapping[str, Any]) -> str:
    """Return the first problem as `field: message`, looking into nested lists and objects."""
    name, problem = next(iter(errors.items()), ("", "The input is not valid."))
    names = [] if name == "non_field_errors" else [str(name)]
    while isinstance(problem, (list, dict)) and problem:
        if isinstance(problem, list):
            problem = next((item for item in problem if item), "is not valid.")
        else:
            inner, problem = next(iter(problem.items()))
            names.append(str(inner))
    return f"{'.'.join(names)}: {problem}" if names else str(problem)


def _of_framework(error: drf.APIException) -> ErrorReply:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(auth_header)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    code, _ = SENTENCES.get(error.status_code, ("error", ""))
    if isinstance(error, (drf.NotFound, drf.NotAuthenticated)):
        return standard_reply(error.status_code, headers=headers)
    return ErrorReply(error.status_code, code, str(error.detail), headers=headers)


def _of_unstorable(_error: DataError) -> ErrorReply:
    # A serializer should have caught this first, with a better message.
    detail = "A value is too long, too large or contains a character that can't be stored. Fix it and send it again."
    return ErrorReply(400, "invalid_input", detail)


def _of_database(error: Exception) -> ErrorReply:
    log.warning("database_unavailable", reason=str(error), exc_info=True)
    return standard_reply(503, headers={"Retry-After": str(DATABASE_SECONDS)})


def _of_bad_request(error: Exception) -> ErrorReply:
    return standard_reply(400, detail=str(error) if isinstance(error, BadRequest) else "")


# The first match wins.
TRANSLATIONS: tuple[tuple[Any, Callable[[Any], ErrorReply]], ...] = (
    (StudioError, _of_studio),
    (drf.ValidationError, _of_fields),
    (drf.APIException, _of_framework),
    (Http404, lambda _: standard_reply(404)),
    (PermissionDenied, lambda error: standard_reply(403, detail=str(error))),
    (DjangoValidationError, _of_model),
    (RequestDataTooBig, lambda _: standard_reply(413)),
    ((TooManyFieldsSent, TooManyFilesSent), lambda _: standard_reply(413)),
    ((BadRequest, SuspiciousOperation, UnreadablePostError), _of_bad_request),
    (DataError, _of_unstorable),
    (DATABASE_GONE, _of_database),
)
