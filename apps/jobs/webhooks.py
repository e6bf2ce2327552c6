"""A provider's webhook that work has ended. It is not trusted: it only makes us poll now."""

import time

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core.errors import InputError, NotFound
from apps.jobs.polling import run_poll_now
from apps.providers.base import RemoteProvider
from apps.providers.registry import PROVIDERS

log = structlog.get_logger(__name__)

# A finished prediction with its logs is a few kilobytes; anything near this size isn't from a provider.
LARGEST_BODY_BYTES = 2 * 1024 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider_name: str, key: str) -> HttpResponse:
    """Verify the signature of the raw body, then make the run due. Responds with 4xx, writing nothing, if invalid."""
    provider = PROVIDERS.get(provider_name)
    if not isinstance(provider, RemoteProvider):
        raise NotFound("There is no such provider.")
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY_BYTES:
        raise InputError("The body is too large.", code="too_large")
    if not provider.webhook_is_genuine(body=request.body, headers=request.headers, now=time.time()):
        log.warning("webhook_refused", provider=provider_name)
        raise InputError("The signature is missing, wrong or too old.", code="invalid_signature")
    # It's fine if the run has already ended: webhooks arrive twice and out of order.
    polled = run_poll_now(provider=provider_name, key=key)
    return JsonResponse({"status": "ok", "due": polled})
