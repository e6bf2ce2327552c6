"""Inspecting untrusted files in a separate process with limited memory and time.

Decoders have bugs, and a small file can expand to gigabytes: then a child process fails with a clear message, and the
web process or worker survives. The child has none of the studio's secrets and returns only JSON. It is forked from a
server (`engines.media.fork_server`), because starting Python and importing the libraries takes longer than most checks.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engines.cores import usable_cores
from engines.errors import InputError, MediaToolError, StudioError
from engines.media.fork_server import MOST_CALL_BYTES, TOO_MUCH

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPYCACHEPREFIX",
    "TMPDIR",
    "VIRTUAL_ENV",
)
_ERRORS: Mapping[str, type[StudioError]] = {"InputError": InputError, "MediaToolError": MediaToolError}
# What starting the server and its imports may take on a busy machine, on top of the call's own time.
_START_SECONDS = 60.0
# A server may end, idle, in the moment in which it is called.
_TRIES = 3
# More at once would only compete for the processor, and each can use its full memory limit.
_places = threading.BoundedSemaphore(usable_cores())


def confined(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Call a module-level function in a child process. Arguments and result must be JSON-serializable.

    Raises the function's InputError or MediaToolError, and MediaToolError when it exceeds a limit.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    call = json.dumps({"function": name, "arguments": arguments, "seconds": seconds}).encode()
    if len(call) > MOST_CALL_BYTES:
        raise ValueError(f"a confined call takes at most {MOST_CALL_BYTES} bytes of arguments")
    with _places:
        for _ in range(_TRIES):
            reply, ended = _server.call(call, seconds + _START_SECONDS)
            if ended:
                return _result(reply, json.loads(ended))
    raise MediaToolError("The file couldn't be checked. Try again.", code="check_failed", evidence={"function": name})


def _result(reply: bytes, evidence: dict[str, Any]) -> Any:
    try:
        result = json.loads(reply)
    except ValueError as error:
        if evidence["exit_status"] == 1:  # an unexpected exception; its traceback is in the evidence
            message = "The file is damaged and can't be read. Export it again."
            raise MediaToolError(message, code="damaged_media", evidence=evidence) from error
        # It was killed, or a library aborted it.
        raise MediaToolError(TOO_MUCH, code="too_demanding", evidence=evidence) from error
    if "error" not in result:
        return result["value"]
    kind = _ERRORS.get(result["error"], MediaToolError)
    raise kind(result["message"], code=result["code"], evidence=result["evidence"])


class _Server:
    """This process's fork server. It starts at the first call and ends with this process."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def call(self, call: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Return the worker's reply and the supervisor's line, which is empty if the server had ended."""
        reply, theirs = socket.socketpair()
        with reply:
            with theirs:
                self._send(call, theirs)
            reply.settimeout(seconds)
            read = bytearray()
            try:
                while part := reply.recv(65536):
                    read += part
            except TimeoutError:
                self.stop()
        replied, _, ended = bytes(read).rpartition(b"\n")
        return replied, ended

    def _send(self, call: bytes, theirs: socket.socket) -> None:
        with self._lock:
            control = self._control or self._start()
            try:
                socket.send_fds(control, [call], [theirs.fileno()])
                if control.recv(1):
                    return
            except OSError:
                pass
            self.stop()

    def _start(self) -> socket.socket:
        environment = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
        # Each library thread would reserve its own memory.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_START_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-m", "engines.media.fork_server"],
                stdin=theirs.fileno(),
                cwd=_ROOT,
                env=environment,
            )
        return self._control

    def stop(self) -> None:
        """End the server. Calls that are being made finish."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._control = self._process = None

    def leave_to_parent(self) -> None:
        """In a forked child: forget the parent's server, without ending it."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # not this process's child, so there is nothing to wait for
        self._reset()


_server = _Server()
atexit.register(_server.stop)
os.register_at_fork(after_in_child=_server.leave_to_parent)
