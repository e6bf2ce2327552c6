"""Who ends with whom: the supervisor with its parent, its children with it, however that ends."""

import ctypes
import os
import signal
import sys
from pathlib import Path

SUPERVISOR_VARIABLE = "MV_SUPERVISOR_PID"
# Of Linux's sys/prctl.h: a signal to this process when its parent dies.
PR_SET_PDEATHSIG = 1


def end_with_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies, `kill -9` included.

    Does nothing for processes that the supervisor did not start itself. Elsewhere than on Linux the
    next start finds what was left behind (`leftovers.py`).
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
    """The process that started us, asked now and then whether it still wants us."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._is_listening_make = _make_catches_interrupt(self._pid)

    def is_leaving(self) -> bool:
        """Whether it ended, or is a `make` that was interrupted alone.

        GNU make hands a SIGTERM on, but at a SIGINT that only it got it waits for its children without a word;
        that its handler is gone then is all there is to see.
        """
        if os.getppid() != self._pid:
            return True
        return self._is_listening_make and not _make_catches_interrupt(self._pid)


def _make_catches_interrupt(pid: int) -> bool:
    """Whether process `pid` is a make with a handler for SIGINT; False where there is no /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    caught = int(facts.get("SigCgt", "0"), 16) >> (signal.SIGINT - 1) & 1
    return facts.get("Name", "") in {"make", "gmake"} and bool(caught)
