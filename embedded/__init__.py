"""The embedded PostgreSQL and Redis: real servers whose programs come from Python wheels.

Both only listen on Unix sockets and keep their data under the data folder, so two checkouts never interfere.
Starting is idempotent: a server that outlived its supervisor is found and reused. They run detached, so the process
that started them can die without harming the data.
"""

from embedded.folders import EmbeddedServiceError, access_check
from embedded.postgres import postgres_running, postgres_start, postgres_stop, postgres_url
from embedded.redis_server import redis_running, redis_start, redis_stop, redis_url

__all__ = [
    "EmbeddedServiceError",
    "access_check",
    "postgres_running",
    "postgres_start",
    "postgres_stop",
    "postgres_url",
    "redis_running",
    "redis_start",
    "redis_stop",
    "redis_url",
]
