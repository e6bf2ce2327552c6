"""Stops the supervisor when its parent ends, and its children when the supervisor ends, even by `kill -9`."""

import ctypes
import os
import signal
import sys
from pathlib import Path

SUPERVISOR_VARIABLE = "MV_SUPERVISOR_PID"
# From Linux's sys/prctl.h: send this process a signal when its parent dies.
PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """Ask the kernel to send SIGTERM when the supervisor dies, even by `kill -9`.

    Does nothing in processes that the supervisor did not start itself. On other systems than Linux, the next start
    stops what was left behind (`leftovers.py`).
    """
    supervisor = os.environ.get(SUPERVISOR_VARIABLE)
    if not sys.platform.startswith("linux") or supervisor is None:
        return
    parent = os.getppid()
    if parent == int(supervisor):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # It may have died between the two lines above.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


class Parent:
    """The process that started us, checked regularly to see whether we should stop."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._is_listening_make = _make_catches_interrupt(self._pid)

    def is_leaving(self) -> bool:
        """Return whether it ended, or is a `make` that was interrupted on its own."""
        # GNU make passes SIGTERM on to its children, but after a SIGINT that only it received, it silently waits for
        # them. The only sign of that is that its SIGINT handler is gone.
        if os.getppid() != self._pid:
            return True
        return self._is_listening_make and not _make_catches_interrupt(self._pid)


def _make_catches_interrupt(pid: int) -> bool:
    """Return whether process `pid` is a make with a SIGINT handler; False without /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    caught = int(facts.get("SigCgt", "0"), 16) >> (signal.SIGINT - 1) & 1
    return facts.get("Name", "") in {"make", "gmake"} and bool(caught)
