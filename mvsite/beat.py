"""Beat's scheduler: the one of django-celery-beat, plus a heartbeat on every turn of its loop."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from apps.core.heartbeat import BEAT, Heartbeat, heartbeat_publish
from mvsite.version import commit


class HeartbeatScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Sends the heartbeat from the loop itself, which turns at least every 5 s, so a stuck beat sends none."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        delay: float = super().tick(*args, **kwargs)
        heartbeat_publish(Heartbeat(name=BEAT, commit=commit()))
        return delay
