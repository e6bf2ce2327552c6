"""Middleware around every request: an id on every log line, one access log line, and the security headers."""

import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

log = structlog.get_logger(__name__)

REQUEST_ID_HEADER = "X-Request-ID"
# The ids accepted from a proxy; anything else is replaced.
REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestContextMiddleware:
    """Binds `request_id` for the request's log lines, returns it in X-Request-ID, and logs `http_request`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request_id = given if REQUEST_ID_FORM.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response[REQUEST_ID_HEADER] = request_id
        # Only the path, because query strings contain search terms and signatures.
        log.info(
            "http_request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            user_id=getattr(getattr(request, "user", None), "pk", None),
            duration_ms=round((time.monotonic() - started) * 1000, 1),
        )
        return response


class PlainTextMiddleware:
    """Refuses NUL characters in the path and query, because the database can't store them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("The address contains a NUL character. Remove it.")
        return None


class SecurityHeadersMiddleware:
    """Sets the content security policy and related headers; `SecurityMiddleware` sets the rest."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = content_security_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.policy)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Shared caches must not keep one person's pages; static files and media set their own header.
        response.setdefault("Cache-Control", "private, no-cache")
        return response


def content_security_policy() -> str:
    """Return a policy that allows scripts and styles only from our own files, and media also from the bucket and from
    files the page has just opened."""
    storage = " ".join(storage_origins())
    rules = {
        "default-src": "'self'",
        "img-src": f"'self' blob: data: {storage}",
        "media-src": f"'self' blob: {storage}",
        "connect-src": f"'self' {storage}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}".strip() for name, value in rules.items())


def storage_origins() -> list[str]:
    """Return the origins of presigned URLs; empty without a bucket."""
    if not settings.STORAGE_BUCKET:
        return []
    endpoint = settings.STORAGE_PUBLIC_ENDPOINT_URL or settings.STORAGE_ENDPOINT_URL
    if not endpoint:
        bucket, region = settings.STORAGE_BUCKET, settings.STORAGE_REGION or "us-east-1"
        hosts = ("s3.amazonaws.com", f"s3.{region}.amazonaws.com")
        return [f"https://{prefix}{host}" for host in hosts for prefix in ("", f"{bucket}.")]
    parts = urlsplit(endpoint)
    return [f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{settings.STORAGE_BUCKET}.{parts.netloc}"]
