"""The process that `launcher.forking` starts: it loads the studio's code once, then forks a program for each order.

Orders come through the socket that is its standard input: one JSON object each, with the pipe for the program's output.
The answers say which process was started, and later how it ended. What is loaded before a fork is in memory once.
"""

import ctypes
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engines.memory import share_with_children
from launcher.lifeline import SUPERVISOR_VARIABLE, end_with_supervisor

READY = {"ready": True}
MOST_ORDER_BYTES = 16 * 1024
# Room for a program's command line, so that `ps` shows what each process runs.
COMMAND_LINE_ROOM = "-" * 400
# All of the web process and of the workers. None of it opens a connection or starts a thread.
_LOADED = ("mvsite.wsgi", "mvsite.celery", "celery.bin.worker", "celery.apps.worker", "celery.bin.beat",
           "mvsite.beat", "gunicorn.app.wsgiapp", "mvsite.web_worker")  # fmt: skip


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for module in _LOADED:
        importlib.import_module(module)
    importlib.import_module("mvsite.celery").app.loader.import_default_modules()
    share_with_children()
    arguments = serve(control)
    if arguments:
        sys.argv = list(arguments)
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def serve(control: socket.socket) -> list[str] | None:
    """Fork programs until the supervisor has gone, which returns None. In a forked process, return what to run."""
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        _send(control, READY)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if woken in ready:
                os.read(woken, 4096)
                _tell_ended(control)
            if control not in ready:
                continue
            line, descriptors, _, _ = socket.recv_fds(control, MOST_ORDER_BYTES, 1)
            if not line or not descriptors:
                return None
            order = json.loads(line)
            process = os.fork()
            if process == 0:
                break
            os.close(descriptors[0])
            _send(control, {"started": process})
    _become(order, output=descriptors[0], closed=(control.detach(), woken, wakes))
    arguments: list[str] = order["arguments"]
    return arguments


def _tell_ended(control: socket.socket) -> None:
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            return
        _send(control, {"ended": process, "code": os.waitstatus_to_exitcode(status)})


def _send(control: socket.socket, answer: dict[str, Any]) -> None:
    try:
        control.send(json.dumps(answer).encode())
    except OSError:
        return  # the supervisor has gone, which the next read tells


def _become(order: dict[str, Any], *, output: int, closed: Iterable[int]) -> None:
    """Turn a forked process into one as the supervisor starts it: its own session, output, signals and name."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    for descriptor in (output, *closed):
        os.close(descriptor)
    os.environ.update({**order["environment"], SUPERVISOR_VARIABLE: str(os.getppid())})
    end_with_supervisor()
    _show_command([sys.executable, "-m", *order["arguments"]])


def _show_command(command: list[str]) -> None:
    """Write the command where the kernel looks for this process's. Nothing depends on it, so it may be impossible."""
    try:
        facts = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(facts[45]), int(facts[46])
    except (OSError, ValueError, IndexError):
        return
    text = b"\0".join(part.encode() for part in command)
    if 0 < start < end and len(text) < end - start:
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    main()
