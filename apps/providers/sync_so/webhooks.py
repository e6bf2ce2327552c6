"""Verification of Sync.so's webhooks: hex, with the whole secret as displayed as the key, two-part message."""

import hashlib
import hmac
from collections.abc import Mapping

# Five minutes for clock differences and slow deliveries, as for the other provider.
TOLERANCE_SECONDS = 300.0


def webhook_is_genuine(*, body: bytes, headers: Mapping[str, str], secret: str, now: float) -> bool:
    """Whether the raw `body` was signed with `secret` ("whsec_…", undecoded) within the tolerance of `now`.

    The header is `Sync-Signature: t=<unix seconds>,v1=<hex>`. The official sample hashes re-serialized JSON,
    which breaks on non-ASCII text; the raw bytes are what was signed.
    """
    header = next((value for name, value in headers.items() if name.lower() == "sync-signature"), "")
    parts = [part.strip().partition("=") for part in header.split(",")]
    sent = next((value for name, _, value in parts if name == "t"), "")
    signatures = [value for name, _, value in parts if name == "v1"]
    try:
        fresh = abs(now - int(sent)) <= TOLERANCE_SECONDS
    except (ValueError, OverflowError):
        return False
    if not secret or not fresh:
        return False
    expected = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest().encode()
    return any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in signatures)
