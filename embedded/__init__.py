"""The embedded PostgreSQL and Redis: real servers whose programs come from wheels.

Both listen on unix sockets only and keep their data under the data folder, so two checkouts never
meet. Starting is idempotent: a server that survived its supervisor is found and used again. They run
detached from the process that started them, which therefore may die without harming data.
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
