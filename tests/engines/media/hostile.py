"""Functions for a confined child to run in tests."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path


def echo(*values: object) -> list[object]:
    sys.stdout.write("library output")
    return list(values)


def fill_memory() -> int:
    return len(bytearray(8 * 1024**3))


def never_end() -> None:
    time.sleep(600)


def crash() -> None:
    ctypes.string_at(0)


def fail() -> None:
    raise ZeroDivisionError("unexpected")


def parents(number: int) -> list[int]:
    """Return the number, and the process id of the fork server, the parent of this process's parent."""
    time.sleep(0.05)
    status = subprocess.run(["ps", "-o", "ppid=", "-p", str(os.getppid())], capture_output=True, text=True, check=True)
    return [number, int(status.stdout)]


def secrets() -> list[str]:
    return sorted(os.environ)


def write_file(path: str) -> None:
    Path(path).write_text("x" * 100_000)
