"""How many machines take segments of films now, which decides whether a film is made in pieces."""

import redis
import structlog

from apps.assets.upkeep.background import disk_queue
from apps.core.heartbeat import heartbeats
from apps.jobs.kinds import Queue

log = structlog.get_logger(__name__)

# Each worker also listens to the queue of its media folder: workers that share one are on one machine, or as good as.
DISK_QUEUE_PREFIX = disk_queue("")


def encoding_machines() -> int:
    """Return how many machines, counted by their media folders, have a worker for segments, if joins have one, too.

    0 if the broker is unreachable, or where workers take neither.
    """
    try:
        alive = heartbeats()
    except redis.RedisError as error:
        log.warning("broker_unavailable", reason=str(error))
        return 0
    if not any(Queue.JOINS in beat.queues for beat in alive):
        return 0
    queues = {queue for beat in alive if Queue.SEGMENTS in beat.queues for queue in beat.queues}
    return sum(queue.startswith(DISK_QUEUE_PREFIX) for queue in queues)
