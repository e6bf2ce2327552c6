"""The Celery application. Messages carry a job id and nothing else; no result is kept."""

import os
import warnings
from typing import Any

from celery import Celery, bootsteps
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # missing in its stubs
from celery.signals import setup_logging

from launcher.lifeline import end_with_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
end_with_supervisor()
# It warns root of pickled messages; ours are JSON, and `make run` works as root on purpose.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("mvsite")
app.config_from_object("django.conf:settings", namespace="CELERY")


@setup_logging.connect
def logging_left_alone(**_: Any) -> None:
    """While somebody listens to this signal, Celery leaves the logging to our settings. Otherwise its `--loglevel`
    becomes that of the root logger, and hides the events of every job."""


class HeartbeatStep(bootsteps.StartStopStep):
    """While a worker takes messages, a Redis key says so, with its queues and its commit.

    A step of the consumer, not of the worker: one that lost its connection and does not come back shows no sign.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    label = "Signs of life"

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.timer_entry: Any = None

    def start(self, consumer: Any) -> None:
        # Imported here: this module is loaded before the settings are.
        from mvsite.heartbeat import EVERY_SECONDS, Heartbeat, heartbeat_publish
        from mvsite.version import commit

        queues = tuple(sorted(consumer.app.amqp.queues.consume_from))
        beat = Heartbeat(name=consumer.hostname, commit=commit(), queues=queues)
        heartbeat_publish(beat)
        self.timer_entry = consumer.timer.call_repeatedly(EVERY_SECONDS, heartbeat_publish, (beat,))

    def stop(self, consumer: Any) -> None:
        from mvsite.heartbeat import heartbeat_withdraw

        if self.timer_entry is not None:
            self.timer_entry.cancel()
            self.timer_entry = None
        heartbeat_withdraw(consumer.hostname)

    shutdown = stop


app.steps["consumer"].add(HeartbeatStep)
