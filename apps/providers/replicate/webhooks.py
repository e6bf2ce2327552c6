"""Verification of Replicate's webhooks (the Svix scheme): base64, decoded key, three-part message."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

# Five minutes for clocks and slow deliveries; the same as in the scheme's reference libraries.
TOLERANCE_SECONDS = 300.0


def webhook_is_genuine(*, body: bytes, headers: Mapping[str, str], secret: str, now: float) -> bool:
    """Whether the raw `body` was signed with `secret` ("whsec_<base64>") within the tolerance of `now`.

    `headers` are looked up in lower case: webhook-id, webhook-timestamp, webhook-signature. A body delivered twice
    is genuine twice; the caller only polls for it, which is harmless.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    event, sent, signatures = (lower.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        fresh = abs(now - int(sent)) <= TOLERANCE_SECONDS
    except (ValueError, OverflowError, binascii.Error):
        return False
    if not key or not event or not fresh:
        return False
    digest = hmac.new(key, f"{event}.{sent}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # Several signatures stand side by side while a secret is being changed.
    return any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in signatures.split())
