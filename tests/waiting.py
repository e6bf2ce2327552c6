"""Waits for a condition. Has no Django imports, because spawned processes import it too."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(
    condition: Callable[[], object], *, seconds: float, what: str, step: float = 0.1, log: Path | None = None
) -> None:
    """Wait until the condition holds. If it doesn't in time, fail with `what` and the log so far."""
    ends_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends_at:
            told = f"; its log:\n{log.read_text()}" if log else ""
            raise AssertionError(f"waited {seconds} s in vain for {what}{told}")
        time.sleep(step)
