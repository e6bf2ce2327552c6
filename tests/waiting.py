"""Waiting for a condition, for modules that a spawned process imports, too: no Django here."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(
    condition: Callable[[], object], *, seconds: float, what: str, step: float = 0.1, log: Path | None = None
) -> None:
    """Look until the condition holds. Fails with `what`, and what the log says by then, when it does not in time."""
    ends_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends_at:
            told = f"; its log:\n{log.read_text()}" if log else ""
            raise AssertionError(f"waited {seconds} s in vain for {what}{told}")
        time.sleep(step)
