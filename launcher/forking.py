"""Programs forked from one process that has loaded the studio's code, so that they share its memory (Linux only)."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import IO

from launcher.fork_server import COMMAND_LINE_ROOM, MOST_ORDER_BYTES

COMMAND = (sys.executable, "-m", "launcher.fork_server", COMMAND_LINE_ROOM)
# macOS's libraries don't survive a fork without an exec.
POSSIBLE = sys.platform.startswith("linux")


class ForkedProcess:
    """A program of the fork server, with what the supervisor uses of `subprocess.Popen`."""

    def __init__(self, server: "ForkServer", pid: int, stdout: IO[bytes]) -> None:
        self._server = server
        self.pid = pid
        self.stdout = stdout

    def poll(self) -> int | None:
        return self._server.code_of(self.pid)

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


class ForkServer:
    """Our end of the connection to a fork server. `process` is the server, started with `command`."""

    def __init__(self, environment: Mapping[str, str], command: tuple[str, ...] = COMMAND) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(environment),
                start_new_session=True,
            )  # fmt: skip
        self._control = ours
        self._is_ready = self._has_gone = False
        self._started: list[int] = []
        self._codes: dict[int, int] = {}

    def is_ready(self) -> bool:
        """Return whether it has loaded the code, without waiting for that."""
        self._read(wait=False)
        return self._is_ready and not self._has_gone

    def start(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> ForkedProcess | None:
        """Start a module with arguments, as `python -m` does; None if the server has just died. Call it when ready."""
        reader, writer = os.pipe()
        order = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        stdout = os.fdopen(reader, "rb", buffering=0)
        try:
            socket.send_fds(self._control, [order], [writer])
        except OSError:
            self._has_gone = True
        finally:
            os.close(writer)
        while not self._started and not self._has_gone:
            self._read(wait=True)
        if not self._started:
            stdout.close()
            return None
        return ForkedProcess(self, self._started.pop(), stdout)

    def code_of(self, pid: int) -> int | None:
        """Return a program's exit code, None while it runs. The kernel ends all programs of a server that dies."""
        self._read(wait=False)
        return self._codes.get(pid, -signal.SIGTERM if self._has_gone else None)

    def close(self) -> None:
        """Let the server end; its programs should have ended before."""
        self._control.close()
        self._has_gone = True

    def _read(self, *, wait: bool) -> None:
        while not self._has_gone:
            try:
                line = self._control.recv(MOST_ORDER_BYTES, 0 if wait else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                line = b""
            answer = json.loads(line) if line else {}
            self._has_gone = not answer
            self._is_ready = self._is_ready or "ready" in answer
            if "started" in answer:
                self._started.append(answer["started"])
            if "ended" in answer:
                self._codes[answer["ended"]] = answer["code"]
            if wait:
                return
