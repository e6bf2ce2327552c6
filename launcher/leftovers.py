"""Finds and stops processes left behind by an earlier supervisor (after `kill -9`)."""

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

# Set in the environment of everything the supervisor starts, and so inherited by their children, such as ffmpeg.
MARK_VARIABLE = "MV_SUPERVISED"


def leftovers_find(data_dir: Path) -> list[psutil.Process]:
    """Return all processes marked with this data folder, except the caller and its parents.

    Call it only while holding the run lock: any other process with the mark is then a leftover.
    """
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in mine and process.environ().get(MARK_VARIABLE) == str(data_dir):
                found.append(process)
        except (psutil.Error, OSError):
            # It ended, or belongs to another user, so it isn't ours.
            continue
    return found


def processes_end(processes: Iterable[psutil.Process], *, grace_seconds: float) -> None:
    """Send SIGTERM, then SIGKILL after `grace_seconds`, and return once all have ended. Reused process ids are safe."""
    remaining = list(processes)
    for process in remaining:
        _signal(process.terminate)
    _, stubborn = psutil.wait_procs(remaining, timeout=grace_seconds)
    for process in stubborn:
        _signal(process.kill)
    psutil.wait_procs(stubborn, timeout=grace_seconds)


def _signal(send) -> None:  # type: ignore[no-untyped-def]
    try:
        send()
    except psutil.Error:
        return
