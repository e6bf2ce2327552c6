"""`make run FAKE_PROVIDERS=1`: the tests' fake services run beside the studio, so that the paid path costs nothing."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# The last setting that the fakes print.
LAST_SETTING = "MV_ALLOWED_FETCH_HOSTS"


@contextlib.contextmanager
def fake_providers() -> Iterator[None]:
    """Inside this block the environment points at fakes, where FAKE_PROVIDERS=1 asks for them. Comes before the
    settings are read."""
    if os.environ.get("FAKE_PROVIDERS", "").lower() not in {"1", "true", "yes", "on"}:
        yield
        return
    command = [sys.executable, "-m", "tests.fakes.run"]
    # A group of its own: Ctrl-C reaches the studio first, which still speaks to the fakes while it stops.
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for line in process.stdout or ():
            name, _, value = line.strip().partition("=")
            os.environ[name] = value
            if name == LAST_SETTING:
                break
        sys.stderr.write("Fake providers are running: no provider is paid now.\n")
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
