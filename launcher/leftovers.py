"""Processes that an earlier supervisor left behind (after `kill -9`), and how they are ended."""

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

# In the environment of everything that the supervisor starts, and so of all that those start: ffmpeg too.
MARK_VARIABLE = "MV_SUPERVISED"


def leftovers_find(data_dir: Path) -> list[psutil.Process]:
    """All processes marked with this data folder, without the caller and those that it runs under.

    Call it only while holding the run lock: whoever else carries the mark is then left over by definition.
    """
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in mine and process.environ().get(MARK_VARIABLE) == str(data_dir):
                found.append(process)
        except (psutil.Error, OSError):
            # It ended, or is another user's: not ours then.
            continue
    return found


def processes_end(processes: Iterable[psutil.Process], *, grace_seconds: float) -> None:
    """SIGTERM, then after `grace_seconds` SIGKILL; returns when all are gone. Numbers given away anew are safe."""
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
