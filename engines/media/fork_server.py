"""The process that `engines.media.confined` starts: it imports the libraries once, then forks a child for each call.

The server reads calls from the socket that is its standard input: a JSON line together with a socket for the reply.
For each it forks a supervisor, which forks the worker that makes the call and kills it when its time is over. The reply
is a line of JSON from the worker, if it got that far, and a last line from the supervisor: how the worker ended.
"""

import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from PIL import Image

from engines.errors import MediaToolError, StudioError

TOO_MUCH = "Opening this file takes too much memory or time. Export it again in a simpler format."
READY = b"\n"
MOST_CALL_BYTES = 16 * 1024
# Address space, a third of it for the libraries. Enough for an 8K frame or a 67-megapixel image.
_MEMORY_BYTES = 2 * 1024**3
# A server that nobody uses would only take memory. The next call starts another.
_IDLE_SECONDS = 60.0
_STDERR_BYTES = 4000


def serve(control: socket.socket) -> None:
    """Serve calls until the caller's process ends, or until there was none for a minute."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's business
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for supervisors
    control.settimeout(_IDLE_SECONDS)
    Image.init()  # else each worker would load Pillow's formats
    while True:
        try:
            line, descriptors, _, _ = socket.recv_fds(control, MOST_CALL_BYTES, 1)
        except (TimeoutError, ConnectionError):
            return
        if not line or not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as reply:
            call = json.loads(line)
            _import(call["function"])
            if os.fork() == 0:
                control.close()
                _supervise(reply, call)
        control.sendall(READY)


def _import(function: str) -> None:
    """Import the function's module before the fork, so that later calls find it. The worker reports what is wrong."""
    try:
        importlib.import_module(function.partition(":")[0])
    except Exception:  # noqa: BLE001 - a module can fail with anything
        traceback.print_exc()
    gc.freeze()  # the children don't touch, and so don't copy, what is here already


def _supervise(reply: socket.socket, call: dict[str, Any]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reader, writer = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(reader)
        _work(reply, writer, call)
    os.close(writer)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(worker, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, call["seconds"])
    stderr = b""
    while read := os.read(reader, 65536):
        stderr = (stderr + read)[-_STDERR_BYTES:]
    _, status = os.waitpid(worker, 0)
    ended = {"exit_status": os.waitstatus_to_exitcode(status), "stderr": stderr.decode("utf-8", "replace")}
    reply.sendall(b"\n" + json.dumps(ended).encode())
    os._exit(0)


def _work(reply: socket.socket, stderr: int, call: dict[str, Any]) -> NoReturn:
    # Keep library output out of the reply.
    os.dup2(stderr, 1)
    os.dup2(stderr, 2)
    try:
        _limit(call["seconds"])
        reply.sendall(json.dumps(_called(call["function"], call["arguments"])).encode())
    except BaseException:  # noqa: BLE001 - the supervisor passes on whatever happened
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # a decoder's threads may hang on a normal exit


def _limit(seconds: float) -> None:
    for name, most in (("AS", _MEMORY_BYTES), ("CPU", int(seconds) + 1), ("CORE", 0), ("FSIZE", 0)):
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(number, (allowed, hard))
        except (ValueError, OSError):
            continue  # macOS can't limit the address space


def _called(name: str, arguments: list[Any]) -> dict[str, Any]:
    module, _, function = name.partition(":")
    try:
        return {"value": getattr(importlib.import_module(module), function)(*arguments)}
    except StudioError as error:
        evidence = {key: str(value) for key, value in error.evidence.items()}
        return {"error": type(error).__name__, "message": error.message, "code": error.code, "evidence": evidence}
    except MemoryError:
        return {"error": MediaToolError.__name__, "message": TOO_MUCH, "code": "too_demanding", "evidence": {}}


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
