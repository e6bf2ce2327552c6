"""Which of an owner's queued jobs runs first: what a person just asked for before what runs by itself.

Larger numbers run first. A job that somebody moved to the front gets one more than the owner's largest.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

BATCH = 0
INTERACTIVE = 1
# The database's integer is larger; this leaves room and keeps a client from asking for all of it.
LARGEST = 1_000_000

_current: ContextVar[int] = ContextVar("priority_of_new_jobs", default=INTERACTIVE)


@contextmanager
def batch_work() -> Iterator[None]:
    """Jobs created or retried in the block are part of something larger that nobody waits for in front of the page."""
    before = _current.set(BATCH)
    try:
        yield
    finally:
        _current.reset(before)


@contextmanager
def work_of(count: int) -> Iterator[None]:
    """The block creates this many jobs for one click: a single one is waited for, more are a batch."""
    with batch_work() if count > 1 else nullcontext():
        yield


def new_priority() -> int:
    """Return the priority of a job that is created or retried now."""
    return _current.get()
