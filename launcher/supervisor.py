"""Starts programs, prefixes their output, restarts those that die, and stops them all together.

It has a single thread, which waits for output, checks the processes, and repeats.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from launcher.forking import COMMAND, POSSIBLE, ForkedProcess, ForkServer
from launcher.leftovers import MARK_VARIABLE, leftovers_find, processes_end
from launcher.lifeline import SUPERVISOR_VARIABLE, Parent

# How long one round waits for output, and so how long it can take to notice a signal or a dead process.
ROUND_SECONDS = 0.2
SERVICES_CHECK_SECONDS = 2.0
# A program that dies is restarted after 1, 2, 4 … seconds; after running for STEADY_SECONDS, it starts over at 1.
BACKOFF_LONGEST_SECONDS = 30.0
STEADY_SECONDS = 60.0
# The workers' soft shutdown takes up to 8 s (CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT), plus a little time to exit.
STOP_GRACE_SECONDS = 14.0
KILL_GRACE_SECONDS = 3.0
COLORS = (36, 32, 35, 33, 34)
LINE_LIMIT_BYTES = 64 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """A program to run. `name` prefixes its output; lines that start with `mute` are dropped.

    A `preloaded` one is a module of the studio's Python (`python -m …`). Where that is possible, it is forked from a
    process that has loaded the studio's code, and shares its memory."""

    name: str
    command: tuple[str, ...]
    mute: str = "\n"
    environment: dict[str, str] = field(default_factory=dict)
    preloaded: bool = False


@dataclass
class Child:
    """A program and its current process, if it has one."""

    program: Program
    process: subprocess.Popen[bytes] | ForkedProcess | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = 0
    unfinished_line: bytes = b""


class Supervisor:
    """Runs `programs` until `stop_signal` is set by a signal, by the parent's end, or by the caller.

    `services_check` is called every two seconds and restarts services that died. Output lines go to `output`.
    """

    def __init__(
        self,
        programs: list[Program],
        *,
        data_dir: Path,
        services_check: Callable[[Say], None],
        output: IO[str],
    ) -> None:
        preloaded = [program for program in programs if program.preloaded and POSSIBLE]
        self.children = [Child(program) for program in programs]
        self._loader = Child(_loader(preloaded)) if preloaded else None
        self._fork_server: ForkServer | None = None
        self.data_dir = data_dir
        self.output = output
        self.stop_signal: int | None = None
        self.signals_seen = 0
        self._services_check = services_check
        self._services_checked_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._parent = Parent()
        self._width = max((len(child.program.name) for child in self._all()), default=0)

    def signals_handle(self) -> None:
        """Stop cleanly on Ctrl-C, `kill` and a closed terminal. Children have their own groups and don't get them."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._signal_seen)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run every program inside this block, whose body has to call `round` repeatedly."""
        try:
            for child in self._all():
                self._child_start(child)
            yield
        finally:
            self.stop()

    def parent_check(self) -> None:
        """Stop if our parent has gone; `round` checks this too."""
        if self.stop_signal is None and self._parent.is_leaving():
            self.stop_signal = signal.SIGHUP

    def round(self) -> None:
        """Pass on output, restart what died, and check whether to stop."""
        self._output_pass(ROUND_SECONDS)
        self.parent_check()
        if self.stop_signal is not None:
            return
        now = time.monotonic()
        if now - self._services_checked_at > SERVICES_CHECK_SECONDS:
            self._services_check(self.say)
            self._services_checked_at = time.monotonic()
        for child in self._all():
            self._child_check(child, now)

    def stop(self) -> None:
        """Stop all programs, first with SIGTERM, then by force, along with everything they started."""
        seen = self.signals_seen
        living = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        while any(process.poll() is None for process in living) and time.monotonic() < deadline:
            if self.signals_seen > seen:
                self.say("stopping immediately")
                break
            self._output_pass(ROUND_SECONDS)
        # Not before: the kernel ends its programs with it, and a second SIGTERM would interrupt their shutdown.
        if self._fork_server:
            self._fork_server.close()
        # A stuck program may be left, or an ffmpeg whose worker was killed.
        processes_end(leftovers_find(self.data_dir), grace_seconds=KILL_GRACE_SECONDS)
        self._output_pass(0.0)

    def say(self, sentence: str, *, name: str = "mvsite") -> None:
        """Print one line. Doesn't fail if the terminal or pipe is gone, so that stopping still works."""
        try:
            self.output.write(f"{self._prefix(name)}{sentence}\n")
            self.output.flush()
        except OSError:
            # Later writes must not raise either, nor the interpreter's final flush.
            self.output = Path(os.devnull).open("w")  # noqa: SIM115 - lives as long as the process

    def _signal_seen(self, number: int, _frame: object) -> None:
        self.stop_signal = number
        self.signals_seen += 1

    def _all(self) -> list[Child]:
        return [*([self._loader] if self._loader else []), *self.children]

    def _environment(self, program: Program) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            MARK_VARIABLE: str(self.data_dir),
            SUPERVISOR_VARIABLE: str(os.getpid()),
            # macOS kills a forked process that uses Objective-C libraries its parent has used before, and the web
            # server and the media worker fork. Other systems ignore this.
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
            # They write to a pipe, so they can't tell that it is shown on a terminal.
            **({"LOG_FORMAT": "console"} if self.output.isatty() and not os.environ.get("LOG_FORMAT") else {}),
            **program.environment,
        }

    def _process_start(self, child: Child) -> subprocess.Popen[bytes] | ForkedProcess | None:
        """Start a program's process; None if it has to wait until the studio's code is loaded."""
        program = child.program
        if child is self._loader:
            if self._fork_server:
                self._fork_server.close()
            self._fork_server = ForkServer(self._environment(program))
            return self._fork_server.process
        if program.preloaded and self._loader:
            if not self._fork_server or not self._fork_server.is_ready():
                return None
            # After the interpreter and its `-m`.
            return self._fork_server.start(program.command[2:], program.environment)
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment(program),
            start_new_session=True,
        )

    def _child_start(self, child: Child) -> None:
        child.process = self._process_start(child)
        if child.process is None:
            return
        child.started_at = time.monotonic()
        if stream := child.process.stdout:
            self._selector.register(stream, selectors.EVENT_READ, child)

    def _child_check(self, child: Child, now: float) -> None:
        if child.process is None:
            if now >= child.restart_at:
                self._child_start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        self._group_end(child.process.pid)
        child.process = None
        child.deaths = 1 if now - child.started_at > STEADY_SECONDS else child.deaths + 1
        delay = min(2.0 ** (child.deaths - 1), BACKOFF_LONGEST_SECONDS)
        child.restart_at = now + delay
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        self.say(f"{child.program.name} {how}; restarting in {delay:.0f} s")

    def _group_end(self, group: int) -> None:
        # A killed worker's pool processes live on for a while and would keep its port or its tasks.
        members = []
        for process in psutil.process_iter():
            try:
                if os.getpgid(process.pid) == group:
                    members.append(process)
            except OSError:
                continue
        processes_end(members, grace_seconds=KILL_GRACE_SECONDS)

    def _output_pass(self, timeout: float) -> None:
        if not self._selector.get_map():
            time.sleep(timeout)
            return
        for key, _ in self._selector.select(timeout):
            self._child_read(key.data, key.fileobj)  # type: ignore[arg-type]

    def _child_read(self, child: Child, stream: IO[bytes]) -> None:
        data = os.read(stream.fileno(), LINE_LIMIT_BYTES)
        *lines, child.unfinished_line = (child.unfinished_line + data).split(b"\n")
        if not data or len(child.unfinished_line) > LINE_LIMIT_BYTES:
            lines.append(child.unfinished_line)
            child.unfinished_line = b""
        if not data:
            self._selector.unregister(stream)
            stream.close()
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text and not text.startswith(child.program.mute):
                self.say(text, name=child.program.name)

    def _prefix(self, name: str) -> str:
        names = [child.program.name for child in self.children]
        text = f"{name:<{self._width}} | "
        if not self.output.isatty() or "NO_COLOR" in os.environ:
            return text
        color = COLORS[names.index(name) % len(COLORS)] if name in names else 1
        return f"\033[{color}m{text}\033[0m"


def _loader(programs: list[Program]) -> Program:
    """Return the program that the others are forked from. Libraries read their variables while they load."""
    variables = {name: value for program in programs for name, value in program.environment.items()}
    return Program("loader", COMMAND, environment=variables)


def python(*arguments: str) -> tuple[str, ...]:
    """Return a command that runs with this environment's Python."""
    return (sys.executable, *arguments)
