"""The Celery application. Messages only carry ids, and no results are stored."""

import os
import warnings
from typing import Any

from celery import Celery, bootsteps
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # missing in its stubs
from celery.signals import setup_logging, worker_before_create_process

from engines.memory import load_media_libraries, share_with_children
from launcher.lifeline import end_with_supervisor
from mvsite.worker_connections import connections_keep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
end_with_supervisor()
# Celery warns root about pickled messages, but ours are JSON, and `make run` deliberately works as root.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("mvsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
connections_keep(app)


@setup_logging.connect
def logging_left_alone(**_: Any) -> None:
    """Make Celery leave logging to our settings, which it does if this signal has a receiver.

    Otherwise its `--loglevel` would apply to the root logger and hide the log events of every job.
    """


@worker_before_create_process.connect
def memory_shared(**_: Any) -> None:
    """Share what the media worker's processes need; no other worker has child processes."""
    load_media_libraries()
    share_with_children()


class HeartbeatStep(bootsteps.StartStopStep):
    """Publishes a heartbeat with the worker's queues and commit while the worker is consuming messages.

    A step of the consumer, not of the worker, so a worker that lost its connection and can't reconnect sends none.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    label = "Heartbeat"

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.timer_entry: Any = None

    def start(self, consumer: Any) -> None:
        # Imported here, because this module is loaded before the settings.
        from apps.core.heartbeat import EVERY_SECONDS, Heartbeat, heartbeat_publish
        from mvsite.version import commit

        queues = tuple(sorted(consumer.app.amqp.queues.consume_from))
        beat = Heartbeat(name=consumer.hostname, commit=commit(), queues=queues)
        heartbeat_publish(beat)
        self.timer_entry = consumer.timer.call_repeatedly(EVERY_SECONDS, heartbeat_publish, (beat,))

    def stop(self, consumer: Any) -> None:
        from apps.core.heartbeat import heartbeat_withdraw

        if self.timer_entry is not None:
            self.timer_entry.cancel()
            self.timer_entry = None
        heartbeat_withdraw(consumer.hostname)

    shutdown = stop


app.steps["consumer"].add(HeartbeatStep)
