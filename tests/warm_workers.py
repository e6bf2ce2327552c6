"""Starts Celery workers as `make run` does: forked from a process that has loaded the studio's code (Linux only).

A worker of its own takes six seconds of processor time to load it. Run as a module, this is that process.
"""

import atexit
import functools
import shutil
import sys
import threading
from collections.abc import Mapping
from typing import IO, BinaryIO

from engines.memory import load_media_libraries
from launcher import fork_server
from launcher.forking import ForkedProcess, ForkServer
from tests.waiting import wait_for

START_SECONDS = 240.0  # loading takes 8 s of processor time, which a busy machine may spread
COMMAND = (sys.executable, "-m", "tests.warm_workers", fork_server.COMMAND_LINE_ROOM)


def warm_start(arguments: tuple[str, ...], environment: Mapping[str, str], log: BinaryIO) -> ForkedProcess:
    """Start `python -m` with these arguments. The settings are read once for each environment."""
    named = frozenset((name, value) for name, value in environment.items() if name != "PYTEST_CURRENT_TEST")
    process = _server(named).start(arguments, {})
    assert process is not None, "the process that workers are forked from has died"
    threading.Thread(target=_copy, args=(process.stdout, log), daemon=True).start()
    return process


@functools.cache
def _server(environment: frozenset[tuple[str, str]]) -> ForkServer:
    server = ForkServer(dict(environment), COMMAND)
    atexit.register(server.close)
    wait_for(server.is_ready, seconds=START_SECONDS, what="the code to be loaded", step=0.05)
    return server


def _copy(output: IO[bytes], log: BinaryIO) -> None:
    with output, log:
        shutil.copyfileobj(output, log)


if __name__ == "__main__":
    load_media_libraries()
    fork_server.main()
