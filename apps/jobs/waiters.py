"""Limits how many callers wait for a job in a web thread, so that enough threads stay free for pages."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Out of a process's 16 threads (mvsite/gunicorn_conf.py).
MAX_PER_PROCESS = 6
MAX_PER_USER = 3

_lock = Lock()
_waiting: Counter[int] = Counter()


@contextmanager
def waiter_admit(user_id: int) -> Iterator[bool]:
    """Yield whether this user may wait now. The user counts as waiting until the block ends."""
    with _lock:
        admitted = _waiting.total() < MAX_PER_PROCESS and _waiting[user_id] < MAX_PER_USER
        _waiting[user_id] += admitted
    try:
        yield admitted
    finally:
        with _lock:
            _waiting[user_id] -= admitted
            if not _waiting[user_id]:
                del _waiting[user_id]
