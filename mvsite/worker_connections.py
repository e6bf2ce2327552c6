"""The database connections of a worker's threads.

Celery closes a thread's connection before and after each task, whatever `CONN_MAX_AGE` says. Opening one costs a new
server process and, here, more processor time than the statements of a short task.
"""

import sys
from threading import Lock
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun
from django.db import close_old_connections, connections

_lock = Lock()
_running = 0


def connections_keep(app: Celery) -> None:
    """Let threads keep their connections while the worker is busy. At rest, they are closed after each task."""
    app.conf.CELERY_DB_REUSE_MAX = sys.maxsize  # leaves it to the two below
    task_prerun.connect(_begin)
    task_postrun.connect(_end)


def _begin(**_: Any) -> None:
    global _running  # noqa: PLW0603 - one count for all threads
    with _lock:
        _running += 1
    close_old_connections()


def _end(**_: Any) -> None:
    global _running  # noqa: PLW0603
    with _lock:
        _running -= 1
        busy = _running > 0
    if busy:
        close_old_connections()  # an unusable one
    else:
        connections.close_all()
