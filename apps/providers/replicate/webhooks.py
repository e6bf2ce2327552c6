"""Verification of Replicate's webhooks, which are signed by the Standard Webhooks scheme."""

from collections.abc import Mapping

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError


def webhook_is_genuine(*, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether the raw `body` was signed with `secret` ("whsec_<base64>") within the last or next five minutes.

    A body delivered twice is genuine twice; the caller only polls for it, which is harmless.
    """
    try:
        # The body may be anything, and the caller doesn't read JSON from it.
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        # ValueError: the library could not decode bytes or base64, or a signature has no version.
        return False
    return True
