"""The one Redis client of a process, for what is not Celery's: rate limits, presence, small caches."""

from functools import cache

import redis
from django.conf import settings

# Redis is on this machine or beside it: an answer that takes longer than this means that it is away.
TIMEOUT_SECONDS = 5.0


@cache
def redis_client() -> redis.Redis:
    """A thread-safe client with a connection pool. Commands raise redis.RedisError when Redis is away."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
