"""`Idempotency-Key` for calls that create something directly: a repeated request gets the first one's response.

Calls that create a job store the key with the job (`jobs.services.job_create`), in the same transaction.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import ConflictError, InputError
from apps.core.models import IdempotentRequest

HEADER = "Idempotency-Key"
KEY_LENGTH = 200
# Long enough for a client that retries the next morning.
KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("Location",)
# An upload is described by these (tus 1.0) instead of a body.
DESCRIBING_HEADERS = ("Upload-Length", "Upload-Metadata")

IDEMPOTENCY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "maxLength": KEY_LENGTH},
    OpenApiParameter.HEADER,
    description="A repeated request with the same key gets the first one's response and creates nothing twice.",
)

View = Callable[..., Response]


def idempotency_key(request: Request) -> str:
    """Return the caller's key, or "" without one. Raises InputError if it isn't valid."""
    return key_checked(request.headers.get(HEADER, ""))


def key_checked(key: str) -> str:
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise InputError(f"{HEADER} must be 1 to {KEY_LENGTH} printable characters.", errors={HEADER: ["invalid"]})
    return key


def key_reused() -> ConflictError:
    return ConflictError(
        f"This {HEADER} was used for a different request. Use a new key.", code="idempotency_key_reused"
    )


def idempotent(view: View) -> View:
    """Decorate a POST handler so that it runs once per key; its response is repeated for a day.

    A refused request frees the key, so that it can be fixed and sent again with the same key. This adds the header to
    the schema of a method; a function under `api_view` has to add IDEMPOTENCY_PARAMETER itself.
    """

    @wraps(view)
    def once(*arguments: Any, **named: Any) -> Response:
        request = next(argument for argument in arguments if isinstance(argument, Request))
        key = idempotency_key(request)
        if not key:
            return view(*arguments, **named)
        claimed, row = _claim(request, key)
        if not claimed:
            return _again(row)
        try:
            response = view(*arguments, **named)
        except BaseException:
            row.delete()
            raise
        _keep(row, response)
        return response

    described: View = extend_schema(parameters=[IDEMPOTENCY_PARAMETER])(once)
    return described


def _claim(request: Request, key: str) -> tuple[bool, IdempotentRequest]:
    """Return whether this request should run, and the key's row. Raises ConflictError for another request's key."""
    owner_id = int(request.user.pk or 0)
    mine = IdempotentRequest.objects.filter(owner_id=owner_id)
    mine.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    fingerprint = _fingerprint(request)
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(owner_id=owner_id, key=key, fingerprint=fingerprint)
    except IntegrityError:
        row = mine.get(key=key)
    else:
        return True, row
    if row.fingerprint != fingerprint:
        raise key_reused()
    if row.status is None:
        raise ConflictError(
            f"The first request with this {HEADER} is still running, or was cut off. Wait a moment. If this doesn't "
            "change, check whether the request worked before you send it again with a new key.",
            code="idempotency_key_in_progress",
        )
    return False, row


def _again(row: IdempotentRequest) -> Response:
    return Response(row.body, status=row.status, headers={**row.headers, "Idempotency-Replayed": "true"})


def _keep(row: IdempotentRequest, response: Response) -> None:
    if response.status_code >= 400:
        row.delete()
        return
    row.status = response.status_code
    row.body = None if response.data is None else json.loads(JSONRenderer().render(response.data))
    row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _fingerprint(request: Request) -> str:
    """Return a hash of what is asked for, to tell a repeat from a different request with the same key."""
    data = request.data
    values = dict(data.lists()) if hasattr(data, "lists") else data
    described = [request.headers[name] for name in DESCRIBING_HEADERS if name in request.headers]
    text = json.dumps([request.path, values, *described], sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]
