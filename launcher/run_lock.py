"""A lock that allows one supervisor per data folder. The kernel frees it however its owner ends."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def run_lock(data_dir: Path, facts: dict[str, object]) -> Iterator[dict[str, object] | None]:
    """Take the data folder's lock and yield None. If another process has it, yield the facts its owner stored."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _facts(stream)
            return
        stream.truncate(0)
        stream.write(json.dumps(facts))
        stream.flush()
        yield None


def _facts(stream: IO[str]) -> dict[str, object]:
    stream.seek(0)
    try:
        facts: dict[str, object] = json.loads(stream.read())
    except ValueError:
        # Its owner is just about to write them.
        return {"kind": "unknown"}
    return facts


def is_locked(data_dir: Path) -> bool:
    with (data_dir / "run.lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
