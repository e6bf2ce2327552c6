"""Callers that wait for their job in a web thread. Their number is bounded, so that pages are served all the time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Of a process's 16 threads (mvsite/gunicorn_conf.py).
MOST_IN_PROCESS = 6
MOST_OF_USER = 3

_lock = Lock()
_waiting: Counter[int] = Counter()


@contextmanager
def waiter_admit(user_id: int) -> Iterator[bool]:
    """Whether this user may wait here and now; counted as waiting until the block is left."""
    with _lock:
        admitted = _waiting.total() < MOST_IN_PROCESS and _waiting[user_id] < MOST_OF_USER
        _waiting[user_id] += admitted
    try:
        yield admitted
    finally:
        with _lock:
            _waiting[user_id] -= admitted
            if not _waiting[user_id]:
                del _waiting[user_id]
