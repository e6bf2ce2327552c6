"""The only place that starts ffmpeg."""

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, cast

from engines.errors import MediaToolError, WorkCancelled
from engines.media.commands import Command
from engines.media.ffmpeg import ffmpeg_path
from engines.media.probe import probe_media
from engines.media.reasons import explained

# Cancelling must take effect within a second; four checks per second leave time for the kill.
_POLL_SECONDS = 0.25
# A damaged file can produce megabytes. The start says what went wrong first, the end what became of it.
_FIRST_BYTES = 16 * 1024
_LAST_BYTES = 48 * 1024

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]


def run(
    args: Sequence[str],
    *,
    time_limit_seconds: float,
    on_progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    duration_seconds: float | None = None,
) -> str:
    """Run ffmpeg with `args` and return its stderr, without the middle of a long one.

    `on_progress` receives a percentage of `duration_seconds` of output. Raises WorkCancelled within half a second
    of `cancelled()` turning true, MediaToolError (stderr in its evidence) on failure or past the limit; by then
    the whole process group is dead.
    """
    fixed = ("-nostdin", "-hide_banner", "-loglevel", "+level+info", "-stats_period", "0.25", "-progress", "pipe:1")
    command = [ffmpeg_path(), *fixed, *args]
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
        try:
            _watch(process, time_limit_seconds, _percent_reader(on_progress, duration_seconds), cancelled)
        except _TimeLimitError as error:
            raise MediaToolError(
                f"The media tool didn't finish within {time_limit_seconds:.0f} seconds and was stopped. "
                "Use a shorter or smaller file, or try again when the computer is less busy.",
                code="media_timeout",
                evidence={"stderr": _kept(stderr), "command": command},
            ) from error
        finally:
            _kill_group(process)
        words = _kept(stderr)
    if process.returncode != 0:
        failure = explained(words, exit_status=process.returncode)
        raise MediaToolError(
            failure.sentence,
            code=failure.code,
            evidence={
                "reason": failure.line,
                "stderr": words,
                "command": command,
                "exit_status": process.returncode,
            },
        )
    return words


def run_to_file(
    command: Command,
    output: Path,
    *,
    container: str,
    time_limit_seconds: float,
    on_progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    duration_seconds: float | None = None,
) -> Path:
    """Like `run`, but write to `output`, which appears only once it is complete and can be probed."""
    part = output.with_name(output.name + ".part")
    try:
        run(
            command.to_file(part, container),
            time_limit_seconds=time_limit_seconds,
            on_progress=on_progress,
            cancelled=cancelled,
            duration_seconds=duration_seconds,
        )
        probe_media(part)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return output


class _TimeLimitError(Exception):
    """The tool ran longer than its caller allows."""


def _watch(
    process: subprocess.Popen[bytes],
    time_limit_seconds: float,
    read_progress: Callable[[bytes], None],
    cancelled: Cancelled | None,
) -> None:
    deadline = time.monotonic() + time_limit_seconds
    next_look = 0.0
    stdout = cast(IO[bytes], process.stdout)  # it was opened as a pipe
    with stdout, selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            ready = selector.select(timeout=_POLL_SECONDS)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + _POLL_SECONDS
                if cancelled is not None and cancelled():
                    raise WorkCancelled
            if time.monotonic() > deadline:
                raise _TimeLimitError
            if ready:
                text = os.read(stdout.fileno(), 65536)
                if not text:
                    break
                read_progress(text)
    try:
        process.wait(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise _TimeLimitError from error


def _percent_reader(on_progress: Progress | None, duration_seconds: float | None) -> Callable[[bytes], None]:
    def read(text: bytes) -> None:
        if on_progress is None or not duration_seconds:
            return
        for line in reversed(text.splitlines()):
            name, _, value = line.partition(b"=")
            if name == b"out_time_us" and value.strip().isdigit():
                on_progress(min(100.0, int(value) / 10_000 / duration_seconds))
                return

    return read


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):  # it may exit between the two calls
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _kept(stderr: IO[bytes]) -> str:
    size = stderr.seek(0, os.SEEK_END)
    stderr.seek(0)
    if size <= _FIRST_BYTES + _LAST_BYTES:
        return stderr.read().decode("utf-8", "replace")
    first = stderr.read(_FIRST_BYTES)
    stderr.seek(size - _LAST_BYTES)
    return f"{first.decode('utf-8', 'replace')}\n…\n{stderr.read().decode('utf-8', 'replace')}"
