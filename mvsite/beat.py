"""Beat's scheduler: django-celery-beat's, with a sign of life on every turn of its loop."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from mvsite.heartbeat import BEAT, Heartbeat, heartbeat_publish
from mvsite.version import commit


class HeartbeatScheduler(DatabaseScheduler):  # type: ignore[misc]
    """The sign comes from the loop itself (which turns at least every 5 s), so a stuck beat shows none."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        delay: float = super().tick(*args, **kwargs)
        heartbeat_publish(Heartbeat(name=BEAT, commit=commit()))
        return delay
