"""`make run FAKE_PROVIDERS=1`: runs the tests' fake services next to the studio, so that nothing costs money."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# The last setting printed by the fakes.
LAST_SETTING = "MV_ALLOWED_FETCH_HOSTS"


@contextlib.contextmanager
def fake_providers() -> Iterator[None]:
    """With FAKE_PROVIDERS=1, run the fakes and point the environment at them inside this block. Enter it before the
    settings are read."""
    if os.environ.get("FAKE_PROVIDERS", "").lower() not in {"1", "true", "yes", "on"}:
        yield
        return
    command = [sys.executable, "-m", "tests.fakes.run"]
    # Its own process group, so that Ctrl-C only reaches the studio, which still calls the fakes while it stops.
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for line in process.stdout or ():
            name, _, value = line.strip().partition("=")
            os.environ[name] = value
            if name == LAST_SETTING:
                break
        sys.stderr.write("Fake providers are running: nothing costs money.\n")
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
