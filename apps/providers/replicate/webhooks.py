"""Verification of Replicate's webhooks, which are signed by the Standard Webhooks scheme."""

from collections.abc import Mapping

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError


def webhook_is_genuine(*, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether the raw `body` was signed with `secret` ("whsec_<base64>") within the last or next five minutes.

    A body delivered twice is genuine twice; the caller only polls for it, which is harmless.
    """
    try:
        # The caller reads no JSON from the body, and the body need not be any.
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        # ValueError: bytes or base64 that the library could not decode, a signature without its version.
        return False
    return True
