"""Heartbeats of workers and beat: short-lived Redis keys with the commit each of them is running."""

import json
from dataclasses import asdict, dataclass

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

KEY_PREFIX = "mvsite:alive:"
BEAT = "beat"
EVERY_SECONDS = 5
# A process counts as gone after missing three.
LIFETIME_SECONDS = 20
# A broker on the same host or network responds in milliseconds; a probe must not hang on a dead one.
REDIS_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Heartbeat:
    """A process that was alive a few seconds ago. `queues` is empty for beat."""

    name: str
    commit: str
    queues: tuple[str, ...] = ()


def heartbeat_publish(beat: Heartbeat) -> None:
    """Publish that this process is alive. If the broker is unreachable, that isn't an error: the key just expires."""
    try:
        with _client() as client:
            client.set(KEY_PREFIX + beat.name, json.dumps(asdict(beat)), ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        log.info("heartbeat_not_published", name=beat.name, reason=str(error))


def heartbeat_withdraw(name: str) -> None:
    """Remove this process's heartbeat as it stops, instead of letting the key expire."""
    try:
        with _client() as client:
            client.delete(KEY_PREFIX + name)
    except redis.RedisError as error:
        log.info("heartbeat_not_withdrawn", name=name, reason=str(error))


def heartbeats() -> list[Heartbeat]:
    """Return the processes that are alive, by name. Raises redis.RedisError if the broker is unreachable."""
    with _client() as client:
        keys = sorted(client.scan_iter(match=KEY_PREFIX + "*", count=1000))
        values = client.mget(keys) if keys else []
    facts = [json.loads(value) for value in values if value is not None]
    return [Heartbeat(name=fact["name"], commit=fact["commit"], queues=tuple(fact["queues"])) for fact in facts]


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
