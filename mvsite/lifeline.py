"""Children of the supervisor end with it, however it ends."""

import ctypes
import os
import signal
import sys

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
