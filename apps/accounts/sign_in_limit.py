"""Slows down guessing of passwords: failures are counted in Redis, per address and name, and per address."""

import hashlib

import redis
import structlog

from apps.core.redis_client import redis_client

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 15 * 60
# A person who mistypes stays below both; ten thousand common passwords would take ten days from one address.
FAILURES_PER_NAME = 10
FAILURES_PER_ADDRESS = 50


def sign_in_wait_seconds(*, address: str, username: str) -> int:
    """How long this address must wait before it may try this name again; 0 when it may now."""
    try:
        client = redis_client()
        waits = [
            max(1, int(client.ttl(key)))
            for key, limit in _limits(address, username)
            if int(client.get(key) or 0) >= limit
        ]
    except redis.RedisError as error:
        # Without Redis no work runs either; the owner must still be able to look.
        log.error("sign_in_limit_unavailable", reason=type(error).__name__)
        return 0
    return max(waits, default=0)


def sign_in_failed(*, address: str, username: str) -> None:
    """Count one failure."""
    try:
        with redis_client().pipeline() as pipeline:
            for key, _ in _limits(address, username):
                pipeline.incr(key)
                pipeline.expire(key, WINDOW_SECONDS, nx=True)
            pipeline.execute()
    except redis.RedisError as error:
        log.error("sign_in_limit_unavailable", reason=type(error).__name__)


def _limits(address: str, username: str) -> list[tuple[str, int]]:
    # Hashed: the name may be of any length, and may be a password typed into the wrong field.
    name = hashlib.sha256(username.strip().lower().encode()).hexdigest()[:24]
    return [
        (f"sign-in:{address}:{name}", FAILURES_PER_NAME),
        (f"sign-in:{address}", FAILURES_PER_ADDRESS),
    ]
