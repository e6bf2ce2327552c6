"""The process's Redis client for everything but Celery: rate limits, presence, small caches."""

from functools import cache

import redis
from django.conf import settings

# Redis runs on this machine or next to it, so a command that takes longer than this means it is unreachable.
TIMEOUT_SECONDS = 5.0


@cache
def redis_client() -> redis.Redis:
    """Return a thread-safe client with a connection pool. Its commands raise redis.RedisError if Redis is down."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
